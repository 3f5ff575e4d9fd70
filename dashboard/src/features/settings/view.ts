import { isOneOf } from "@/questions/base_view";

export const TABS = ["general", "keys", "origins", "collection", "retention", "danger"] as const;
export type Tab = (typeof TABS)[number];

/** Which section is open; the first one is left out of the address. */
export interface View {
  tab: Tab;
}

export function readView(search: URLSearchParams): View {
  const tab = search.get("tab");
  return { tab: isOneOf(TABS, tab) ? tab : "general" };
}

export const writeView = ({ tab }: View): URLSearchParams => new URLSearchParams(tab === "general" ? {} : { tab });
