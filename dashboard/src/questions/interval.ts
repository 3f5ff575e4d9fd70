import { formatPeriod } from "@/format/times";

export const INTERVALS = ["hour", "day", "week", "month"] as const;
export type Interval = (typeof INTERVALS)[number];

export const isInterval = (text: unknown): text is Interval => INTERVALS.some((one) => one === text);

/** `Day 3`, for a head. */
export const periodNumber = (interval: Interval, number: number): string => `${interval.charAt(0).toUpperCase()}${interval.slice(1)} ${number}`;

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

/** A period by its local start: `Jan 2026` where it is a month, else as everywhere. */
export function periodName(start: string, interval: Interval): string {
  return interval === "month" ? MONTH.format(new Date(`${start.slice(0, 10)}T00:00:00Z`)) : formatPeriod(start);
}
