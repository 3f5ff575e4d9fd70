import { memo } from "react";
import type { RetentionAnswer } from "@/api/types";
import { unitOf } from "@/questions/count_by";
import { isInterval, periodName, periodNumber } from "@/questions/interval";
import { valueName } from "@/questions/value_names";
import { averageRow, averagesOf, cohortRows, sizeOf } from "./heat";
import { HeatTable } from "./HeatTable";
import type { Figures } from "./view";

interface HeatMapProps {
  answer: RetentionAnswer;
  question: Record<string, unknown>;
  figures: Figures;
  /** Of the breakdown: only its cohorts. */
  value: string | null;
}

/** A row per cohort, the average of all above them. Thousands of cells are not drawn anew at every letter typed above. */
export const HeatMap = memo(function HeatMap({ answer, question, figures, value }: HeatMapProps) {
  const { periods, incomplete } = answer;
  const interval = isInterval(question["interval"]) ? question["interval"] : "day";
  const part = value === null ? undefined : answer.breakdown?.find((row) => row.value[0] === value);
  const averages = part ? averagesOf(part.matrix, incomplete) : answer.weighted_average;
  const names = periods.map((start) => periodName(start, interval));
  return (
    <HeatTable
      caption={part ? `Cohorts of ${valueName(part.value)}` : "Cohorts"}
      heads={["Cohort", headOf(question)]}
      columns={periods.slice(1).map((_, place) => periodNumber(interval, place + 1))}
      rows={[averageRow("Weighted average", null, averages, true), ...cohortRows(part ?? answer, names, incomplete)]}
      figures={figures}
    />
  );
});

/** A row per value of the breakdown: the averages of its cohorts. */
export function ValueTable({ answer, question, property }: { answer: RetentionAnswer; question: Record<string, unknown>; property: string }) {
  const { periods, incomplete, breakdown = [] } = answer;
  const interval = isInterval(question["interval"]) ? question["interval"] : "day";
  const values = breakdown.map(({ value, matrix }) => averageRow(valueName(value), sizeOf(matrix), averagesOf(matrix, incomplete), false));
  return (
    <HeatTable
      caption={`Weighted averages by ${property}`}
      heads={[property, "In cohorts"]}
      columns={periods.slice(1).map((_, place) => periodNumber(interval, place + 1))}
      rows={[averageRow("All together", sizeOf(answer.matrix), answer.weighted_average, true), ...values]}
      figures="percent"
    />
  );
}

function headOf(question: Record<string, unknown>): string {
  const unit = unitOf(question["count_by"]).split(" ")[0] ?? "";
  return unit.charAt(0).toUpperCase() + unit.slice(1);
}
