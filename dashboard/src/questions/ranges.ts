/** A date range as an address has it: the last so many days, or two calendar days, both inclusive. */
export type Range = { days: number } | { start: string; end: string };

export const PRESETS: readonly number[] = [7, 30, 90];
export const DEFAULT_RANGE: Range = { days: 30 };
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const LAST_DAYS = /^([1-9]\d{0,3})d$/;
const DAYS_MAX = 3660;
const DAY_MILLISECONDS = 86_400_000;

export function readRange(search: URLSearchParams): Range {
  const [start, end] = [search.get("start"), search.get("end")];
  if (isDay(start) && isDay(end) && start <= end) return { start, end };
  return lastDays(search.get("range")) ?? DEFAULT_RANGE;
}

function lastDays(text: unknown): Range | null {
  const days = typeof text === "string" ? Number(LAST_DAYS.exec(text)?.[1]) : 0;
  return days >= 1 && days <= DAYS_MAX ? { days } : null;
}

export function writeRange(range: Range): Record<string, string> {
  if ("start" in range) return { start: range.start, end: range.end };
  return "days" in DEFAULT_RANGE && range.days === DEFAULT_RANGE.days ? {} : { range: `${range.days}d` };
}

/** The two days that are asked for: today in the project's calendar is the last of "the last so many days". */
export function daysOf(range: Range, timeZone: string, now: Date): { start_date: string; end_date: string } {
  if ("start" in range) return { start_date: range.start, end_date: range.end };
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone }).format(now); // Swedish days are written as ISO's
  const first = new Date(Date.parse(`${today}T00:00:00Z`) - (range.days - 1) * DAY_MILLISECONDS);
  return { start_date: first.toISOString().slice(0, 10), end_date: today };
}

/** Whether it is a day of the calendar: the 31st of February, which a Date takes for the 3rd of March, is none. */
export function isDay(text: unknown): text is string {
  if (typeof text !== "string" || !DAY.test(text)) return false;
  const start = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(text);
}

/** The same range in a question that is kept: the last so many days move on with the calendar. */
export function keptDays(range: Range): { start_date: string; end_date?: string } {
  return "start" in range ? { start_date: range.start, end_date: range.end } : { start_date: `${range.days}d` };
}

/** The range that a kept question asks for; null where no picker can say it: one end only, or times of day. */
export function rangeOf({ start_date: start, end_date: end }: { start_date?: unknown; end_date?: unknown }): Range | null {
  if (end === undefined || end === null) return start === undefined || start === null ? DEFAULT_RANGE : lastDays(start);
  return isDay(start) && isDay(end) && start <= end ? { start, end } : null;
}
