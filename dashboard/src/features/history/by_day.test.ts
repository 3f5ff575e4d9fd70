import { expect, it } from "vitest";
import { byDay, placeOf } from "./by_day";

const entries = ["2026-01-31T23:30:00.000002Z", "2026-01-31T23:30:00.000001Z", "2026-01-31T22:59:00Z"].map((at) => ({ at }));

it("groups by the days of the zone", () => {
  expect(byDay(entries, "UTC").map(([, own]) => own.length)).toEqual([3]);
  expect(byDay(entries, "Europe/Berlin").map(([, own]) => own.length)).toEqual([2, 1]);
});

it("finds the place of a moment between two entries", () => {
  const places = ["2026-01-31T23:30:00.000002Z", "2026-01-31T23:30:00.000001Z", "2026-01-31T23:30:00Z", "2026-01-31T23:00Z", "2025-01-01T00:00:00Z"];
  expect(places.map((moment) => placeOf(moment, entries))).toEqual([-1, 1, 2, 2, -1]);
  expect(placeOf(null, entries)).toBe(-1);
});
