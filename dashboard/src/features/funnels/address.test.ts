import { expect, it } from "vitest";
import type { Definition } from "@/api/types";
import { readJson } from "@/questions/base_view";
import { addressOf, definitionIn, isSameFunnel, viewOf } from "./address";
import { readDraft } from "./draft";
import { keptQuestion, readView, type View } from "./view";

const definition: Definition = {
  stages: [{ event_type: "view" }, { event_type: "paid", filter: [{ property: "properties.amount", operator: "gt", value: "10" }] }],
  order: "ordered",
  conversion_window: { value: 7, unit: "day" },
};
const usual = readView(new URLSearchParams());
const view: View = {
  ...usual,
  range: { days: 7 },
  filter: [{ property: "country", operator: "eq", value: "DE" }],
  bots: true,
  compare: "previous_year",
  breakdown: "properties.plan",
  countBy: "sessions",
};

it("leads to the builder with the same funnel in it", () => {
  const search = new URLSearchParams(addressOf(keptQuestion(view, definition)) ?? "");
  expect(readDraft(readJson(search.get("definition")))).toEqual(definition);
  expect(addressOf({ start_date: "7d" })).toBeNull();
});

it("shows a kept question as it was looked at", () => {
  for (const each of [usual, view, { ...usual, tab: "trend", interval: "week" } as View]) {
    expect(viewOf(keptQuestion(each, definition))).toEqual(each);
  }
});

it("does not show what the page's controls cannot say", () => {
  const kept = keptQuestion(usual, definition);
  for (const more of [
    { timezone: "Asia/Tokyo" },
    { breakdown: { properties: ["a", "b"] } },
    { breakdown: { properties: ["a"], limit: 3 } },
    { compare: { shift_days: -7 } },
    { interval: "day", breakdown: { properties: ["a"] } },
    { filter: { any: [] } },
  ]) {
    expect(viewOf({ ...kept, ...more })).toBeNull();
  }
});

it("knows a funnel by its definition, as the server has filled it in", () => {
  const saved: Definition = {
    conversion_window: { unit: "day", value: 7 },
    exclusions: [],
    exclusion_policy: null,
    order: "ordered",
    stages: definition.stages.map((stage, place) => ({ name: stage.event_type ?? "", optional: false, order: place + 1, ...stage })),
  };
  expect(isSameFunnel(definition, saved)).toBe(true);
  expect(isSameFunnel(definition, { ...saved, order: "strict" })).toBe(false);
  expect(definitionIn(keptQuestion(view, saved))).toEqual(saved);
});
