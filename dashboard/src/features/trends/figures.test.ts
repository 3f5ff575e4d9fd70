import { expect, it } from "vitest";
import { formatFigure, formatTick, nameOfPeriod } from "./figures";

it("says figures with the digits that matter", () => {
  expect([null, 0, 1234567, 12.3456, 0.012345, -0.5].map(formatFigure)).toEqual(["–", "0", "1,234,567", "12.35", "0.0123", "-0.5"]);
  expect([0.25, 7500, 25_000].map(formatTick)).toEqual(["0.25", "7,500", "25k"]);
});

it("names periods by what they are", () => {
  const names = [nameOfPeriod("2026-01-01", "month"), nameOfPeriod("2026-01-05", "week"), nameOfPeriod("2026-01-05T13:00:00+01:00", "hour")];
  expect(names).toEqual(["Jan 2026", "Week of 5 Jan", "5 Jan 13:00"]);
});
