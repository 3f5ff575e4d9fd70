const MINUTE_MILLISECONDS = 60_000;
const DAY_MILLISECONDS = 86_400_000;

/** A local time of a zone as a moment. In a night when the clock is put forward some do not exist: then `is` says so. */
export interface LocalMoment {
  moment: Date;
  is: "once" | "twice" | "never";
}

/**
 * The moment that `2026-11-03T14:05` (or a day: its first minute) is in a time zone; null for what is no time. Of a time
 * that comes twice it is the first; one that the clock skips is as far after the skip as it is after its start.
 */
export function momentIn(timeZone: string, localText: string): LocalMoment | null {
  const text = localText.includes("T") ? localText : `${localText}T00:00`;
  const wall = Date.parse(`${text}Z`);
  if (Number.isNaN(wall) || !/^\d{4}-\d{2}-\d{2}T/.test(text)) return null;
  // The offset before any change of that day, and the one after it: there is no third.
  const [before, after] = [offsetAt(timeZone, wall - DAY_MILLISECONDS), offsetAt(timeZone, wall + DAY_MILLISECONDS)];
  const found = [...new Set([wall - before, wall - after])].filter((moment) => moment + offsetAt(timeZone, moment) === wall);
  found.sort((one, other) => one - other);
  const [first = wall - before] = found;
  return { moment: new Date(first), is: found.length === 0 ? "never" : found.length === 1 ? "once" : "twice" };
}

/** A moment as the clock of a zone shows it, to the minute: `2026-11-03T14:05`. */
export function localText(timeZone: string, moment: Date): string {
  return new Date(moment.getTime() + offsetAt(timeZone, moment.getTime())).toISOString().slice(0, 16);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** By how many milliseconds a zone's clock is ahead of UTC's. */
function offsetAt(timeZone: string, moment: number): number {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  formats.set(timeZone, format);
  const shown = Date.parse(`${format.format(moment).replace(" ", "T")}Z`); // Swedish times are written as ISO's
  return Math.round((shown - moment) / MINUTE_MILLISECONDS) * MINUTE_MILLISECONDS;
}

/** What somebody who looks back is likely to want. */
export function quickMoments(timeZone: string, now: Date): { label: string; moment: Date }[] {
  const [day = "", time = ""] = localText(timeZone, now).split("T");
  const daysAgo = (days: number) => new Date(Date.parse(`${day}T00:00Z`) - days * DAY_MILLISECONDS).toISOString().slice(0, 10);
  return [
    { label: "Yesterday", text: `${daysAgo(1)}T${time}` },
    { label: "A week ago", text: `${daysAgo(7)}T${time}` },
    { label: "Start of this month", text: `${day.slice(0, 8)}01T00:00` },
  ].map(({ label, text }) => ({ label, moment: momentIn(timeZone, text)?.moment ?? now }));
}
