import { expect, it } from "vitest";
import type { Line } from "./lines";
import { averageNote, lettersNote, unfinishedNote } from "./notes";

it("says what must be known to read a chart, and nothing else", () => {
  expect(averageNote({ moving_average: 7 }, "week")).toEqual(["Each point is the mean of up to 7 weeks, its own the last."]);
  expect([averageNote({ moving_average: null }, "day"), averageNote({}, "day"), averageNote({ moving_average: 1 }, "day")]).toEqual([[], [], []]);
  const ends = ["2026-01-30", "2026-01-31", "2026-01-31T10:00:00"].map((end) => unfinishedNote(end, "day", "2026-01-31").length);
  expect(ends).toEqual([0, 1, 1]);
});

it("says what the letters of a formula stand for, where they are not drawn", () => {
  const line = (mark: string, name: string) => ({ key: mark, mark, name }) as Line;
  const lines = [line("A", "purchase · People"), line("B", "page_view"), line("F1", "A / B")];
  expect(lettersNote(lines, lines.slice(2))).toEqual(["A: purchase · People; B: page_view."]);
  expect(lettersNote(lines, lines)).toEqual([]);
  expect(lettersNote(lines, lines.slice(0, 1))).toEqual([]);
});
