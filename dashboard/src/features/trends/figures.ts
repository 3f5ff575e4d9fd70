import type { Interval } from "@/questions/interval";
import { formatShort } from "@/format/numbers";
import { formatPeriod } from "@/format/times";
import type { Figure } from "./lines";

const LOCALE = "en-GB";
const plain = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
const month = new Intl.DateTimeFormat(LOCALE, { month: "short", year: "numeric", timeZone: "UTC" });
const SHORT_FROM = 10_000;

/** A count, a sum or a share: two digits behind the point, and of small ones those that tell them from nothing. */
export function formatFigure(figure: Figure): string {
  if (figure === null) return "–";
  return (Math.abs(figure) < 1 ? fine : plain).format(figure);
}

/** For the axis. */
export const formatTick = (figure: number): string => (Math.abs(figure) >= SHORT_FROM ? formatShort(figure) : formatFigure(figure));

/** A period by its local start: `31 Jan`, `31 Jan 13:00`, `Jan 2026`. */
export function nameOfPeriod(period: string, interval: Interval): string {
  if (interval === "month") return month.format(new Date(`${period.slice(0, 10)}T00:00:00Z`));
  return interval === "week" ? `Week of ${formatPeriod(period)}` : formatPeriod(period);
}
