import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { MetricAnswer } from "@/api/types";
import { formatShort } from "@/format/numbers";
import { formatPeriod } from "@/format/times";
import { AXIS, FigureTable, GRID, TOOLTIP } from "@/ui/chart_parts";
import type { ShownProps } from "./kinds";
import { formatFigure, LINES_DRAWN, linesOf, metricName, reasonsIn, rowsOf } from "./metric_figures";

const MOST_DOTS = 40;
const DASHES = ["", "6 3", "2 3", "10 3 2 3", "12 4", "4 2 1 2"]; // so that colour is not all that tells lines apart
const colourOf = (place: number): string => `var(--color-chart-${place + 1})`;

/** A metric's figure of the whole range, and how it went. */
export default function MetricShown({ answer }: ShownProps<MetricAnswer>) {
  const { metric, unit, total, granularity, dimension } = answer;
  const lines = linesOf(answer);
  const drawn = lines.slice(0, LINES_DRAWN);
  const rows = rowsOf(lines);
  const title = `${metricName(metric)} by ${granularity.replace("five_minutes", "five minutes")}`;
  return (
    <>
      {total !== null && (
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-2xl font-semibold tracking-tight">{formatFigure(total, unit)}</span>
          <span className="text-quiet">over the whole range</span>
        </p>
      )}
      <p className="mb-3 text-sm text-quiet">
        {title}
        {dimension && `, of each ${dimension}`}
      </p>
      <div className="h-56" role="img" aria-label={`${title}; the figures are in the table below`}>
        <ResponsiveContainer width="100%" height="100%">
          <LineChart data={rows} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="period" tickFormatter={formatPeriod} minTickGap={32} />
            <YAxis {...AXIS} tickFormatter={formatShort} width={48} domain={[0, "auto"]} />
            <Tooltip {...TOOLTIP} labelFormatter={(period) => formatPeriod(String(period))} formatter={(figure, name) => [formatFigure(Number(figure), unit), name]} />
            {drawn.map(({ name }, place) => (
              <Line
                key={name}
                name={name}
                dataKey={place}
                stroke={colourOf(place)}
                strokeWidth={2.5}
                strokeDasharray={DASHES[place] ?? ""}
                dot={rows.length < MOST_DOTS && { r: 3, fill: colourOf(place), strokeDasharray: "" }}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </div>
      {dimension && (
        <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
          {drawn.map(({ name, total: figure }, place) => (
            <li key={name} className="flex items-center gap-1.5">
              <svg aria-hidden className="h-2 w-7" viewBox="0 0 28 8">
                <path d="M0 4h28" stroke={colourOf(place)} strokeWidth="2.5" strokeDasharray={DASHES[place]} />
              </svg>
              {name} {figure !== null && <span className="text-quiet">{formatFigure(figure, unit)}</span>}
            </li>
          ))}
          {lines.length > drawn.length && <li className="text-quiet">{lines.length - drawn.length} more in the table</li>}
        </ul>
      )}
      {reasonsIn(lines).map((reason) => (
        <p key={reason} className="mt-2 text-sm text-quiet">
          Gaps: {reason}
        </p>
      ))}
      <FigureTable
        caption={title}
        heads={["Period", ...lines.map((one) => one.name)]}
        rows={rows.map((row) => [formatPeriod(row.period), ...lines.map((_, place) => formatFigure(row[place] ?? null, unit))])}
      />
    </>
  );
}
