import { describe, expect, it } from "vitest";
import type { StoredEvent } from "@/api/types";
import { lastMinute, MOST_KEPT, NOTHING, received, secondOf, type Change, type Received } from "./received";

/** Arrived so many seconds after an hour. */
const event = (id: string, second: number): StoredEvent => {
  const at = new Date(Date.UTC(2026, 0, 1, 10) + second * 1000).toISOString().replace("Z", "000Z");
  return { id, accepted_at: at, event_type: "view" } as StoredEvent;
};
const ids = (events: readonly StoredEvent[]) => events.map(({ id }) => id);
const after = (...changes: Change[]): Received => changes.reduce(received, NOTHING);
const listed = (events: StoredEvent[], isWhole = true): Change => ({ kind: "listed", events, isWhole });
const came = (...events: StoredEvent[]): Change => ({ kind: "came", events });

describe("what has come", () => {
  it("stands newest first, each event once, whatever came first", () => {
    const state = after(came(event("c", 3), event("d", 3)), listed([event("c", 3), event("b", 2), event("a", 1)]), came(event("e", 3)));
    expect(ids(state.shown)).toEqual(["e", "d", "c", "b", "a"]);
  });
  it("waits while the list is held", () => {
    const held = after(listed([event("a", 1)]), { kind: "held" }, came(event("b", 2), event("c", 3)), came(event("c", 3)));
    expect([ids(held.shown), ids(held.waiting)]).toEqual([["a"], ["c", "b"]]);
    const released = received(held, { kind: "released" });
    expect([ids(released.shown), released.waiting, released.isHeld]).toEqual([["c", "b", "a"], [], false]);
  });
  it("is bounded", () => {
    const many = Array.from({ length: MOST_KEPT + 5 }, (_, place) => event(`e${place}`, place));
    const state = after(came(...many));
    expect([state.shown.length, state.shown[0]?.id]).toEqual([MOST_KEPT, `e${MOST_KEPT + 4}`]);
  });
});

describe("the last minute", () => {
  const now = secondOf(event("now", 100));
  it("counts each event in its second, those that wait as well", () => {
    const state = after(listed([event("b", 100), event("a", 41), event("old", 40)]), { kind: "held" }, came(event("c", 100)), came(event("c", 100)));
    const counts = lastMinute(state, now);
    expect([counts.length, counts[0], counts.at(-1), counts.reduce((sum, one) => sum + one)]).toEqual([60, 1, 2, 3]);
  });
  it("is known from where a list was cut, if nothing known stood behind it", () => {
    expect(after(listed([event("b", 90), event("a", 80)], false)).countedFrom).toBe(secondOf(event("a", 81)));
    expect(after(listed([event("a", 80)]), listed([event("b", 90), event("a", 80)], false)).countedFrom).toBe(-Infinity);
  });
});
