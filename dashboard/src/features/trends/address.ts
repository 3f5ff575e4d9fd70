import { COMPARISONS } from "@/questions/compare";
import { INTERVALS } from "@/questions/interval";
import { baseOf, isOneOf } from "@/questions/base_view";
import { asksOnly } from "@/questions/kept_question";
import { formulasIn } from "./lines";
import { fromAsked } from "./series";
import { USUAL_LIMIT, writeView } from "./view";

const API_LIMIT = 25; // where a question names none
const SAID = ["series", "interval", "formulas", "compare", "breakdown", "moving_average", "start_date", "end_date", "filter", "include_bots"];

/** The query of the page that shows a kept question; null where its controls cannot say it. */
export function addressOf(question: Record<string, unknown>): string | null {
  const { series: asked, moving_average: average } = question;
  const [interval, compare] = [question["interval"] ?? "day", question["compare"] ?? null];
  const base = baseOf(question);
  const series = Array.isArray(asked) ? asked.map(fromAsked) : [];
  const by = breakdownOf(question["breakdown"] ?? null);
  const isKnown = isOneOf(INTERVALS, interval) && (compare === null || isOneOf(COMPARISONS, compare));
  if (!base || !by || !isKnown || series.length === 0 || series.includes(null) || !asksOnly(question, SAID)) return null;
  return writeView({
    ...base,
    ...by,
    series: series.flatMap((one) => one ?? []),
    formulas: formulasIn(question),
    interval,
    compare,
    average: typeof average === "number" ? average : null,
    chart: "line",
    drawn: null,
  }).toString();
}

function breakdownOf(breakdown: unknown): { breakdown: string | null; limit: number } | null {
  if (breakdown === null) return { breakdown: null, limit: USUAL_LIMIT };
  const { properties, limit = API_LIMIT } = breakdown as { properties?: unknown; limit?: unknown };
  const [property, another] = Array.isArray(properties) ? (properties as unknown[]) : [];
  if (typeof property !== "string" || another !== undefined) return null;
  return { breakdown: property, limit: typeof limit === "number" ? limit : API_LIMIT };
}
