import { formatCount } from "@/format/numbers";
import { formatRange } from "@/format/times";
import { fromFilter, OPERATORS, takesValue } from "@/questions/conditions";
import type { Definition } from "./rules";

/** Who is in a cohort, as a sentence; of any depth. */
export function inWords(definition: Definition): string {
  return `Everybody who ${said(definition, true)}.`;
}

function said(definition: Definition, isOutermost: boolean): string {
  for (const [how, word] of [["all", " and "], ["any", " or "]] as const) {
    const parts = definition[how];
    if (!Array.isArray(parts)) continue;
    const text = parts.map((part: Definition) => said(part, parts.length === 1 && isOutermost)).join(word);
    return isOutermost || parts.length === 1 ? text : `(${text})`;
  }
  const inner = definition["not"] as Definition | undefined;
  if (!inner) return condition(definition, false);
  return "all" in inner || "any" in inner || "not" in inner ? `is not one who ${said(inner, false)}` : condition(inner, true);
}

function condition(one: Definition, isNot: boolean): string {
  const { event_type: eventType, at_least: atLeast = 1 } = one;
  const when = time(one);
  const where = filterInWords(one["filter"]);
  if (!eventType && where && atLeast === 1 && when === "") return isNot ? `has no event ${where}` : `has an event ${where}`;
  const what = eventType ? String(eventType) : "anything";
  const times = Number(atLeast);
  const often = times === 1 ? "" : isNot ? ` fewer than ${formatCount(times)} times` : ` at least ${formatCount(times)} times`;
  const did = !isNot || times > 1 ? `did ${what}` : when === "" ? `never did ${what}` : `did not do ${what}`;
  return [did + often, when, where].filter(Boolean).join(" ");
}

function time({ last_days: days, start_date: start, end_date: end }: Definition): string {
  if (days) return days === 1 ? "today" : `in the last ${formatCount(Number(days))} days`;
  if (!start) return "";
  const [from, to] = [String(start), end ? String(end) : null];
  if (from.includes("T") || to?.includes("T")) return to ? `from ${from} to ${to}` : `since ${from}`;
  return to ? `in ${formatRange(from, to)}` : `since ${formatRange(from, from)}`;
}

function filterInWords(filter: unknown): string {
  const lines = fromFilter(filter);
  if (!lines) return "under a filter made through the API";
  const texts = lines.map(({ property, operator, value }) => [property, OPERATORS[operator], ...(takesValue(operator) ? [value] : [])].join(" "));
  return texts.length > 0 ? `where ${texts.join(" and ")}` : "";
}
