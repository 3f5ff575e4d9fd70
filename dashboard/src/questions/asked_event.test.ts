import { describe, expect, it } from "vitest";
import { didInWords, fromEvents, readEvent, toEvents, writeEvent, type AskedEvent } from "./asked_event";

const paid: AskedEvent = { eventType: "order", where: [{ property: "properties.status", operator: "eq", value: "paid" }] };

describe("events that are asked about", () => {
  it("come back from an address and from a kept question as they were", () => {
    for (const event of [paid, { eventType: "", where: [] }]) {
      const search = new URLSearchParams();
      writeEvent(search, "back", event);
      expect(readEvent(new URLSearchParams(search.toString()), "back")).toEqual(event);
      expect(fromEvents(toEvents(event))).toEqual(event);
    }
  });
  it("of any type are asked for as null", () => {
    expect(toEvents({ eventType: " ", where: [] })).toEqual({ event_type: null, filter: null });
  });
  it("are left alone where lines cannot say their filter", () => {
    expect(fromEvents({ event_type: "a", filter: { any: [] } })).toBeNull();
    expect(fromEvents(undefined)).toBeNull();
  });
  it("are said in words", () => {
    expect(didInWords(toEvents(paid))).toBe("did “order” (under the conditions)");
    expect(didInWords({ event_type: null })).toBe("did anything");
    expect(didInWords({ event_type: "a", filter: { any: [] } })).toBe("did “a” (under the conditions)");
  });
});
