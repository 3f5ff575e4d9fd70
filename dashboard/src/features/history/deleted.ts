import type { HistoryEntry } from "@/api/types";

/** The types that say whether a thing is there. */
export const THERE_OR_NOT = "*.deleted,*.undeleted";

/** Entries of deletions that nobody has taken back, each thing once; the log is given newest first. */
export function stillDeleted(entries: readonly HistoryEntry[]): HistoryEntry[] {
  const newest = new Map<string, HistoryEntry>();
  for (const entry of entries) if (!newest.has(entry.stream)) newest.set(entry.stream, entry);
  return [...newest.values()].filter(({ type }) => type.endsWith(".deleted"));
}
