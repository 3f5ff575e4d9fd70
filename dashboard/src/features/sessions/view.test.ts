import { describe, expect, it } from "vitest";
import { addressOf } from "./address";
import { keptSessions, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
/** What the page reads of the address of a kept question, which must have one. */
function readAddress(view: View): View {
  const address = addressOf(keptSessions(view));
  expect(address).not.toBeNull();
  return readView(new URLSearchParams(address ?? ""));
}
const full: View = {
  range: { days: 7 },
  filter: [{ property: "country", operator: "eq", value: "DE" }],
  bots: true,
  interval: "week",
  compare: "previous_period",
  by: "session_id",
  gap: 5,
  shown: "events_each",
  person: "ann/b?c",
  ends: "event_type",
};

describe("a view of sessions in an address", () => {
  it("is empty where everything is as usual", () => expect(writeView(usual).toString()).toBe(""));
  it("comes back as it was written", () => expect(readView(new URLSearchParams(writeView(full).toString()))).toEqual(full));
  it("is as usual where the address is damaged", () => {
    expect(readView(new URLSearchParams("interval=x&compare=x&by=x&gap=0.5&shown=x&person=&ends=x"))).toEqual(usual);
  });
});

describe("a kept question", () => {
  it("has an address that shows it", () => {
    for (const view of [full, usual]) {
      expect(readAddress(view)).toEqual({ ...view, shown: "sessions", person: null, ends: "url" });
    }
    expect(addressOf({ interval: "day" })).toBe("");
  });
  it("has none where the page's controls cannot say it", () => {
    const others = [{ compare: { shift_days: 1 } }, { filter: { any: [] } }, { gap_minutes: 0 }, { by: "x" }, { interval: null }, { include_archive: true }, { end_date: "2026-01-31" }];
    for (const other of others) expect(addressOf({ interval: "day", ...other })).toBeNull();
  });
});
