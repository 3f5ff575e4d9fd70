import { plural } from "@/format/numbers";

/** So many of them: `1 person`, `2 values of properties.account`. */
export function countOf(count: number, countBy: unknown): string {
  if (typeof countBy !== "string" || countBy === "users") return plural(count, "person", "people");
  return countBy === "sessions" ? plural(count, "session") : `${plural(count, "value")} of ${countBy}`;
}

/** What is counted, in words. */
export function unitOf(countBy: unknown): string {
  if (typeof countBy !== "string" || countBy === "users") return "people";
  return countBy === "sessions" ? "sessions" : `values of ${countBy}`;
}
