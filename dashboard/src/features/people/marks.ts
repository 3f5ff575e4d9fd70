import type { Explained } from "@/api/types";

/** What an explanation says of single events, by their ids: the stage that one fills, or that it is excluded. */
export function marksOf(explained: Pick<Explained, "events"> | undefined): Map<string, string> {
  const marks = new Map<string, string>();
  for (const { id, fills, excluded_by: excludedBy } of explained?.events ?? []) {
    if (fills !== null) marks.set(id, `stage ${fills}`);
    else if (excludedBy.length > 0) marks.set(id, "excluded");
  }
  return marks;
}
