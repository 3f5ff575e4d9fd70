import { fromEvents } from "@/questions/asked_event";
import { baseOf } from "@/questions/base_view";
import { isInterval } from "@/questions/interval";
import { asksOnly } from "@/questions/kept_question";
import { writeView } from "./view";

const SAID = ["event", "interval", "count_by", "start_date", "end_date", "filter", "include_bots"];

/** The address of the page that shows a kept question; null where its controls cannot say it. */
export function addressOf(question: Record<string, unknown>): string | null {
  const [base, event] = [baseOf(question), fromEvents(question["event"])];
  const { interval, count_by: countBy } = question;
  if (!base || !event || !asksOnly(question, SAID)) return null;
  return writeView({
    ...base,
    event,
    interval: isInterval(interval) ? interval : "day",
    countBy: typeof countBy === "string" ? countBy : "users",
  }).toString();
}
