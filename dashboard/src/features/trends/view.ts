import type { Project, TrendsBody } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { COMPARISONS, type Comparison } from "@/questions/compare";
import { INTERVALS, type Interval } from "@/questions/interval";
import { askedBase, isOneOf, keptBase, readBase, readJson, writeBase, type BaseView } from "@/questions/base_view";
import { fromWritten, toAsked, toWritten, type Series } from "./series";

export const CHARTS = ["line", "bar"] as const;
export type ChartType = (typeof CHARTS)[number];
export const USUAL_LIMIT = 10;
export const LIMITS: readonly number[] = [5, USUAL_LIMIT, 25, 50, 100];
const LIMIT_MAX = 1000;
const AVERAGE_MAX = 10_000;

/** How trends are looked at: all of it stands in the address, so that a link is the report. */
export interface View extends BaseView {
  /** None: nothing has been chosen yet. */
  series: Series[];
  formulas: string[];
  interval: Interval;
  compare: Comparison | null;
  breakdown: string | null;
  limit: number;
  /** Over how many periods each figure is the mean. */
  average: number | null;
  chart: ChartType;
  /** The keys of the lines in the chart; null: as usual. */
  drawn: string[] | null;
}

export function readView(search: URLSearchParams): View {
  const [interval, compare, chart] = [search.get("interval"), search.get("compare"), search.get("chart")];
  const drawn = readJson(search.get("drawn"));
  return {
    ...readBase(search),
    series: fromWritten(readJson(search.get("series"))),
    formulas: search.getAll("formula"),
    interval: isOneOf(INTERVALS, interval) ? interval : "day",
    compare: isOneOf(COMPARISONS, compare) ? compare : null,
    breakdown: search.get("breakdown") || null,
    limit: countIn(search.get("limit"), LIMIT_MAX) ?? USUAL_LIMIT,
    average: countIn(search.get("average"), AVERAGE_MAX),
    chart: isOneOf(CHARTS, chart) ? chart : "line",
    drawn: Array.isArray(drawn) ? drawn.filter((one): one is string => typeof one === "string") : null,
  };
}

/** The parameters of a view; what is as usual is left out. */
export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  if (view.series.length > 0) search.set("series", JSON.stringify(view.series.map(toWritten)));
  for (const formula of view.formulas) search.append("formula", formula);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.compare) search.set("compare", view.compare);
  if (view.breakdown) search.set("breakdown", view.breakdown);
  if (view.limit !== USUAL_LIMIT) search.set("limit", String(view.limit));
  if (view.average) search.set("average", String(view.average));
  if (view.chart !== "line") search.set("chart", view.chart);
  if (view.drawn) search.set("drawn", JSON.stringify(view.drawn));
  return search;
}

/** As it is asked now. */
export const askedTrends = (view: View, project: Project, sight: Sight): TrendsBody => ({ ...askedBase(view, project, sight), ...ownParts(view) });

/** As a report keeps it. */
export const keptTrends = (view: View): Record<string, unknown> => ({ ...keptBase(view), ...ownParts(view) });

function ownParts(view: View) {
  return {
    series: view.series.map(toAsked),
    interval: view.interval,
    formulas: view.formulas.filter((one) => one.trim() !== ""),
    compare: view.compare,
    breakdown: view.breakdown ? { properties: [view.breakdown], limit: view.limit } : null,
    moving_average: view.average,
  };
}

function countIn(text: string | null, most: number): number | null {
  const count = Number(text);
  return text && Number.isInteger(count) && count >= 1 && count <= most ? count : null;
}
