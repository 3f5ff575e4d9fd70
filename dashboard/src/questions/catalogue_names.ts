import type { Catalogue } from "@/api/types";

/** What can be filtered and broken down by, as the events of the range have it: most frequent first, each once. */
export function propertiesIn(catalogue: Catalogue | undefined, eventType?: string): string[] {
  if (!catalogue) return [];
  const types = catalogue.event_types.filter((one) => !eventType || one.event_type === eventType);
  const names = types.flatMap((one) => [...one.properties, ...one.columns].map(({ property }) => property));
  return [...new Set([...names, ...catalogue.traits.properties.map(({ property }) => property)])];
}

/** The values that were seen of a property, most frequent first. */
export function valuesIn(catalogue: Catalogue | undefined, property: string): string[] {
  const names = catalogue ? [...catalogue.event_types.flatMap((one) => one.properties), ...catalogue.traits.properties] : [];
  const counts = new Map<string, number>();
  for (const name of names) {
    if (name.property !== property) continue;
    for (const { value, count } of name.values) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([value]) => value);
}
