import { describe, expect, it } from "vitest";
import type { Project } from "@/api/types";
import { addressOf } from "./address";
import { newSeries } from "./series";
import { askedTrends, keptTrends, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
/** What the page reads of the address of a kept question, which must have one. */
function readAddress(view: View): View {
  const address = addressOf(keptTrends(view));
  expect(address).not.toBeNull();
  return readView(new URLSearchParams(address ?? ""));
}
const full: View = {
  range: { start: "2026-01-01", end: "2026-01-31" },
  filter: [{ property: "country", operator: "ne", value: "a&b=c" }],
  bots: true,
  series: [
    newSeries("page_view"),
    { eventType: "", measure: "p90", property: "properties.amount of it", conditions: [{ property: "country", operator: "is_set", value: "" }] },
  ],
  formulas: ["B / A * 100", "A + B"],
  interval: "week",
  compare: "previous_year",
  breakdown: "properties.plan",
  limit: 25,
  average: 7,
  chart: "bar",
  drawn: ["A:DE", ":"],
};
const again = (view: View) => readView(new URLSearchParams(writeView(view).toString()));

describe("a view of trends in an address", () => {
  it("is empty where everything is as usual", () => expect(writeView(usual).toString()).toBe(""));
  it("comes back as it was written, what is not finished included", () => {
    const halfway: View = { ...usual, series: [{ ...newSeries("x"), measure: "sum" }], formulas: [""] };
    for (const view of [full, halfway]) expect(again(view)).toEqual(view);
  });
  it("is as usual where the address is damaged", () => {
    const damaged = 'series=[1,{"event":2}]&interval=year&compare=1&limit=0&average=x&chart=pie&drawn={';
    expect(readView(new URLSearchParams(damaged))).toEqual(usual);
  });
});

it("asks what the view says, without what is empty", () => {
  const view: View = { ...usual, series: [{ ...newSeries(""), measure: "sum", property: " amount " }], formulas: [" ", "A * 2"], breakdown: "country" };
  expect(askedTrends(view, { id: "p1", timezone: "UTC" } as Project, { asOf: null, now: new Date("2026-03-10T12:00:00Z"), asked: {} })).toEqual({
    project_id: "p1",
    start_date: "2026-02-09",
    end_date: "2026-03-10",
    filter: null,
    series: [{ event_type: null, filter: null, measure: "sum of properties.amount" }],
    interval: "day",
    formulas: ["A * 2"],
    compare: null,
    breakdown: { properties: ["country"], limit: 10 },
    moving_average: null,
  });
});

describe("a kept question", () => {
  it("has an address that shows it", () => {
    for (const view of [full, { ...usual, series: [newSeries("x")] }]) {
      expect(readAddress(view)).toEqual({ ...view, chart: "line", drawn: null });
    }
  });
  it("is shown as the API fills it in", () => {
    const shown = readView(new URLSearchParams(addressOf({ series: [{ event_type: "x" }], breakdown: { properties: ["country"] } }) ?? ""));
    expect(shown).toEqual({ ...usual, series: [newSeries("x")], breakdown: "country", limit: 25 });
  });
  it("has none where the page's controls cannot say it", () => {
    const question = keptTrends(full);
    const others = [
      { compare: { shift_days: -3 } },
      { breakdown: { properties: ["country", "city"] } },
      { series: [{ event_type: "x", filter: { any: [] } }] },
      { series: [] },
      { filter: { any: [] } },
      { timezone: "Asia/Tokyo" },
      { include_archive: true },
      { identities_as_of: "2026-01-01T00:00:00Z" },
      { start_date: "2026-01-01", end_date: null },
    ];
    for (const other of others) expect(addressOf({ ...question, ...other })).toBeNull();
  });
});
