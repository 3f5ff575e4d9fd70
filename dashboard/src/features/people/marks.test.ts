import { expect, it } from "vitest";
import { marksOf } from "./marks";

const event = { event_type: "view", at: "2026-01-01T00:00:00Z", meets: [1] };

it("marks the events that decide, and no others", () => {
  const events = [
    { ...event, id: "a", fills: 1, excluded_by: [] },
    { ...event, id: "b", fills: null, excluded_by: [] },
    { ...event, id: "c", fills: null, excluded_by: [2] },
  ];
  expect([...marksOf({ events })]).toEqual([
    ["a", "stage 1"],
    ["c", "excluded"],
  ]);
  expect(marksOf(undefined).size).toBe(0);
});
