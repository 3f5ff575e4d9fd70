import { momentIn } from "@/app/moments";
import { isOneOf } from "@/questions/base_view";
import { isDay } from "@/questions/ranges";
import { KINDS, momentBefore, type KindName } from "./kinds";

export const TABS = ["changes", "deleted", "access", "proof"] as const;
export type Tab = (typeof TABS)[number];

/** What was done, with the ends of the types that say so. */
export const DEEDS = {
  made: { words: "Made", verbs: ["created", "registered", "started"] },
  changed: { words: "Changed", verbs: ["*changed"] },
  deleted: { words: "Deleted or removed", verbs: ["deleted", "removed", "erased", "revoked"] },
  restored: { words: "Restored", verbs: ["undeleted", "reverted"] },
} as const;
export type Deed = keyof typeof DEEDS;

/** Kinds in the choice of what is shown; without one: all that somebody has defined, and nobody's coming and going. */
export const KIND_CHOICES = Object.keys(KINDS).filter((name): name is KindName => name in KINDS);
const EVERYTHING = "everything";
export type KindChoice = KindName | typeof EVERYTHING | null;
const USUAL = KIND_CHOICES.filter((name) => name !== "session" && name !== "api_key");
const KEY_TYPES = ["api_key.created", "api_key.revoked"]; // not each day's first use

/** What the history page shows of the log: all of it stands in the address. */
export interface HistoryView {
  tab: Tab;
  kind: KindChoice;
  deed: Deed | null;
  actor: string | null;
  from: string | null;
  to: string | null;
  page: number;
}

const dayIn = (text: string | null): string | null => (isDay(text) ? text : null);
const isDeed = (text: string | null): text is Deed => text !== null && text in DEEDS;

export function readHistory(search: URLSearchParams): HistoryView {
  const [tab, kind, deed, page] = [search.get("tab"), search.get("kind"), search.get("deed"), Number(search.get("page"))];
  return {
    tab: isOneOf(TABS, tab) ? tab : "changes",
    kind: isOneOf([...KIND_CHOICES, EVERYTHING] as const, kind) ? kind : null,
    deed: isDeed(deed) ? deed : null,
    actor: search.get("actor"),
    from: dayIn(search.get("from")),
    to: dayIn(search.get("to")),
    page: Number.isInteger(page) && page > 1 ? page : 1,
  };
}

export function writeHistory({ tab, page, ...filters }: HistoryView): URLSearchParams {
  const search = new URLSearchParams();
  if (tab !== "changes") search.set("tab", tab);
  for (const [name, value] of Object.entries(filters)) if (value) search.set(name, value);
  if (page > 1) search.set("page", String(page));
  return search;
}

/** As the API is asked: types with stars, and moments for the days of the project's calendar. */
export function askedEvents({ kind, deed, actor, from, to }: HistoryView, timeZone: string): Record<string, string> {
  const asked: Record<string, string> = {};
  const types = typesOf(kind, deed);
  if (types) asked["type"] = types;
  if (actor) asked["actor"] = actor;
  const start = from && momentIn(timeZone, from);
  const end = to && momentIn(timeZone, dayAfter(to));
  if (start) asked["from"] = start.moment.toISOString();
  if (end) asked["to"] = momentBefore(end.moment.toISOString());
  return asked;
}

function typesOf(kind: KindChoice, deed: Deed | null): string | null {
  const verbs = deed ? DEEDS[deed].verbs : ["*"];
  if (kind === EVERYTHING) return deed ? verbs.map((verb) => `*.${verb}`).join(",") : null;
  const types = (kind ? [kind] : USUAL).flatMap((name) => verbs.map((verb) => `${name}.${verb}`));
  return [...types, ...(kind || deed === "changed" || deed === "restored" ? [] : KEY_TYPES.filter((type) => matches(type, verbs)))].join(",");
}

const matches = (type: string, verbs: readonly string[]): boolean => verbs.some((verb) => verb === "*" || type.endsWith(`.${verb}`));

function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}
