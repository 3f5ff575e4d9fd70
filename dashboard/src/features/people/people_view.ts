import type { Writing } from "@/questions/use_address";

/** Who is listed, and where in the list one is. */
export interface PeopleView {
  search: string;
  page: number;
}

export function readPage(search: URLSearchParams): number {
  const page = Number(search.get("page"));
  return Number.isInteger(page) && page > 1 ? page : 1;
}

export const writePage = (page: number): URLSearchParams => new URLSearchParams(page > 1 ? { page: String(page) } : {});

export const PEOPLE_ADDRESS: Writing<PeopleView> = {
  read: (search) => ({ search: search.get("search") ?? "", page: readPage(search) }),
  write: ({ search, page }) => new URLSearchParams([...(search ? [["search", search]] : []), ...writePage(page)]),
  typed: ["search"],
};

/** On a person's page: where in their events one is. */
export const EVENTS_ADDRESS: Writing<{ page: number }> = {
  read: (search) => ({ page: readPage(search) }),
  write: ({ page }) => writePage(page),
};
