import type { RetentionAnswer } from "@/api/types";

type Matrix = readonly (readonly number[])[];

/** One cohort so many periods later; an average is of no number of people. */
export interface Cell {
  people: number | null;
  percent: number | null;
  /** Its period is not over: more may come back. */
  isOpen: boolean;
}

export interface HeatRow {
  name: string;
  size: number | null;
  /** The cohort's own period is not over: more may join it. */
  isOpen: boolean;
  /** Of all rows, not of one. */
  isSummary: boolean;
  /** From one period later on. */
  cells: Cell[];
}

type Figures = Pick<RetentionAnswer, "matrix" | "rates">;

/** A row per cohort, in the order of `names`. */
export function cohortRows({ matrix, rates }: Figures, names: readonly string[], incomplete: readonly boolean[]): HeatRow[] {
  return matrix.map(([size = 0, ...later], cohort) => ({
    name: names[cohort] ?? "",
    size,
    isOpen: incomplete[cohort] ?? false,
    isSummary: false,
    cells: later.map((people, place) => ({
      people,
      percent: rates[cohort]?.[place + 1] ?? null,
      isOpen: incomplete[cohort + place + 1] ?? false,
    })),
  }));
}

/** What all cohorts have in common: how many are in them, and who of those came back. */
export function averageRow(name: string, size: number | null, averages: readonly (number | null)[], isSummary: boolean): HeatRow {
  const cells = averages.slice(1).map((percent) => ({ people: null, percent, isOpen: false }));
  return { name, size, isOpen: false, isSummary, cells };
}

export const sizeOf = (matrix: Matrix): number => matrix.reduce((sum, [size = 0]) => sum + size, 0);

/** Percent by column over all cohorts, as the API has it of everybody: cells of periods that are not over left out. */
export function averagesOf(matrix: Matrix, incomplete: readonly boolean[]): (number | null)[] {
  return matrix.map((_, later) => {
    const rows = matrix.slice(0, matrix.length - later).filter((_row, cohort) => !incomplete[cohort + later]);
    const size = rows.reduce((sum, row) => sum + (row[0] ?? 0), 0);
    const back = rows.reduce((sum, row) => sum + (row[later] ?? 0), 0);
    return size === 0 ? null : (100 * back) / size;
  });
}

/** The greatest percentage of the cells: the darkest shade. */
export function greatestOf(rows: readonly HeatRow[]): number {
  return Math.max(0, ...rows.flatMap(({ cells }) => cells.map(({ percent }) => percent ?? 0)));
}

const TINT_LEAST = 6;
const TINT_MOST = 48; // with more, ink on it would be too faint to read in either theme

/** How much of the chart's colour a cell's ground has, in percent: more than nothing where there is anything. */
export function tintOf(percent: number | null, greatest: number): number {
  if (!percent || greatest === 0) return 0;
  return Math.round(TINT_LEAST + (TINT_MOST - TINT_LEAST) * (percent / greatest));
}
