import { describe, expect, it } from "vitest";
import type { Project } from "@/api/types";
import { daysOf, readRange } from "@/questions/ranges";
import { keptQuestion, questionOf, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
const PROJECT = { id: "p1", timezone: "UTC" } as Project;
const NOON = new Date("2026-03-10T12:00:00Z");

describe("a view in an address", () => {
  it("is empty where everything is as usual", () => {
    expect(writeView(usual).toString()).toBe("");
  });
  it("comes back as it was written", () => {
    const view: View = {
      range: { start: "2026-01-01", end: "2026-01-31" },
      tab: "trend",
      interval: "week",
      compare: "previous_period",
      breakdown: "properties.plan",
      countBy: "sessions",
      bots: true,
      filter: [
        { property: "country", operator: "ne", value: "a&b=c" },
        { property: "", operator: "eq", value: "" },
      ],
      behind: { stage: 2, which: "dropped", value: "" },
    };
    expect(readView(new URLSearchParams(writeView(view).toString()))).toEqual(view);
  });
  it("is as usual where the address is damaged", () => {
    const damaged = "range=0d&start=2026-02-30x&end=1&tab=x&interval=year&compare=1&filter={&stage=-1";
    expect(readView(new URLSearchParams(damaged))).toEqual(usual);
  });
});

describe("ranges", () => {
  it("end today, in the project's calendar", () => {
    expect(daysOf({ days: 7 }, "UTC", NOON)).toEqual({ start_date: "2026-03-04", end_date: "2026-03-10" });
    const late = new Date("2026-03-10T23:30:00Z");
    expect(daysOf({ days: 1 }, "Europe/Berlin", late)).toEqual({ start_date: "2026-03-11", end_date: "2026-03-11" });
  });
  it("do not run backwards", () => {
    expect(readRange(new URLSearchParams("start=2026-02-01&end=2026-01-01"))).toEqual({ days: 30 });
  });
});

it("asks what the view says", () => {
  const view = { ...usual, filter: [{ property: "country", operator: "eq" as const, value: "DE" }] };
  expect(questionOf(view, PROJECT, { asOf: null, now: NOON, asked: {} })).toEqual({
    project_id: "p1",
    start_date: "2026-02-09",
    end_date: "2026-03-10",
    filter: [{ property: "country", operator: "eq", value: "DE" }],
    count_by: "users",
  });
});

it("keeps what the view says, and the last days as days", () => {
  expect(keptQuestion({ ...usual, breakdown: "country" }, { stages: [{ event_type: "a" }] })).toEqual({
    stages: [{ event_type: "a" }],
    start_date: "30d",
    filter: null,
    count_by: "users",
    compare: null,
    breakdown: { properties: ["country"] },
  });
});
