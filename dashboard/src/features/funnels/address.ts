import type { Definition } from "@/api/types";
import { baseOf, isOneOf } from "@/questions/base_view";
import { readDraft, toDefinition, toDraft } from "./draft";
import { COMPARISONS } from "@/questions/compare";
import { INTERVALS } from "@/questions/interval";
import type { View } from "./view";

const OF_DEFINITION: readonly string[] = ["stages", "order", "conversion_window", "exclusions", "exclusion_policy"];
const OF_VIEW: readonly string[] = ["start_date", "end_date", "filter", "include_bots", "count_by", "compare", "breakdown", "interval"];

/** The builder with the funnel of a kept question in it: a question knows stages, and of no saved funnel. */
export function addressOf(question: Record<string, unknown>): string | null {
  const definition = definitionIn(question);
  return definition && new URLSearchParams({ definition: JSON.stringify(definition) }).toString();
}

export function definitionIn(question: Record<string, unknown>): Definition | null {
  return readDraft(Object.fromEntries(Object.entries(question).filter(([name]) => OF_DEFINITION.includes(name))));
}

/** How a saved funnel's page shows a kept question; null where its controls cannot say it. */
export function viewOf(question: Record<string, unknown>): View | null {
  const base = baseOf(question);
  const { interval = null, compare = null, count_by: countBy } = question;
  const breakdown = question["breakdown"] ?? null;
  const properties = breakdownIn(question);
  const isSaid =
    Object.entries(question).every(([name, value]) => value === null || OF_DEFINITION.includes(name) || OF_VIEW.includes(name)) &&
    (interval === null || isOneOf(INTERVALS, interval)) &&
    (compare === null || isOneOf(COMPARISONS, compare)) &&
    (breakdown === null || (properties.length === 1 && Object.keys(breakdown).length === 1)) &&
    (interval === null || (compare === null && breakdown === null)); // the page's trend is of all, and of one range
  if (!base || !isSaid) return null;
  return {
    ...base,
    tab: interval === null ? "steps" : "trend",
    interval: isOneOf(INTERVALS, interval) ? interval : "day",
    compare: isOneOf(COMPARISONS, compare) ? compare : null,
    breakdown: properties[0] ?? null,
    countBy: typeof countBy === "string" ? countBy : "users",
    behind: null,
  };
}

/** The properties that a kept question breaks down by. */
export function breakdownIn({ breakdown }: Record<string, unknown>): string[] {
  if (typeof breakdown !== "object" || breakdown === null || !("properties" in breakdown)) return [];
  return Array.isArray(breakdown.properties) ? breakdown.properties.map(String) : [];
}

/** Whether two definitions are of one funnel, whatever either leaves to be understood. */
export function isSameFunnel(one: Definition, other: Definition): boolean {
  const [first, second] = [one, other].map((each) => {
    const { conversion_window: within, ...rest } = toDefinition(toDraft(each));
    return JSON.stringify([rest, within?.value, within?.unit]);
  });
  return first === second;
}
