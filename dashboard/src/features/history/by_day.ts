import { formatDayOf } from "@/format/times";

/** What has a moment, in lists by the days of a time zone, in the order that it has. */
export function byDay<Dated extends { at: string }>(entries: readonly Dated[], timeZone: string): [string, Dated[]][] {
  const found = new Map<string, Dated[]>();
  for (const entry of entries) {
    const day = formatDayOf(entry.at, timeZone);
    const own = found.get(day);
    if (own) own.push(entry);
    else found.set(day, [entry]);
  }
  return [...found];
}

/** The place of the first entry that had been by a moment; -1 where that is no place between two entries of the list. */
export function placeOf(moment: string | null, entries: readonly { at: string }[]): number {
  if (!moment) return -1;
  const place = entries.findIndex(({ at }) => microseconds(at) <= microseconds(moment));
  return place > 0 ? place : -1;
}

/** In one form, so that letters compare as times. */
function microseconds(moment: string): string {
  const [whole = "", part = ""] = moment.replace("Z", "").split(".");
  return `${whole.length === "2026-01-31T10:00".length ? `${whole}:00` : whole}.${part.padEnd(6, "0")}`;
}
