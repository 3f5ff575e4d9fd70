import { didInWords } from "@/questions/asked_event";
import { unitOf } from "@/questions/count_by";
import { isInterval } from "@/questions/interval";

/** What a row and a cell of the heat map are, for the rule that was asked. */
export function meaningOf(question: Record<string, unknown>): string {
  const interval = isInterval(question["interval"]) ? question["interval"] : "day";
  const unit = unitOf(question["count_by"]);
  const that = unit === "people" ? "who" : "that";
  const inIt = interval === "day" ? "on that day" : `in that ${interval}`;
  const when = {
    recurring: inIt,
    first_time: `for the first time ever ${inIt}`,
    first_in_range: `${inIt} and in none of the ${interval}s before it that are shown`,
  }[String(question["cohort_rule"] ?? "recurring")];
  const least = typeof question["minimum_occurrences"] === "number" ? question["minimum_occurrences"] : 1;
  const times = least > 1 ? ` at least ${least} times in a ${interval}` : "";
  const later = question["cumulative"] === true ? `so many ${interval}s later or later still` : `so many ${interval}s later`;
  return (
    `Each row: ${unit} ${that} ${didInWords(question["cohort_event"])} ${when}. ` +
    `Each cell: those of them ${that} ${didInWords(question["return_event"])}${times}, ${later}.`
  );
}
