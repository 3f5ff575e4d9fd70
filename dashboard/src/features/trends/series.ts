import { fromFilter, fromLines, OPERATORS, takesValue, toFilter, type Condition } from "@/questions/conditions";
import { isOneOf } from "@/questions/base_view";

export const COUNTS = { events: "Events", users: "People", sessions: "Sessions", first_time_users: "First-time people" } as const;
export const OF_NUMBERS = {
  sum: "Sum",
  average: "Average",
  median: "Median",
  min: "Lowest",
  max: "Highest",
  p90: "90th percentile",
} as const;
export type Measure = keyof typeof COUNTS | keyof typeof OF_NUMBERS;
export const MEASURES = [...Object.keys(COUNTS), ...Object.keys(OF_NUMBERS)] as Measure[];

export const SERIES_MAX = 26;
const PREFIX = "properties.";
const OF = " of ";

/** A measure of some events: what one line of the chart shows. */
export interface Series {
  /** Empty: any event. */
  eventType: string;
  measure: Measure;
  /** Whose numbers are measured; empty where events, people or sessions are counted. */
  property: string;
  conditions: Condition[];
}

export const newSeries = (eventType: string): Series => ({ eventType, measure: "events", property: "", conditions: [] });
export const isOfNumbers = (measure: Measure): measure is keyof typeof OF_NUMBERS => measure in OF_NUMBERS;

/** Nothing can be asked of a series that has yet to say whose numbers it means. */
export const isFinished = ({ measure, property }: Series): boolean => !isOfNumbers(measure) || property.trim() !== "";

/** As the API reads it. */
export function toAsked({ eventType, measure, property, conditions }: Series) {
  const name = property.trim();
  const full = name.startsWith(PREFIX) ? name : `${PREFIX}${name}`;
  return { event_type: eventType || null, filter: toFilter(conditions), measure: isOfNumbers(measure) ? `${measure}${OF}${full}` : measure };
}

/** The series of a question in the API's form; null where it says what the editor cannot. */
export function fromAsked(asked: unknown): Series | null {
  if (typeof asked !== "object" || asked === null) return null;
  const one = asked as Record<string, unknown>;
  const conditions = fromFilter(one["filter"]);
  const text = typeof one["measure"] === "string" ? one["measure"] : "events";
  const [measure = ""] = text.split(OF);
  const property = text.slice(measure.length + OF.length); // which may have an "of" of its own
  if (!conditions || !isOneOf(MEASURES, measure)) return null;
  return { eventType: typeof one["event_type"] === "string" ? one["event_type"] : "", measure, property, conditions };
}

/** As an address has it: short, and with what is not finished yet. */
export function toWritten({ eventType, measure, property, conditions }: Series): Record<string, unknown> {
  return {
    event: eventType,
    ...(measure === "events" ? {} : { measure }),
    ...(property === "" ? {} : { of: property }),
    ...(conditions.length === 0 ? {} : { where: conditions }),
  };
}

/** What an address says of series; what somebody has damaged by hand is left out. */
export function fromWritten(written: unknown): Series[] {
  if (!Array.isArray(written)) return [];
  return written.slice(0, SERIES_MAX).flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null) return [];
    const { event, measure, of, where } = one as Record<string, unknown>;
    if (typeof event !== "string") return [];
    const property = typeof of === "string" ? of : "";
    return [{ eventType: event, measure: isOneOf(MEASURES, measure) ? measure : "events", property, conditions: fromLines(where) }];
  });
}

/** A line in words: `purchase · People where properties.status is paid`. */
export function nameOf({ eventType, measure, property, conditions }: Series): string {
  const what = isOfNumbers(measure) ? `${OF_NUMBERS[measure]} of ${property.replace(PREFIX, "")}` : measure === "events" ? "" : COUNTS[measure];
  const where = conditions.map(({ property: name, operator, value }) => `${name} ${OPERATORS[operator]}${takesValue(operator) ? ` ${value}` : ""}`);
  const named = [eventType || "Any event", what].filter(Boolean).join(" · ");
  return where.length > 0 ? `${named} where ${where.join(" and ")}` : named;
}
