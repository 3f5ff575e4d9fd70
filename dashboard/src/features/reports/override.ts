import type { Project, Report } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { daysOf, keptDays, readRange, type Range } from "@/questions/ranges";

/** What stands in place of a report's own range: another one, or its end alone; null: nothing. */
export type Override = Range | { end: string } | null;
export interface OverrideView {
  override: Override;
}

export function readOverride(search: URLSearchParams): OverrideView {
  const end = search.get("end");
  if (end !== null && !search.has("start")) {
    return { override: "start" in readRange(new URLSearchParams({ start: end, end })) ? { end } : null };
  }
  const range = readRange(search);
  const isSaid = "start" in range || search.get("range") === `${range.days}d`;
  return { override: isSaid ? range : null };
}

/** Unlike a question's, where 30 days are as usual, this names any range: as usual is the report's own. */
export function writeOverride({ override }: OverrideView): URLSearchParams {
  if (!override) return new URLSearchParams();
  return new URLSearchParams("days" in override ? { range: `${override.days}d` } : override);
}

interface RangeFields {
  /** Retention has none: it goes back by its own periods. */
  start: string | null;
  end: string;
}

/** Where a kind's question says its range. */
export function rangeFieldsOf(kind: Report["kind"]): RangeFields {
  if (kind === "retention") return { start: null, end: "last_period_contains" };
  return kind === "metric" ? { start: "start_time", end: "end_time" } : { start: "start_date", end: "end_date" };
}

/**
 * What is asked of a report beside its own question. Who looks back sees ranges that run to today end at that day, and
 * who is whom as was known then; metrics know that of now only.
 */
export function askedOf({ kind, question }: Report, override: Override, project: Project, { asOf, now, asked }: Sight) {
  const then = asOf ? { as_of: asOf, ...(kind === "metric" ? {} : asked) } : {};
  const { start, end } = rangeFieldsOf(kind);
  if (!override) {
    const runsToToday = typeof question[end] !== "string";
    return asOf && runsToToday ? { ...then, end_date: daysOf({ days: 1 }, project.timezone, now).end_date } : then;
  }
  if (!("days" in override) && !("start" in override)) return { ...then, end_date: override.end };
  const days = daysOf(override, project.timezone, now);
  return { ...then, ...(start ? days : { end_date: days.end_date }) };
}

/** The question as it is asked then: what a chart is drawn for, and what its own page opens with. */
export function questionWith({ kind, question }: Pick<Report, "kind" | "question">, override: Override): Record<string, unknown> {
  if (!override) return question;
  const { start, end } = rangeFieldsOf(kind);
  if (!("days" in override) && !("start" in override)) return { ...question, [end]: override.end };
  const others = Object.fromEntries(Object.entries(question).filter(([name]) => name !== start && name !== end));
  const { start_date: first, end_date: last } = keptDays(override);
  return { ...others, ...(start && { [start]: first }), ...(last && { [end]: last }) };
}
