import { expect, it } from "vitest";
import { keptDays, rangeOf } from "./ranges";

it("keeps the last days as days, and calendar days as they are", () => {
  for (const range of [{ days: 7 }, { days: 30 }, { start: "2026-01-01", end: "2026-01-31" }]) expect(rangeOf(keptDays(range))).toEqual(range);
  expect(rangeOf({})).toEqual({ days: 30 });
});
