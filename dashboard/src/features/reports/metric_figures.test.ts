import { expect, it } from "vitest";
import type { MetricAnswer } from "@/api/types";
import { formatFigure, linesOf, reasonsIn, rowsOf } from "./metric_figures";

const point = (day: number, value: number | null, reason?: string) => ({ period: `2026-01-0${day}`, value, ...(reason ? { reason } : {}) });
const all = { metric: "events", points: [point(1, null, "Expired."), point(2, 7)], total: null } as unknown as MetricAnswer;
const DE = { value: "DE", points: [point(1, null, "Expired."), point(2, 4)], total: null };

it("draws one line of all, or one for each value", () => {
  expect(linesOf(all).map((one) => one.name)).toEqual(["Events"]);
  const lines = linesOf({ ...all, breakdown: [DE, { ...DE, value: "" }, { ...DE, value: "$other" }] });
  expect(lines.map((one) => one.name)).toEqual(["DE", "(none)", "All others"]);
  expect(rowsOf(lines.slice(0, 2))).toEqual([
    { period: "2026-01-01", 0: null, 1: null },
    { period: "2026-01-02", 0: 4, 1: 4 },
  ]);
  expect(reasonsIn(lines)).toEqual(["Expired."]);
});

it("says figures with what they are of", () => {
  expect([formatFigure(null), formatFigure(1234), formatFigure(1234.567, "EUR"), formatFigure(0)]).toEqual(["–", "1,234", "1,234.57 EUR", "0"]);
});
