import type { ShownReport } from "@/api/types";

export type Width = "narrow" | "wide";
const COLUMNS = 2;

/** How much room a report has: half of a row, or all of it. Hints of a finer grid, made through the API, come to one of the two. */
export const widthOf = ({ layout }: ShownReport): Width => ((layout?.width ?? 1) >= COLUMNS ? "wide" : "narrow");

/** With another width; what else its layout says stays. */
export function withWidth(reports: readonly ShownReport[], reportId: string, width: Width): ShownReport[] {
  return reports.map((one) => (one.report_id === reportId ? { ...one, layout: { ...one.layout, width: width === "wide" ? COLUMNS : 1 } } : one));
}

export const without = (reports: readonly ShownReport[], reportId: string): ShownReport[] => reports.filter((one) => one.report_id !== reportId);

/** With one of them at another place; as they are where there is no such place. */
export function withMoved(reports: readonly ShownReport[], from: number, to: number): ShownReport[] {
  const moved = reports[from];
  if (!moved || to < 0 || to >= reports.length) return [...reports];
  const others = reports.filter((_, place) => place !== from);
  return [...others.slice(0, to), moved, ...others.slice(to)];
}
