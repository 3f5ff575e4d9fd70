import type { Project, SessionsBody } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { COMPARISONS, type Comparison } from "@/questions/compare";
import { INTERVALS, type Interval } from "@/questions/interval";
import { askedBase, baseOf, isOneOf, keptBase, readBase, writeBase, type BaseView } from "@/questions/base_view";
import { asksOnly } from "@/questions/kept_question";
import { DRAWABLE, type Drawable } from "./figures";

export const CUTS = ["gap", "session_id"] as const;
export type Cut = (typeof CUTS)[number];
export const USUAL_GAP = 30;
export const GAP_MAX = 7 * 24 * 60;
export const ENDS = ["url", "event_type"] as const;
/** What sessions begin and end with: pages, or events. */
export type Ends = (typeof ENDS)[number];
const SAID = ["interval", "compare", "by", "gap_minutes", "start_date", "end_date", "filter", "include_bots"];

/** How sessions are looked at: all of it stands in the address, so that a link is the report. */
export interface View extends BaseView {
  interval: Interval;
  compare: Comparison | null;
  by: Cut;
  /** Minutes: a longer pause cuts. */
  gap: number;
  /** What the chart shows. */
  shown: Drawable;
  /** Whose sessions are listed. */
  person: string | null;
  ends: Ends;
}

export function readView(search: URLSearchParams): View {
  const [interval, compare, by, shown] = [search.get("interval"), search.get("compare"), search.get("by"), search.get("shown")];
  return {
    ...readBase(search),
    interval: isOneOf(INTERVALS, interval) ? interval : "day",
    compare: isOneOf(COMPARISONS, compare) ? compare : null,
    by: isOneOf(CUTS, by) ? by : "gap",
    gap: gapIn(Number(search.get("gap") ?? USUAL_GAP)) ?? USUAL_GAP,
    shown: isOneOf(DRAWABLE, shown) ? shown : "sessions",
    person: search.get("person") || null,
    ends: search.get("ends") === "event_type" ? "event_type" : "url",
  };
}

/** The parameters of a view; what is as usual is left out. */
export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.compare) search.set("compare", view.compare);
  if (view.by !== "gap") search.set("by", view.by);
  if (view.gap !== USUAL_GAP) search.set("gap", String(view.gap));
  if (view.shown !== "sessions") search.set("shown", view.shown);
  if (view.person) search.set("person", view.person);
  if (view.ends !== "url") search.set("ends", view.ends);
  return search;
}

/** How sessions are cut, as it is asked of all and of one person. */
export const cutOf = ({ by, gap }: View) => ({ by, gap_minutes: gap });

/** As it is asked now. */
export function askedSessions(view: View, project: Project, sight: Sight): SessionsBody {
  return { ...askedBase(view, project, sight), ...cutOf(view), interval: view.interval, compare: view.compare };
}

/** As a report keeps it. */
export function keptSessions(view: View): Record<string, unknown> {
  return { ...keptBase(view), ...cutOf(view), interval: view.interval, compare: view.compare };
}

/** The view that shows a kept question; null where the page's controls cannot say it: it always shows a trend. */
export function viewOf(question: Record<string, unknown>): View | null {
  const [interval, compare, by] = [question["interval"], question["compare"] ?? null, question["by"] ?? "gap"];
  const [base, gap] = [baseOf(question), gapIn(question["gap_minutes"] ?? USUAL_GAP)];
  const isKnown = isOneOf(INTERVALS, interval) && (compare === null || isOneOf(COMPARISONS, compare)) && isOneOf(CUTS, by);
  if (!base || gap === null || !isKnown || !asksOnly(question, SAID)) return null;
  return { ...base, interval, compare, by, gap, shown: "sessions", person: null, ends: "url" };
}

export function gapIn(minutes: unknown): number | null {
  return typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 1 && minutes <= GAP_MAX ? minutes : null;
}
