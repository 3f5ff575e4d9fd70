import { fromEvents } from "@/questions/asked_event";
import { baseOf, isOneOf } from "@/questions/base_view";
import { isRecord } from "@/questions/conditions";
import { isInterval } from "@/questions/interval";
import { asksOnly, keptNumber } from "@/questions/kept_question";
import { LEAST_MOST, PERIODS_MOST, PERIODS_USUAL, readDay, RULES, writeView } from "./view";

const SAID = [
  "cohort_event",
  "return_event",
  "cohort_rule",
  "interval",
  "periods",
  "last_period_contains",
  "cumulative",
  "minimum_occurrences",
  "breakdown",
  "filter",
  "count_by",
  "include_bots",
];

/** The address of the page that shows a kept question; null where its controls cannot say it. */
export function addressOf(question: Record<string, unknown>): string | null {
  const base = baseOf(question);
  const [cohort, back] = [fromEvents(question["cohort_event"]), fromEvents(question["return_event"])];
  const { cohort_rule: rule, interval, last_period_contains: last, count_by: countBy } = question;
  const periods = keptNumber(question["periods"], PERIODS_USUAL, PERIODS_MOST);
  const least = keptNumber(question["minimum_occurrences"], 1, LEAST_MOST);
  const breakdown = breakdownOf(question["breakdown"]);
  if (!base || !cohort || !back || breakdown === undefined || !asksOnly(question, SAID)) return null;
  if (periods === null || least === null) return null;
  if (typeof last === "string" && !readDay(last)) return null;
  return writeView({
    ...base,
    cohort,
    back,
    rule: isOneOf(RULES, rule) ? rule : "recurring",
    interval: isInterval(interval) ? interval : "day",
    periods,
    last: readDay(last),
    isCumulative: question["cumulative"] === true,
    least,
    breakdown,
    countBy: typeof countBy === "string" ? countBy : "users",
    value: null,
    figures: "percent",
  }).toString();
}

/** The one property of a breakdown, null without one; undefined for what the control cannot say. */
function breakdownOf(asked: unknown): string | null | undefined {
  if (asked === null || asked === undefined) return null;
  if (!isRecord(asked) || !asksOnly(asked, ["properties"])) return undefined;
  const [property, ...others] = Array.isArray(asked["properties"]) ? (asked["properties"] as unknown[]) : [];
  return typeof property === "string" && others.length === 0 ? property : undefined;
}
