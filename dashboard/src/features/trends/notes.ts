import type { Interval } from "@/questions/interval";
import type { Line } from "./lines";

/** That figures are means, where they are. */
export function averageNote(question: Record<string, unknown>, interval: Interval): string[] {
  const { moving_average: periods } = question;
  return typeof periods === "number" && periods > 1 ? [`Each point is the mean of up to ${periods} ${interval}s, its own the last.`] : [];
}

/** What the letters in formulas stand for, where their own lines are not drawn. */
export function lettersNote(lines: readonly Line[], drawn: readonly Line[]): string[] {
  const hidden = lines.filter(({ key, mark }) => /^[A-Z]$/.test(mark) && !drawn.some((one) => one.key === key));
  const hasFormula = drawn.some(({ mark }) => /^F\d/.test(mark));
  return hasFormula && hidden.length > 0 ? [`${hidden.map(({ mark, name }) => `${mark}: ${name}`).join("; ")}.`] : [];
}

/** The day that it is in the project's calendar. */
export const dayOf = (now: Date, timeZone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone }).format(now); // Swedish days are written as ISO's

/** That the last period can still grow: a fall at the end is none. */
export function unfinishedNote(end: string, interval: Interval, today: string): string[] {
  return end.slice(0, today.length) >= today ? [`The last ${interval} is not over yet.`] : [];
}
