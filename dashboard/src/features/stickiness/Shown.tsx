import { memo } from "react";
import { Bar, BarChart, CartesianGrid, LabelList, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Project, StickinessAnswer } from "@/api/types";
import { formatCount, formatPercent, formatShort } from "@/format/numbers";
import { countOf, unitOf } from "@/questions/count_by";
import { isInterval } from "@/questions/interval";
import { AXIS, FigureTable, GRID, TOOLTIP } from "@/ui/chart_parts";
import { EmptyState } from "@/ui/surfaces";
import { averageOf, barsOf, periodsInWords } from "./figures";

interface ShownProps {
  answer: StickinessAnswer;
  question: Record<string, unknown>;
  project: Project;
}

const LABELS_MOST = 7; // with more bars the figures on them would touch on a phone

/** A bar for each number of periods: how many were active in so many. */
export default memo(function Shown({ answer, question }: ShownProps) {
  const interval = isInterval(question["interval"]) ? question["interval"] : "day";
  const length = typeof question["period_length"] === "number" ? question["period_length"] : 1;
  const isCumulative = question["cumulative"] === true;
  const unit = unitOf(question["count_by"]);
  const bars = barsOf(answer);
  const average = averageOf(answer, isCumulative);
  if (average === null) {
    return (
      <EmptyState title="Nobody was active">
        In this range nobody did the event often enough. Choose another one, a longer range or fewer filters.
      </EmptyState>
    );
  }
  const inWords = (count: number): string => `${isCumulative ? "At least " : ""}${periodsInWords(formatCount(count), interval, length)}`;
  const axis = `Active in ${isCumulative ? "at least" : "exactly"} so many ${length > 1 ? `periods of ${length} ${interval}s` : `${interval}s`}`;
  return (
    <>
      <p className="mb-4 flex flex-wrap items-baseline gap-x-2">
        <span className="text-3xl font-semibold tracking-tight">{periodsInWords(averageText(average), interval, length)}</span>
        <span className="text-quiet">
          of {formatCount(bars.length)}, averaged over {countOf(answer.persons, question["count_by"])}
        </span>
      </p>
      <div className="h-72" role="img" aria-label={`${axis}; the figures are in the table below`}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={bars} accessibilityLayer={false} margin={{ top: 20, right: 8, bottom: 0, left: 0 }}>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="periods" minTickGap={16} />
            <YAxis {...AXIS} tickFormatter={formatShort} width={48} allowDecimals={false} />
            <Tooltip
              {...TOOLTIP}
              labelFormatter={(count) => inWords(Number(count))}
              formatter={(count, _, shown) => [`${formatCount(Number(count))} (${formatPercent((shown.payload as { share: number }).share)})`, unit]}
            />
            <Bar dataKey="persons" fill="var(--color-chart-1)" radius={[3, 3, 0, 0]} isAnimationActive={false}>
              {bars.length <= LABELS_MOST && (
                <LabelList dataKey="share" position="top" formatter={(share) => formatPercent(Number(share))} fill="var(--color-ink)" fontSize={12} />
              )}
            </Bar>
          </BarChart>
        </ResponsiveContainer>
      </div>
      <p className="text-center text-sm text-quiet">{axis}</p>
      <FigureTable
        caption={axis}
        heads={["Active in", "How many", "Of all active"]}
        rows={bars.map(({ periods, persons, share }) => [inWords(periods), formatCount(persons), formatPercent(share)])}
      />
    </>
  );
});

const averageText = (average: number): string => String(Math.round(average * 10) / 10);
