import type { MetricAnswer, MetricPoint } from "@/api/types";
import { formatCount } from "@/format/numbers";

const NAMES: Record<string, string> = { events: "Events", sessions: "Sessions", daily_active_users: "Active people" };
const OTHERS = "$other"; // the line of all values past the limit
const BROKEN = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
/** More lines than that cannot be told apart; the table has them all. */
export const LINES_DRAWN = 6;

export interface Line {
  name: string;
  points: readonly MetricPoint[];
  total: number | null;
}

export const metricName = (name: string): string => NAMES[name] ?? name;

/** A figure with its unit; a dash where there is none. */
export function formatFigure(value: number | null, unit: string | null = null): string {
  if (value === null) return "–";
  const figure = Number.isInteger(value) ? formatCount(value) : BROKEN.format(value);
  return unit ? `${figure} ${unit}` : figure;
}

/** The line of all, or one for each value of the dimension. */
export function linesOf({ metric, points, total, breakdown }: MetricAnswer): Line[] {
  if (!breakdown) return [{ name: metricName(metric), points, total }];
  return breakdown.map(({ value, ...line }) => ({ name: value === OTHERS ? "All others" : value || "(none)", ...line }));
}

/** A row for each period, as a chart wants it: the figures of each line by its place. */
export function rowsOf(lines: readonly Line[]): ({ period: string } & Record<number, number | null>)[] {
  const periods = lines[0]?.points.map((one) => one.period) ?? [];
  return periods.map((period, at) => ({ period, ...Object.fromEntries(lines.map(({ points }, place) => [place, points[at]?.value ?? null])) }));
}

/** Why figures are missing, each reason once. */
export function reasonsIn(lines: readonly Line[]): string[] {
  return [...new Set(lines.flatMap(({ points }) => points.flatMap(({ reason }) => reason ?? [])))];
}
