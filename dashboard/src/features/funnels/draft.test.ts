import { describe, expect, it } from "vitest";
import { canBeOptional, EMPTY, readDraft, toDefinition, toDraft, withoutStage, withStageMoved, type SavedForm } from "./draft";

const saved: SavedForm = {
  name: "Purchase",
  order: "ordered",
  conversion_window: null,
  stages: [
    { order: 1, name: "view", event_type: "view", filter: null, optional: false, first_time_only: false },
    { order: 2, name: "In the cart", event_type: "cart", filter: { any: [{ a: 1 }] }, optional: true, first_time_only: "matching_filter" },
    { order: 3, name: "paid", event_type: "paid", filter: { "properties.status": "ok" }, optional: false, first_time_only: false },
  ],
  exclusions: [
    { event_type: "refund", filter: null, from_stage: 1, to_stage: 3 },
    { event_type: "leave", filter: null, from_stage: 2, to_stage: 3 },
  ],
  exclusion_policy: "stop",
};
const names = (draft: ReturnType<typeof toDraft>) => draft.stages.map((stage) => stage.eventType);

describe("a draft", () => {
  it("keeps all that a saved funnel says", () => {
    const definition = toDefinition(toDraft(saved));
    expect(definition).toEqual({
      order: "ordered",
      conversion_window: null,
      exclusion_policy: "stop",
      exclusions: saved.exclusions,
      stages: [
        { ...saved.stages[0], name: null },
        saved.stages[1],
        { ...saved.stages[2], name: null, filter: [{ property: "properties.status", operator: "eq", value: "ok" }] },
      ],
    });
  });
  it("moves stages, and numbers them anew", () => {
    const moved = withStageMoved(toDraft(saved), 2, 0);
    expect(names(moved)).toEqual(["paid", "view", "cart"]);
    expect(toDefinition(moved).stages.map((stage) => stage.order)).toEqual([1, 2, 3]);
    const between = (one: typeof moved) => one.exclusions.map(({ eventType, from, to }) => [eventType, from, to]);
    expect(between(moved)).toEqual([["refund", 1, 2], ["leave", 1, 3]]); // between the same stages as before
    expect(between(withStageMoved(toDraft(saved), 1, 0))).toEqual([["refund", 2, 3], ["leave", 1, 3]]);
    expect(names(withStageMoved(toDraft(saved), 0, 9))).toEqual(["view", "cart", "paid"]);
  });
  it("drops the exclusions of a stage that goes, and renumbers the others", () => {
    const without = withoutStage(toDraft(saved), 1);
    expect(without.exclusions.map(({ eventType, from, to }) => [eventType, from, to])).toEqual([["refund", 1, 2]]);
  });
  it("lets no stage be optional where the API would refuse it", () => {
    const draft = toDraft(saved);
    expect([0, 1, 2].map((place) => canBeOptional(draft, place))).toEqual([false, true, false]);
    const unordered = toDefinition({ ...draft, order: "unordered" });
    expect(unordered.stages.some((stage) => stage.optional)).toBe(false);
  });
  it("is read from an address, unless that is damaged", () => {
    expect(readDraft(JSON.parse(JSON.stringify(saved)))).toEqual(saved);
    for (const damaged of [null, "x", {}, { stages: 1 }, { stages: [null] }, { stages: [], exclusions: 1 }]) {
      expect(readDraft(damaged)).toBeNull();
    }
  });
  it("begins with two stages", () => expect(names(toDraft(EMPTY))).toEqual(["page_view", ""]));
});
