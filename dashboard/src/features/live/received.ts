import type { StoredEvent } from "@/api/types";

/** How many events stay in the page. */
export const MOST_KEPT = 1000;
export const MINUTE_SECONDS = 60;

/** What has come, the newest first. While the list is held, newer ones wait. */
export interface Received {
  shown: StoredEvent[];
  waiting: StoredEvent[];
  isHeld: boolean;
  /** How many came in each second of the last minute, by the server's clock. */
  seconds: ReadonlyMap<number, number>;
  /** From which second on every event has been counted; events before it may be missing. */
  countedFrom: number;
}

export const NOTHING: Received = { shown: [], waiting: [], isHeld: false, seconds: new Map(), countedFrom: -Infinity };

export type Change =
  /** Newest first. `isWhole`: there are no others; else the list goes on behind them. */
  | { kind: "listed"; events: readonly StoredEvent[]; isWhole: boolean }
  /** Oldest first. */
  | { kind: "came"; events: readonly StoredEvent[] }
  | { kind: "held" }
  | { kind: "released" };

export function received(before: Received, change: Change): Received {
  if (change.kind === "held") return { ...before, isHeld: true };
  if (change.kind === "released") return { ...before, isHeld: false, shown: newest(before.waiting, before.shown), waiting: [] };
  const known = new Set([...before.waiting, ...before.shown].map(({ id }) => id));
  const fresh = change.events.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return before;
  const oldest = change.kind === "listed" && !change.isWhole ? change.events.at(-1) : undefined;
  const hasGap = oldest !== undefined && !known.has(oldest.id);
  const countedFrom = hasGap ? Math.max(before.countedFrom, secondOf(oldest) + 1) : before.countedFrom;
  const ordered = change.kind === "came" ? fresh.reverse() : fresh;
  const counted = { ...before, seconds: withSeconds(before.seconds, fresh), countedFrom };
  // A held list does not move; what it begins with is no news.
  if (before.isHeld && before.shown.length > 0) return { ...counted, waiting: newest(ordered, before.waiting) };
  return { ...counted, shown: newest(ordered, before.shown) };
}

/** How many came in each second of the minute up to `now` (in seconds), the oldest first. */
export function lastMinute({ seconds }: Pick<Received, "seconds">, now: number): number[] {
  return Array.from({ length: MINUTE_SECONDS }, (_, place) => seconds.get(now - MINUTE_SECONDS + 1 + place) ?? 0);
}

export const secondOf = ({ accepted_at: at }: Pick<StoredEvent, "accepted_at">): number => Math.floor(Date.parse(at) / 1000);

function newest(added: readonly StoredEvent[], before: readonly StoredEvent[]): StoredEvent[] {
  const all = [...added, ...before]; // moments of one form: their order is that of the texts
  return all.sort((one, other) => (one.accepted_at < other.accepted_at ? 1 : one.accepted_at > other.accepted_at ? -1 : 0)).slice(0, MOST_KEPT);
}

function withSeconds(before: ReadonlyMap<number, number>, fresh: readonly StoredEvent[]): ReadonlyMap<number, number> {
  const seconds = new Map(before);
  for (const event of fresh) seconds.set(secondOf(event), (seconds.get(secondOf(event)) ?? 0) + 1);
  const last = Math.max(...seconds.keys());
  return new Map([...seconds].filter(([second]) => second > last - MINUTE_SECONDS * 2));
}
