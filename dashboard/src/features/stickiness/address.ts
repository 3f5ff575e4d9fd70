import { fromEvents } from "@/questions/asked_event";
import { baseOf, isOneOf } from "@/questions/base_view";
import { isRecord } from "@/questions/conditions";
import { isInterval } from "@/questions/interval";
import { asksOnly, keptNumber } from "@/questions/kept_question";
import { LENGTH_MOST, OPERATORS, TIMES_MOST, writeView, type View } from "./view";

const SAID = ["event", "interval", "period_length", "criteria", "cumulative", "count_by", "start_date", "end_date", "filter", "include_bots"];

/** The address of the page that shows a kept question; null where its controls cannot say it. */
export function addressOf(question: Record<string, unknown>): string | null {
  const [base, event] = [baseOf(question), fromEvents(question["event"])];
  const criteria = criteriaOf(question["criteria"]);
  const length = keptNumber(question["period_length"], 1, LENGTH_MOST);
  const { interval, count_by: countBy } = question;
  if (!base || !event || !criteria || length === null || !asksOnly(question, SAID)) return null;
  return writeView({
    ...base,
    ...criteria,
    event,
    interval: isInterval(interval) ? interval : "day",
    length,
    isCumulative: question["cumulative"] === true,
    countBy: typeof countBy === "string" ? countBy : "users",
  }).toString();
}

function criteriaOf(asked: unknown): Pick<View, "operator" | "times"> | null {
  const { operator = "gte", value } = isRecord(asked) ? asked : { value: 1 };
  const times = keptNumber(value, 1, TIMES_MOST);
  return times !== null && isOneOf(OPERATORS, operator) ? { operator, times } : null;
}
