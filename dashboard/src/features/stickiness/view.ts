import type { Project, StickinessBody } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { readEvent, toEvents, writeEvent, type AskedEvent } from "@/questions/asked_event";
import { askedBase, isOneOf, keptBase, readBase, writeBase, type BaseView } from "@/questions/base_view";
import { isInterval, type Interval } from "@/questions/interval";
import { wholeNumber } from "@/questions/kept_question";

export const OPERATORS = ["gte", "eq", "lte", "gt", "lt", "ne"] as const;
export type Operator = (typeof OPERATORS)[number];

export const LENGTH_MOST = 1000;
export const TIMES_MOST = 1_000_000;

/** How often people are here: by which event, and what makes a period one of activity. */
export interface View extends BaseView {
  event: AskedEvent;
  interval: Interval;
  /** So many intervals make one period. */
  length: number;
  operator: Operator;
  times: number;
  isCumulative: boolean;
  countBy: string;
}

export function readView(search: URLSearchParams): View {
  const [interval, operator] = [search.get("interval"), search.get("is")];
  return {
    ...readBase(search),
    event: readEvent(search, "event"),
    interval: isInterval(interval) ? interval : "day",
    length: wholeNumber(search.get("length"), 1, LENGTH_MOST),
    operator: isOneOf(OPERATORS, operator) ? operator : "gte",
    times: wholeNumber(search.get("times"), 1, TIMES_MOST),
    isCumulative: search.get("cumulative") === "1",
    countBy: search.get("count_by") ?? "users",
  };
}

export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  writeEvent(search, "event", view.event);
  if (view.interval !== "day") search.set("interval", view.interval);
  if (view.length !== 1) search.set("length", String(view.length));
  if (view.operator !== "gte") search.set("is", view.operator);
  if (view.times !== 1) search.set("times", String(view.times));
  if (view.isCumulative) search.set("cumulative", "1");
  if (view.countBy !== "users") search.set("count_by", view.countBy);
  return search;
}

/** As it is asked now. */
export const askedQuestion = (view: View, project: Project, sight: Sight): StickinessBody => ({
  ...askedBase(view, project, sight),
  ...ownOf(view),
});

/** As a report keeps it. */
export const keptQuestion = (view: View): Record<string, unknown> => ({ ...keptBase(view), ...ownOf(view) });

const ownOf = (view: View) => ({
  event: toEvents(view.event),
  interval: view.interval,
  period_length: view.length,
  criteria: { operator: view.operator, value: view.times },
  cumulative: view.isCumulative,
  count_by: view.countBy,
});
