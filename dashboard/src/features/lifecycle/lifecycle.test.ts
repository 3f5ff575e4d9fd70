import { describe, expect, it } from "vitest";
import type { LifecycleAnswer } from "@/api/types";
import { addressOf } from "./address";
import { isOpen, periodsOf } from "./standings";
import { keptQuestion, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
/** What the page reads of the address of a kept question, which must have one. */
function readAddress(view: View): View {
  const address = addressOf(keptQuestion(view));
  expect(address).not.toBeNull();
  return readView(new URLSearchParams(address ?? ""));
}

describe("a view of the lifecycle", () => {
  const full: View = {
    range: { start: "2026-01-01", end: "2026-01-31" },
    filter: [{ property: "country", operator: "ne", value: "a&b" }],
    bots: true,
    event: { eventType: "order", where: [{ property: "properties.a", operator: "is_set", value: "" }] },
    interval: "week",
    countBy: "properties.account",
  };
  it("comes back as it was written, and from what a report keeps", () => {
    expect(writeView(usual).toString()).toBe("");
    for (const view of [full, usual]) {
      expect(readView(new URLSearchParams(writeView(view).toString()))).toEqual(view);
      expect(readAddress(view)).toEqual(view);
    }
  });
  it("is not there for questions that its controls cannot say", () => {
    expect(addressOf({ ...keptQuestion(full), timezone: "UTC" })).toBeNull();
    expect(addressOf({ ...keptQuestion(full), event: { event_type: "a", filter: { any: [] } } })).toBeNull();
  });
});

it("counts who was active in a period", () => {
  const answer = { periods: ["2026-01-01"], new: [3], returning: [2], resurrecting: [1], dormant: [-4] } as LifecycleAnswer;
  expect(periodsOf(answer)).toEqual([{ start: "2026-01-01", new: 3, returning: 2, resurrecting: 1, dormant: -4, active: 6 }]);
});

it("knows which periods are not over, in the project's calendar", () => {
  const late = "2026-01-31T23:30:00Z"; // in Berlin February has begun
  expect([isOpen("2026-01-31", "day", late, "UTC"), isOpen("2026-01-31", "day", late, "Europe/Berlin")]).toEqual([true, false]);
  expect([isOpen("2026-01-01", "month", late, "UTC"), isOpen("2026-01-01", "month", late, "Europe/Berlin")]).toEqual([true, false]);
  expect([isOpen("2026-01-26", "week", late, "Europe/Berlin"), isOpen("2026-01-19", "week", late, "UTC")]).toEqual([true, false]);
  expect([isOpen("2026-02-01T00:00:00+01:00", "hour", late, "Europe/Berlin"), isOpen("2026-01-31T23:00:00+01:00", "hour", late, "Europe/Berlin")]).toEqual([true, false]);
});
