import type { PersonEvent } from "@/api/types";

/** Events in the order that they have, one list for each session. */
export function bySession<Event extends Pick<PersonEvent, "session">>(events: readonly Event[]): [number, Event[]][] {
  const found = new Map<number, Event[]>();
  for (const event of events) {
    const own = found.get(event.session);
    if (own) own.push(event);
    else found.set(event.session, [event]);
  }
  return [...found];
}
