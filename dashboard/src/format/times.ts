const LOCALE = "en-GB";
const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];
const SOME_SECONDS = 10;

/** Seconds for people: `4.2 s`, `3 min 20 s`, `2 d 4 h`; a dash for none. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 1) return seconds === 0 ? "0 s" : "< 1 s";
  if (seconds < SOME_SECONDS) return `${Math.round(seconds * 10) / 10} s`;
  let rest = Math.round(seconds);
  const place = UNITS.findIndex(([, size]) => rest >= size);
  const parts: string[] = [];
  for (const [name, size] of UNITS.slice(place, place + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${name}`);
    rest -= count * size;
  }
  return parts.join(" ");
}

/** A moment in the project's time zone: `3 Jan 2026, 14:05:09`. */
export function formatMoment(moment: string, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium", timeZone }).format(new Date(moment));
}

/** The day of a moment in the project's time zone: `3 Jan 2026`. */
export function formatDate(moment: string, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone }).format(new Date(moment));
}

export function formatClock(moment: string, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium", timeZone }).format(new Date(moment));
}

export function formatDayOf(moment: string, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone };
  return new Intl.DateTimeFormat(LOCALE, options).format(new Date(moment));
}

/** A calendar day (`2026-01-31`), or the local start of a period as the API gives it, in few letters. */
export function formatPeriod(period: string): string {
  const [day = "", time] = period.split("T");
  const shown = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
  return time ? `${shown} ${time.slice(0, 5)}` : shown;
}

export function formatRange(start: string, end: string): string {
  const format = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const [from = "", to = ""] = [start.split("T")[0], end.split("T")[0]];
  return format.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`));
}
