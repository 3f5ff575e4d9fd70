import type { StoredEvent } from "@/api/types";

/** Which events are shown: of a type, and with a text in anything that they say. Empty: every one. */
export interface Sought {
  eventType: string;
  text: string;
}

export function matches(event: StoredEvent, { eventType, text }: Sought): boolean {
  if (eventType && event.event_type !== eventType) return false;
  const sought = text.trim().toLowerCase();
  if (!sought) return true;
  const { event_type: type, user_id: user, anonymous_id: visitor, session_id: session, url, referrer, id } = event;
  const said = [type, user, visitor, session, url, referrer, id, ...Object.entries(event.properties).flat(), ...Object.entries(event.context).flat()];
  return said.some((one) => one?.toLowerCase().includes(sought));
}

export function readSought(search: URLSearchParams): Sought {
  return { eventType: search.get("event") ?? "", text: search.get("text") ?? "" };
}

export function writeSought({ eventType, text }: Sought): URLSearchParams {
  return new URLSearchParams({ ...(eventType ? { event: eventType } : {}), ...(text ? { text } : {}) });
}
