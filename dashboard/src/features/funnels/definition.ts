import type { Definition, Funnel } from "@/api/types";

/** What of a saved funnel its figures depend on, as it is asked. */
export function definitionOf(funnel: Funnel): Definition {
  const { stages, order, conversion_window, exclusions, exclusion_policy } = funnel;
  return { stages, order, conversion_window, exclusions, exclusion_policy };
}

const ORDERS: Record<Funnel["order"], string> = {
  ordered: "in this order",
  strict: "in this order, with nothing in between",
  unordered: "in any order",
};

/** `in this order, within 7 days` */
export function rulesInWords({ order, conversion_window: within }: Pick<Funnel, "order" | "conversion_window">): string {
  const limit = within ? `within ${within.value} ${within.unit}${within.value === 1 ? "" : "s"}` : "within the date range";
  return `${ORDERS[order]}, ${limit}`;
}
