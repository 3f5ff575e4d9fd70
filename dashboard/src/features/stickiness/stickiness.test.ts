import { describe, expect, it } from "vitest";
import { addressOf } from "./address";
import { averageOf, barsOf, periodsInWords } from "./figures";
import { keptQuestion, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
/** What the page reads of the address of a kept question, which must have one. */
function readAddress(view: View): View {
  const address = addressOf(keptQuestion(view));
  expect(address).not.toBeNull();
  return readView(new URLSearchParams(address ?? ""));
}

describe("a view of stickiness", () => {
  const full: View = {
    range: { days: 7 },
    filter: [{ property: "country", operator: "eq", value: "DE" }],
    bots: true,
    event: { eventType: "order", where: [{ property: "properties.a", operator: "eq", value: "b" }] },
    interval: "week",
    length: 2,
    operator: "lte",
    times: 5,
    isCumulative: true,
    countBy: "sessions",
  };
  it("comes back as it was written, and from what a report keeps", () => {
    expect(writeView(usual).toString()).toBe("");
    for (const view of [full, usual]) {
      expect(readView(new URLSearchParams(writeView(view).toString()))).toEqual(view);
      expect(readAddress(view)).toEqual(view);
    }
    expect(addressOf({ event: { event_type: null } })).toBe("");
  });
  it("is not there for questions that its controls cannot say", () => {
    for (const other of [{ include_archive: true }, { criteria: { operator: "ne", value: 0 } }, { criteria: { value: 2_000_000 } }, { period_length: 5000 }]) {
      expect(addressOf({ ...keptQuestion(full), ...other })).toBeNull();
    }
  });
});

describe("the figures", () => {
  const exactly = { data: [4, 3, 1], persons: 8 };
  it("are shares of all who were active", () => {
    expect(barsOf(exactly).map((bar) => bar.share)).toEqual([50, 37.5, 12.5]);
    expect(barsOf({ data: [0], persons: 0 })).toEqual([{ periods: 1, persons: 0, share: 0 }]);
  });
  it("have the same average whether they are cumulative or not", () => {
    expect(averageOf(exactly, false)).toBe(1.625);
    expect(averageOf({ data: [8, 4, 1], persons: 8 }, true)).toBe(1.625);
    expect(averageOf({ data: [0], persons: 0 }, false)).toBeNull();
  });
  it("are of periods in words", () => {
    expect([periodsInWords("1", "day", 1), periodsInWords("1.5", "week", 1), periodsInWords("2", "day", 3)]).toEqual(["1 day", "1.5 weeks", "2 periods of 3 days"]);
  });
});
