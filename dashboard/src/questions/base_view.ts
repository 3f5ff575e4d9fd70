import type { Project } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { fromFilter, fromLines, toFilter, type Condition } from "./conditions";
import { daysOf, keptDays, rangeOf, readRange, writeRange, type Range } from "./ranges";

/** What every question has: when, and which events. */
export interface BaseView {
  range: Range;
  filter: Condition[];
  /** Crawlers count as well. */
  bots: boolean;
}

export function readBase(search: URLSearchParams): BaseView {
  return { range: readRange(search), filter: fromLines(readJson(search.get("filter"))), bots: search.get("bots") === "1" };
}

export function writeBase({ range, filter, bots }: BaseView): URLSearchParams {
  const search = new URLSearchParams(writeRange(range));
  if (filter.length > 0) search.set("filter", JSON.stringify(filter));
  if (bots) search.set("bots", "1");
  return search;
}

/** As it is asked now. */
export function askedBase({ range, filter, bots }: BaseView, project: Project, sight: Sight) {
  return {
    project_id: project.id,
    ...daysOf(range, project.timezone, sight.now),
    filter: toFilter(filter),
    ...(bots ? { include_bots: true } : {}),
    ...sight.asked,
  };
}

/** As a report keeps it. */
export function keptBase({ range, filter, bots }: BaseView) {
  return { ...keptDays(range), filter: toFilter(filter), ...(bots ? { include_bots: true } : {}) };
}

/** The view that shows a kept question; null for a filter that lines cannot say, and a range that the picker cannot. */
export function baseOf(question: Record<string, unknown>): BaseView | null {
  const [range, filter] = [rangeOf(question), fromFilter(question["filter"])];
  return range && filter && { range, filter, bots: question["include_bots"] === true };
}

export const isOneOf = <T extends string>(all: readonly T[], text: unknown): text is T => all.some((one) => one === text);

export function readJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // somebody has changed the address by hand
  }
}
