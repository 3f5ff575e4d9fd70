import { expect, it } from "vitest";
import { isDay, keptDays, rangeOf } from "./ranges";

it("keeps the last days as days, and calendar days as they are", () => {
  for (const range of [{ days: 7 }, { days: 30 }, { start: "2026-01-01", end: "2026-01-31" }]) expect(rangeOf(keptDays(range))).toEqual(range);
  expect(rangeOf({})).toEqual({ days: 30 });
});

it("does not take another range for one that it cannot say", () => {
  const others = [
    { start_date: "2026-01-01" },
    { end_date: "2026-01-31" },
    { start_date: "7d", end_date: "2026-01-31" },
    { start_date: "2026-01-01T10:00:00", end_date: "2026-01-31" },
    { start_date: "2026-02-01", end_date: "2026-02-31" },
    { start_date: "3661d" },
    { start_date: 7 },
  ];
  for (const other of others) expect(rangeOf(other)).toBeNull();
});

it("knows the days of the calendar", () => {
  expect(["2026-02-28", "2028-02-29", "2026-02-29", "2026-02-31", "2026-99-99", "2026-1-1", null].map(isDay)).toEqual([true, true, false, false, false, false, false]);
});
