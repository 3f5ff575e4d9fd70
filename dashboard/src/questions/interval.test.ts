import { expect, it } from "vitest";
import { periodName, periodNumber } from "./interval";

it("names periods by their kind", () => {
  expect([periodName("2026-01-01", "month"), periodName("2026-01-05", "week")]).toEqual(["Jan 2026", "5 Jan"]);
  expect(periodName("2026-01-31T13:00:00+01:00", "hour")).toBe("31 Jan 13:00");
  expect(periodNumber("week", 3)).toBe("Week 3");
});
