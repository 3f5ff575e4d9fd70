import type { Project, RetentionBody } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { readEvent, toEvents, writeEvent, type AskedEvent } from "@/questions/asked_event";
import { askedBase, isOneOf, keptBase, readBase, writeBase, type BaseView } from "@/questions/base_view";
import { isInterval, type Interval } from "@/questions/interval";
import { wholeNumber } from "@/questions/kept_question";
import { DEFAULT_RANGE, daysOf, isDay } from "@/questions/ranges";

export const RULES = ["recurring", "first_time", "first_in_range"] as const;
export type Rule = (typeof RULES)[number];
export const FIGURES = ["percent", "people"] as const;
export type Figures = (typeof FIGURES)[number];

export const PERIODS_USUAL = 12;
export const PERIODS_MOST = 100; // a table of more cells than that is nothing to read
export const LEAST_MOST = 1_000_000;

/** How retention is looked at. It goes back by periods: the range of other questions stays as usual. */
export interface View extends BaseView {
  cohort: AskedEvent;
  back: AskedEvent;
  rule: Rule;
  interval: Interval;
  periods: number;
  /** A day of the last period; null: the period of now. */
  last: string | null;
  isCumulative: boolean;
  /** So many return events a period make a return. */
  least: number;
  breakdown: string | null;
  countBy: string;
  /** Whose cohorts the heat map shows, of a breakdown; null: everybody's. */
  value: string | null;
  figures: Figures;
}

export function readView(search: URLSearchParams): View {
  const [rule, interval, figures] = [search.get("rule"), search.get("interval"), search.get("figures")];
  return {
    ...readBase(search),
    range: DEFAULT_RANGE,
    cohort: readEvent(search, "cohort"),
    back: readEvent(search, "return"),
    rule: isOneOf(RULES, rule) ? rule : "recurring",
    interval: isInterval(interval) ? interval : "day",
    periods: wholeNumber(search.get("periods"), PERIODS_USUAL, PERIODS_MOST),
    last: readDay(search.get("last")),
    isCumulative: search.get("cumulative") === "1",
    least: wholeNumber(search.get("least"), 1, LEAST_MOST),
    breakdown: search.get("breakdown"),
    countBy: search.get("count_by") ?? "users",
    value: search.get("value"),
    figures: isOneOf(FIGURES, figures) ? figures : "percent",
  };
}

export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  writeEvent(search, "cohort", view.cohort);
  writeEvent(search, "return", view.back);
  if (view.rule !== "recurring") search.set("rule", view.rule);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.periods !== PERIODS_USUAL) search.set("periods", String(view.periods));
  if (view.last) search.set("last", view.last);
  if (view.isCumulative) search.set("cumulative", "1");
  if (view.least !== 1) search.set("least", String(view.least));
  if (view.breakdown) search.set("breakdown", view.breakdown);
  if (view.countBy !== "users") search.set("count_by", view.countBy);
  if (view.value !== null) search.set("value", view.value);
  if (view.figures !== "percent") search.set("figures", view.figures);
  return search;
}

/** As it is asked now. */
export function askedQuestion(view: View, project: Project, sight: Sight): RetentionBody {
  const { start_date: _start, end_date: _end, ...base } = askedBase(view, project, sight);
  return { ...base, ...ownOf(view), last_period_contains: view.last ?? lastOf(view.interval, project.timezone, sight) };
}

/** As a report keeps it: without a last day it ends with the period of then. */
export function keptQuestion(view: View): Record<string, unknown> {
  const { start_date: _start, ...base } = keptBase(view);
  return { ...base, ...ownOf(view), ...(view.last ? { last_period_contains: view.last } : {}) };
}

function ownOf(view: View) {
  return {
    cohort_event: toEvents(view.cohort),
    return_event: toEvents(view.back),
    cohort_rule: view.rule,
    interval: view.interval,
    periods: view.periods,
    cumulative: view.isCumulative,
    minimum_occurrences: view.least,
    count_by: view.countBy,
    ...(view.breakdown ? { breakdown: { properties: [view.breakdown] } } : {}),
  };
}

/** The period of now. A day would mean its last hour, most often one that is still to come. */
function lastOf(interval: Interval, timezone: string, { now }: Sight): string {
  return interval === "hour" ? now.toISOString() : daysOf({ days: 1 }, timezone, now).end_date;
}

export function readDay(text: unknown): string | null {
  return isDay(text) ? text : null;
}
