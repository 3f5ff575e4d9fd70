import { describe, expect, it } from "vitest";
import type { TrendsAnswer } from "@/api/types";
import { drawnOf, linesOf } from "./lines";

const line = (...data: number[]) => ({ data, total: data.reduce((sum, one) => sum + one, 0) });
const answer = (figures: object) => ({ periods: ["2026-01-01", "2026-01-02"], series: [], ...figures }) as unknown as TrendsAnswer;
const TWO = { series: [{ event_type: "a" }, { event_type: "b", measure: "users" }] };

describe("the lines of an answer", () => {
  it("are its series and formulas, each beside its own before", () => {
    const question = { ...TWO, formulas: ["B / A"] };
    const now = { series: [line(1, 2), line(3, 3)], formulas: [{ ...line(3, 1), formula: "B / A" }] };
    const lines = linesOf(answer({ ...now, previous: { ...now, series: [line(1, 1), line(0, 0)] } }), question);
    expect(lines.map(({ mark, name, total, change }) => [mark, name, total, change])).toEqual([
      ["A", "a", 3, 50],
      ["B", "b · People", 6, null],
      ["F1", "B / A", 4, 0],
    ]);
    expect(drawnOf(lines, question, null).map(({ mark }) => mark)).toEqual(["F1"]);
    expect(drawnOf(lines, question, ["B", "gone"]).map(({ mark }) => mark)).toEqual(["B"]);
  });
  it("are values, which keep their past whatever its rank", () => {
    const question = { ...TWO, series: TWO.series.slice(0, 1), breakdown: { properties: ["country"] } };
    const row = (value: string, ...data: number[]) => ({ series: 0, value: [value], ...line(...data) });
    const breakdown = [row("DE", 5), row("", 3), row("$other", 1)];
    const lines = linesOf(answer({ breakdown, previous: { series: [], breakdown: [row("", 6), row("DE", 4)] } }), question);
    expect(lines.map(({ mark, name, before }) => [mark, name, before?.total])).toEqual([
      ["1", "DE", 4],
      ["2", "(none)", 6],
      ["3", "All others", undefined],
    ]);
  });
  it("are of each series in turn, and few of each are drawn", () => {
    const question = { ...TWO, breakdown: { properties: ["country"] } };
    const breakdown = [0, 1].flatMap((series) => [..."abcdef"].map((value) => ({ series, value: [value], ...line(1) })));
    const lines = linesOf(answer({ breakdown }), question);
    expect(drawnOf(lines, question, null).map(({ mark }) => mark)).toEqual(["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4"]);
    expect(lines.at(-1)?.name).toBe("f (b · People)");
  });
});
