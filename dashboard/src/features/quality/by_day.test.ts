import { describe, expect, it } from "vitest";
import type { DayQuality } from "@/api/types";
import { figuresByDay } from "./by_day";

const day = (date: string, more: Partial<DayQuality>): DayQuality =>
  ({ date, accepted: 0, duplicates: 0, rejected: {}, schema_failures: [], ...more }) as DayQuality;

describe("the figures of each day", () => {
  it("add up to all that came in", () => {
    const days = [day("2026-01-01", { accepted: 10, duplicates: 2, rejected: { schema: 3, too_old: 1 } }), day("2026-01-02", {})];
    expect(figuresByDay(days, "all").days).toEqual([
      { date: "2026-01-01", counts: [10, 2, 4] },
      { date: "2026-01-02", counts: [0, 0, 0] },
    ]);
  });
  it("go by reason, the most frequent of all days first", () => {
    const found = figuresByDay([day("a", { rejected: { schema: 3, too_old: 1 } }), day("b", { rejected: { too_old: 4 } })], "refused");
    expect(found.series.map(({ key }) => key)).toEqual(["too_old", "schema"]);
    expect(found.days.map(({ counts }) => counts)).toEqual([[1, 3], [4, 0]]);
  });
  it("take what is rare together, and lose none of it", () => {
    const rejected = { one: 1, two: 2, three: 3, four: 4, five: 5, six: 6 };
    const found = figuresByDay([day("a", { rejected })], "refused");
    expect(found.series.map(({ label }) => label)).toEqual(["six", "five", "four", "three", "Others"]);
    expect(found.days[0]?.counts).toEqual([6, 5, 4, 3, 3]);
  });
  it("sum the failures of a type over its rules and versions", () => {
    const failures = [["buy", 2], ["view", 1], ["buy", 5]].map(([event_type, events]) => ({ event_type, events }) as DayQuality["schema_failures"][number]);
    expect(figuresByDay([day("a", { schema_failures: failures })], "schemas")).toEqual({
      series: [{ key: "buy", label: "buy" }, { key: "view", label: "view" }],
      days: [{ date: "a", counts: [7, 1] }],
    });
  });
});
