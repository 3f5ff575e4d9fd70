import type { DayQuality } from "@/api/types";
import { reasonTitle } from "./reasons";
import { refusedOf } from "./accepted_facts";
import type { Chart } from "./view";

/** A part of each day's bar. */
export interface Series {
  key: string;
  label: string;
}

export interface DayFigures {
  series: Series[];
  /** The day, then the count of each series. */
  days: { date: string; counts: number[] }[];
}

const SERIES_MAX = 5; // more cannot be told apart
const OTHERS = "$others";

/** What a chart shows of each day; the least frequent parts are taken together. */
export function figuresByDay(days: readonly DayQuality[], chart: Chart): DayFigures {
  if (chart === "all") {
    const series = [
      { key: "accepted", label: "Accepted" },
      { key: "duplicates", label: "Duplicates" },
      { key: "refused", label: "Refused" },
    ];
    return { series, days: days.map((day) => ({ date: day.date, counts: [day.accepted, day.duplicates, refusedOf(day.rejected)] })) };
  }
  const parts = days.map((day) => ({ date: day.date, counts: chart === "refused" ? new Map(Object.entries(day.rejected)) : failuresByType(day) }));
  const label = chart === "refused" ? reasonTitle : (eventType: string) => eventType;
  return partsByDay(parts, label);
}

function partsByDay(days: readonly { date: string; counts: ReadonlyMap<string, number> }[], label: (key: string) => string): DayFigures {
  const totals = new Map<string, number>();
  for (const { counts } of days) for (const [key, count] of counts) totals.set(key, (totals.get(key) ?? 0) + count);
  const keys = [...totals].sort(([, one], [, other]) => other - one).map(([key]) => key);
  const shown = keys.length > SERIES_MAX ? keys.slice(0, SERIES_MAX - 1) : keys;
  const rest = keys.slice(shown.length);
  return {
    series: [...shown.map((key) => ({ key, label: label(key) })), ...(rest.length > 0 ? [{ key: OTHERS, label: "Others" }] : [])],
    days: days.map(({ date, counts }) => ({
      date,
      counts: [
        ...shown.map((key) => counts.get(key) ?? 0),
        ...(rest.length > 0 ? [rest.reduce((sum, key) => sum + (counts.get(key) ?? 0), 0)] : []),
      ],
    })),
  };
}

function failuresByType({ schema_failures: failures }: DayQuality): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { event_type: eventType, events } of failures) counts.set(eventType, (counts.get(eventType) ?? 0) + events);
  return counts;
}
