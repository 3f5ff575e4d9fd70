const PAGE_SIZE = 100; // the most that the API gives at once
const PAGES_MAX = 100;

/** Which part of a list is asked for. */
export interface Paging {
  page: number;
  page_size: number;
}

/** A whole list, page after page; of one without an end as much as anybody looks through. */
export async function every<T>(fetchPage: (paging: Paging) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const some = await fetchPage({ page, page_size: PAGE_SIZE });
    found.push(...some);
    if (some.length < PAGE_SIZE) break;
  }
  return found;
}
