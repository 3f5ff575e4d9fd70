import type { Sight } from "@/app/as_of";
import { isOneOf } from "@/questions/base_view";
import { daysOf, readRange, writeRange, type Range } from "@/questions/ranges";
import type { Writing } from "@/questions/use_address";

export const CHARTS = ["all", "refused", "schemas"] as const;
export type Chart = (typeof CHARTS)[number];

/** How the quality is looked at. The range is of UTC days of receipt, whatever the project's time zone. */
export interface QualityView {
  range: Range;
  chart: Chart;
}

export const QUALITY_ADDRESS: Writing<QualityView> = {
  read: (search) => {
    const chart = search.get("chart");
    return { range: readRange(search), chart: isOneOf(CHARTS, chart) ? chart : "all" };
  },
  write: ({ range, chart }) => new URLSearchParams({ ...writeRange(range), ...(chart === "all" ? {} : { chart }) }),
};

/** Which refused events are listed. */
export interface QuarantineView {
  range: Range;
  reason: string | null;
  page: number;
}

export const QUARANTINE_ADDRESS: Writing<QuarantineView> = {
  read: (search) => {
    const page = Number(search.get("page"));
    return { range: readRange(search), reason: search.get("reason") || null, page: Number.isInteger(page) && page > 0 ? page : 1 };
  },
  write: ({ range, reason, page }) =>
    new URLSearchParams({ ...writeRange(range), ...(reason ? { reason } : {}), ...(page > 1 ? { page: String(page) } : {}) }),
};

/** A range for the quarantine, which knows the present only: whoever looks back takes the very days along. */
export function rangeSeen(range: Range, { asOf, now }: Pick<Sight, "asOf" | "now">): Range {
  if (!asOf) return range;
  const { start_date: start, end_date: end } = daysOf(range, "UTC", now);
  return { start, end };
}

export function quarantineLink(projectId: string, range: Range, reason: string | null = null): string {
  return `/projects/${projectId}/quarantine?${QUARANTINE_ADDRESS.write({ range, reason, page: 1 }).toString()}`;
}
