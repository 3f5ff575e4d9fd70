import { readJson } from "./base_view";
import { fromFilter, fromLines, isRecord, toFilter, type Condition } from "./conditions";

/** Events of a type ("" is any) that meet conditions of their own, beside the filter of the whole question. */
export interface AskedEvent {
  eventType: string;
  where: Condition[];
}

/** Its part of an address: the type under `name`, the conditions beside it. */
export function readEvent(search: URLSearchParams, name: string): AskedEvent {
  return { eventType: search.get(name) ?? "", where: fromLines(readJson(search.get(`${name}_where`))) };
}

export function writeEvent(search: URLSearchParams, name: string, { eventType, where }: AskedEvent): void {
  if (eventType) search.set(name, eventType);
  if (where.length > 0) search.set(`${name}_where`, JSON.stringify(where));
}

/** As the API reads it. */
export function toEvents({ eventType, where }: AskedEvent): { event_type: string | null; filter: unknown } {
  return { event_type: eventType.trim() || null, filter: toFilter(where) };
}

/** Of a kept question; null where lines cannot say its filter. */
export function fromEvents(asked: unknown): AskedEvent | null {
  if (!isRecord(asked)) return null;
  const where = fromFilter(asked["filter"]);
  return where && { eventType: typeof asked["event_type"] === "string" ? asked["event_type"] : "", where };
}

/** What somebody did, as part of a sentence. */
export function didInWords(asked: unknown): string {
  const eventType = isRecord(asked) && typeof asked["event_type"] === "string" ? `“${asked["event_type"]}”` : "anything";
  const filter = isRecord(asked) ? asked["filter"] : null;
  const isFiltered = fromFilter(filter)?.length !== 0;
  return `did ${eventType}${isFiltered ? " (under the conditions)" : ""}`;
}
