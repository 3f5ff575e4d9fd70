/** Who the visitor is, on this site and in all its tabs: an id of chance, the user once known, the session. */

import { campaignOf } from "./campaign";
import { newId } from "./ids";
import type { Store } from "./store";

export const SESSION_PAUSE_MS = 30 * 60 * 1000;

export interface Session {
  id: string;
  /** When its last event was. */
  at: number;
  /** The parameters of the campaign that was touched first in it. */
  campaign: string;
}

export interface Visitor {
  anonymousId(): string;
  userId(): string | null;
  setUser(userId: string): void;
  /** The session that an event at this time on this page belongs to. */
  session(now: number, url: string): Session;
  forget(): void;
}

export const createVisitor = (store: Store): Visitor => ({
  anonymousId() {
    const known = store.get("anonymous") as string | null;
    if (known) return known;
    const made = newId();
    store.set("anonymous", made);
    return made;
  },
  userId: () => store.get("user") as string | null,
  setUser: (userId) => store.set("user", userId),
  session(now, url) {
    const last = store.get("session") as Session | null;
    const goesOn = last?.id && Math.abs(now - last.at) <= SESSION_PAUSE_MS;
    const session = {
      id: goesOn ? last.id : newId(),
      at: now,
      campaign: (goesOn && last.campaign) || campaignOf(url),
    };
    store.set("session", session);
    return session;
  },
  forget: () => ["user", "anonymous", "session"].forEach(store.remove),
});
