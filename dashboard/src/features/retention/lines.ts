import type { RetentionAnswer } from "@/api/types";
import { valueName } from "@/questions/value_names";
import type { CurveLine } from "./Curve";
import { averagesOf } from "./heat";

/** The curve of everybody, or one for each value of the breakdown. */
export function linesOf({ weighted_average: points, breakdown, incomplete }: RetentionAnswer): CurveLine[] {
  if (!breakdown) return [{ name: "Weighted average", points }];
  return breakdown.map(({ value, matrix }) => ({ name: valueName(value), points: averagesOf(matrix, incomplete) }));
}
