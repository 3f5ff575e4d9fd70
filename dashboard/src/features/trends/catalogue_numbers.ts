import type { Catalogue } from "@/api/types";

/** The properties that hold numbers more often than not, of this event type or of all; most frequent first. */
export function numbersIn(catalogue: Catalogue | undefined, eventType: string): string[] {
  const types = catalogue?.event_types.filter((one) => eventType === "" || one.event_type === eventType) ?? [];
  const names = types.flatMap(({ properties }) => properties);
  const numeric = names.filter(({ kinds, count }) => (kinds["number"] ?? 0) * 2 > count);
  return [...new Set(numeric.map(({ property }) => property))];
}
