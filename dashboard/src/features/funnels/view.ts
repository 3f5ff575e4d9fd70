import type { Definition, FunnelQuestion, Project } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { COMPARISONS, type Comparison } from "@/questions/compare";
import { INTERVALS, type Interval } from "@/questions/interval";
import { askedBase, isOneOf, keptBase, readBase, writeBase, type BaseView } from "@/questions/base_view";

export const TABS = ["steps", "trend", "time"] as const;
export type Tab = (typeof TABS)[number];

/** Whose names are listed below the chart. */
export interface BehindChoice {
  stage: number;
  which: "reached" | "dropped";
  /** Of this row of the breakdown. */
  value: string | null;
}

/** How a funnel is looked at: all of it stands in the address, so that a link is the report. */
export interface View extends BaseView {
  tab: Tab;
  interval: Interval;
  compare: Comparison | null;
  breakdown: string | null;
  countBy: string;
  behind: BehindChoice | null;
}

export function readView(search: URLSearchParams): View {
  const [tab, interval, compare] = [search.get("tab"), search.get("interval"), search.get("compare")];
  return {
    ...readBase(search),
    tab: isOneOf(TABS, tab) ? tab : "steps",
    interval: isOneOf(INTERVALS, interval) ? interval : "day",
    compare: isOneOf(COMPARISONS, compare) ? compare : null,
    breakdown: search.get("breakdown"),
    countBy: search.get("count_by") ?? "users",
    behind: readBehind(search),
  };
}

/** The parameters of a view; what is as usual is left out. */
export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  if (view.tab !== "steps") search.set("tab", view.tab);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.compare) search.set("compare", view.compare);
  if (view.breakdown) search.set("breakdown", view.breakdown);
  if (view.countBy !== "users") search.set("count_by", view.countBy);
  if (view.behind) {
    search.set("stage", String(view.behind.stage));
    if (view.behind.which !== "reached") search.set("which", view.behind.which);
    if (view.behind.value !== null) search.set("value", view.behind.value);
  }
  return search;
}

/** What is asked in every tab: of whom, when, and which events. */
export function questionOf(view: View, project: Project, sight: Sight): FunnelQuestion {
  return { ...askedBase(view, project, sight), count_by: view.countBy };
}

/** The question as a report keeps it. */
export function keptQuestion(view: View, definition: Definition): Record<string, unknown> {
  const shown = view.tab === "trend" ? { interval: view.interval } : { ...breakdownOf(view), compare: view.compare };
  return { ...definition, ...keptBase(view), count_by: view.countBy, ...shown };
}

export function breakdownOf(view: View): Pick<FunnelQuestion, "breakdown"> {
  return view.breakdown ? { breakdown: { properties: [view.breakdown] } } : {};
}

function readBehind(search: URLSearchParams): BehindChoice | null {
  const stage = Number(search.get("stage"));
  if (!Number.isInteger(stage) || stage < 1) return null;
  return { stage, which: search.get("which") === "dropped" ? "dropped" : "reached", value: search.get("value") };
}
