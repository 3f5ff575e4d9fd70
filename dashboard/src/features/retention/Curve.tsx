import { memo } from "react";
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatPercent } from "@/format/numbers";
import { periodNumber, type Interval } from "@/questions/interval";
import { AXIS, FigureTable, GRID, TOOLTIP } from "@/ui/chart_parts";
import { LineKey, lineLook, LINES_MOST } from "@/ui/LineKey";

const MOST_DOTS = 40;

export interface CurveLine {
  name: string;
  /** Percent, from the cohort's own period on, which is all of it and not drawn. */
  points: readonly (number | null)[];
}

interface CurveProps {
  lines: readonly CurveLine[];
  interval: Interval;
  /** Where another table has the figures already. */
  hasTable: boolean;
}

/** Who is still there after so many periods, of all cohorts together: a line for each value of a breakdown. */
export default memo(function Curve({ lines, interval, hasTable }: CurveProps) {
  const drawn = lines.slice(0, LINES_MOST);
  const longest = Math.max(...drawn.map(({ points }) => points.findLastIndex((one) => one !== null) + 1), 0);
  const data = Array.from({ length: Math.max(0, longest - 1) }, (_, place) => pointsAt(drawn, place + 1));
  if (data.length === 0) return <p className="text-quiet">There is no curve before a period after the cohorts’ own is over.</p>;
  return (
    <>
      {drawn.length > 1 && <LineKey names={drawn.map(({ name }) => name)} />}
      {drawn.length < lines.length && <p className="mb-2 text-sm text-quiet">The {LINES_MOST} greatest of {lines.length} are drawn; all are in the table.</p>}
      <div className="h-64" role="img" aria-label={`Retention by ${interval}; the figures are in the table below`}>
        <ResponsiveContainer width="100%" height="100%">
          <LineChart data={data} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="number" tickFormatter={(number: number) => periodNumber(interval, number)} minTickGap={24} />
            <YAxis {...AXIS} tickFormatter={(percent: number) => `${percent}%`} width={48} domain={[0, "auto"]} />
            <Tooltip {...TOOLTIP} labelFormatter={(number) => periodNumber(interval, Number(number))} formatter={(percent, name) => [formatPercent(Number(percent)), name]} />
            {drawn.map(({ name }, place) => (
              <Line
                key={name}
                dataKey={keyOf(place)}
                name={name}
                {...lineLook(place)}
                strokeWidth={2.5}
                dot={longest < MOST_DOTS && { r: 3, fill: lineLook(place).stroke, strokeDasharray: "none" }}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </div>
      {!hasTable && (
        <FigureTable
          caption="Weighted average by period"
          heads={["Later", ...lines.map(({ name }) => name)]}
          rows={data.map(({ number }) => [periodNumber(interval, number), ...lines.map(({ points }) => formatPercent(points[number] ?? null))])}
        />
      )}
    </>
  );
});

const keyOf = (place: number): string => `line${place}`;

function pointsAt(lines: readonly CurveLine[], number: number): { number: number } & Record<string, number | null> {
  return { number, ...Object.fromEntries(lines.map(({ points }, place) => [keyOf(place), points[number] ?? null])) };
}
