import { describe, expect, it } from "vitest";
import type { Project } from "@/api/types";
import { addressOf } from "./address";
import { averagesOf, cohortRows, greatestOf, sizeOf, tintOf } from "./heat";
import { meaningOf } from "./meaning";
import { askedQuestion, keptQuestion, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
/** What the page reads of the address of a kept question, which must have one. */
function readAddress(view: View): View {
  const address = addressOf(keptQuestion(view));
  expect(address).not.toBeNull();
  return readView(new URLSearchParams(address ?? ""));
}
const PROJECT = { id: "p1", timezone: "Europe/Berlin" } as Project;
const LATE = { asOf: null, now: new Date("2026-03-10T23:30:00Z"), asked: {} };
const full: View = {
  ...usual,
  cohort: { eventType: "signup", where: [] },
  back: { eventType: "order", where: [{ property: "properties.a", operator: "gt", value: "1" }] },
  rule: "first_time",
  interval: "week",
  periods: 8,
  last: "2026-03-01",
  isCumulative: true,
  least: 3,
  breakdown: "country",
  countBy: "sessions",
  filter: [{ property: "country", operator: "ne", value: "a&b" }],
  bots: true,
};

describe("a view of retention", () => {
  it("is empty where everything is as usual, whatever the range of another page", () => {
    expect(writeView(readView(new URLSearchParams("range=7d"))).toString()).toBe("");
  });
  it("comes back as it was written, and from what a report keeps", () => {
    const looked: View = { ...full, value: "", figures: "people" };
    expect(readView(new URLSearchParams(writeView(looked).toString()))).toEqual(looked);
    for (const view of [full, usual]) expect(readAddress(view)).toEqual(view);
  });
  it("is as usual where the address is damaged", () => {
    expect(readView(new URLSearchParams("rule=x&interval=year&periods=101&last=1&least=0&figures=x&cohort_where={"))).toEqual(usual);
  });
  it("is asked without a range, up to the period of now", () => {
    const asked = askedQuestion(usual, PROJECT, LATE);
    expect(asked).not.toHaveProperty("start_date");
    expect(asked).not.toHaveProperty("end_date");
    expect(asked.last_period_contains).toBe("2026-03-11");
    expect(askedQuestion({ ...usual, interval: "hour" }, PROJECT, LATE).last_period_contains).toBe("2026-03-10T23:30:00.000Z");
    expect(keptQuestion(usual)).not.toHaveProperty("last_period_contains");
    expect(keptQuestion(usual)).not.toHaveProperty("start_date");
  });
});

it("has no address for questions that its controls cannot say", () => {
  const kept = keptQuestion(usual);
  for (const other of [
    { breakdown: { properties: ["a", "b"] } },
    { breakdown: { properties: ["a"], limit: 3 } },
    { periods: 200 },
    { minimum_occurrences: 2_000_000 },
    { last_period_contains: "2026-03-01T10:00:00" },
    { timezone: "UTC" },
    { filter: { any: [] } },
    { return_event: { event_type: "a", filter: { any: [] } } },
  ]) {
    expect(addressOf({ ...kept, ...other })).toBeNull();
  }
});

describe("a heat map", () => {
  const matrix = [[10, 5, 2], [30, 3], [4]];
  const rates = [[100, 50, 20], [100, 10], [100]];
  const incomplete = [false, false, true];
  const rows = cohortRows({ matrix, rates }, ["d1", "d2", "d3"], incomplete);

  it("says of each cell whether its period is over", () => {
    expect(rows[0]?.cells).toEqual([
      { people: 5, percent: 50, isOpen: false },
      { people: 2, percent: 20, isOpen: true },
    ]);
    expect(rows.map((row) => row.isOpen)).toEqual([false, false, true]);
  });
  it("knows how many are in its cohorts", () => expect(sizeOf(matrix)).toBe(44));
  it("averages by the sizes of the cohorts, over what is complete", () => {
    expect(averagesOf(matrix, incomplete)).toEqual([100, 50, null]);
    expect(averagesOf(matrix, [false, false, false])).toEqual([100, 20, 20]);
  });
  it("is darkest where most came back, and never so dark that ink on it fades", () => {
    expect(greatestOf(rows)).toBe(50);
    expect([null, 0, 0.1, 50].map((percent) => tintOf(percent, 50))).toEqual([0, 0, 6, 48]);
  });
});

it("says what a cell means, by the rule", () => {
  expect(meaningOf(keptQuestion(usual))).toBe(
    "Each row: people who did anything on that day. Each cell: those of them who did anything, so many days later.",
  );
  expect(meaningOf(keptQuestion(full))).toBe(
    "Each row: sessions that did “signup” for the first time ever in that week. " +
      "Each cell: those of them that did “order” (under the conditions) at least 3 times in a week, so many weeks later or later still.",
  );
});
