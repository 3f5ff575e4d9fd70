import type { StickinessAnswer } from "@/api/types";
import type { Interval } from "@/questions/interval";

export interface Bar {
  periods: number;
  persons: number;
  /** Of all who were active, in percent. */
  share: number;
}

/** A bar for each number of periods. */
export function barsOf({ data, persons }: Pick<StickinessAnswer, "data" | "persons">): Bar[] {
  return data.map((count, place) => ({ periods: place + 1, persons: count, share: persons === 0 ? 0 : (100 * count) / persons }));
}

/** In how many periods somebody was active, on average: everybody is in so many of the cumulative bars. */
export function averageOf({ data, persons }: Pick<StickinessAnswer, "data" | "persons">, isCumulative: boolean): number | null {
  if (persons === 0) return null;
  return data.reduce((sum, count, place) => sum + count * (isCumulative ? 1 : place + 1), 0) / persons;
}

/** `3 days`, or where several make one period `3 periods of 2 days`. */
export function periodsInWords(count: string, interval: Interval, length: number): string {
  const isOne = count === "1";
  return length > 1 ? `${count} ${isOne ? "period" : "periods"} of ${length} ${interval}s` : `${count} ${interval}${isOne ? "" : "s"}`;
}
