import type { LifecycleAnswer } from "@/api/types";
import type { Interval } from "@/questions/interval";

/** What somebody is in a period; of the chart from the axis up, and the last below it. */
export const STANDINGS = ["returning", "resurrecting", "new", "dormant"] as const;
export type Standing = (typeof STANDINGS)[number];

/** What each is, said as the end of "people who …". */
export const MEANINGS: Record<Standing, (interval: Interval) => string> = {
  new: () => "active for the first time ever",
  returning: (interval) => `active the ${interval} before, too`,
  resurrecting: (interval) => `active before, but not the ${interval} before`,
  dormant: (interval) => `active the ${interval} before, not in this one`,
};

export interface Period extends Record<Standing, number> {
  start: string;
  /** All who did something in it. */
  active: number;
}

export function periodsOf(answer: LifecycleAnswer): Period[] {
  return answer.periods.map((start, place) => {
    const [fresh = 0, returning = 0, resurrecting = 0, dormant = 0] = [answer.new[place], answer.returning[place], answer.resurrecting[place], answer.dormant[place]];
    return { start, new: fresh, returning, resurrecting, dormant, active: fresh + returning + resurrecting };
  });
}

/** Whether a period is not over at a moment: who is silent in it may still come. */
export function isOpen(start: string, interval: Interval, moment: string, timeZone: string): boolean {
  if (interval === "hour") return Date.parse(moment) < Date.parse(start) + 3_600_000;
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone }).format(new Date(moment)); // Swedish days are written as ISO's
  return today < dayAfter(start.slice(0, 10), interval);
}

function dayAfter(start: string, interval: Exclude<Interval, "hour">): string {
  const end = new Date(`${start}T00:00:00Z`);
  if (interval === "month") end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setUTCDate(end.getUTCDate() + (interval === "week" ? 7 : 1));
  return end.toISOString().slice(0, 10);
}
