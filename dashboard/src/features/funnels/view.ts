import type { FunnelQuestion } from "@/api/types";
import { fromLines, toFilter, type Condition } from "./conditions";
import { daysOf, readRange, writeRange, type Range } from "./ranges";

export const TABS = ["steps", "trend", "time"] as const;
export type Tab = (typeof TABS)[number];
export const INTERVALS = ["hour", "day", "week", "month"] as const;
export type Interval = (typeof INTERVALS)[number];
export const COMPARISONS = ["previous_period", "previous_year"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Whose names are listed below the chart. */
export interface BehindChoice {
  stage: number;
  which: "reached" | "dropped";
  /** Of this row of the breakdown. */
  value: string | null;
}

/** How a funnel is looked at: all of it stands in the address, so that a link is the report. */
export interface View {
  range: Range;
  tab: Tab;
  interval: Interval;
  compare: Comparison | null;
  breakdown: string | null;
  countBy: string;
  filter: Condition[];
  behind: BehindChoice | null;
}

const isOneOf = <T extends string>(all: readonly T[], text: string | null): text is T => all.some((one) => one === text);

export function readView(search: URLSearchParams): View {
  const [tab, interval, compare] = [search.get("tab"), search.get("interval"), search.get("compare")];
  return {
    range: readRange(search),
    tab: isOneOf(TABS, tab) ? tab : "steps",
    interval: isOneOf(INTERVALS, interval) ? interval : "day",
    compare: isOneOf(COMPARISONS, compare) ? compare : null,
    breakdown: search.get("breakdown"),
    countBy: search.get("count_by") ?? "users",
    filter: fromLines(readJson(search.get("filter"))),
    behind: readBehind(search),
  };
}

/** The parameters of a view; what is as usual is left out. */
export function writeView(view: View): URLSearchParams {
  const search = new URLSearchParams(writeRange(view.range));
  if (view.tab !== "steps") search.set("tab", view.tab);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.compare) search.set("compare", view.compare);
  if (view.breakdown) search.set("breakdown", view.breakdown);
  if (view.countBy !== "users") search.set("count_by", view.countBy);
  if (view.filter.length > 0) search.set("filter", JSON.stringify(view.filter));
  if (view.behind) {
    search.set("stage", String(view.behind.stage));
    if (view.behind.which !== "reached") search.set("which", view.behind.which);
    if (view.behind.value !== null) search.set("value", view.behind.value);
  }
  return search;
}

/** What is asked in every tab: of whom, when, and which events. */
export function questionOf(view: View, projectId: string, timezone: string, now: Date): FunnelQuestion {
  return {
    project_id: projectId,
    ...daysOf(view.range, timezone, now),
    filter: toFilter(view.filter),
    count_by: view.countBy,
  };
}

export function breakdownOf(view: View): Pick<FunnelQuestion, "breakdown"> {
  return view.breakdown ? { breakdown: { properties: [view.breakdown] } } : {};
}

function readBehind(search: URLSearchParams): BehindChoice | null {
  const stage = Number(search.get("stage"));
  if (!Number.isInteger(stage) || stage < 1) return null;
  return { stage, which: search.get("which") === "dropped" ? "dropped" : "reached", value: search.get("value") };
}

export function readJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
