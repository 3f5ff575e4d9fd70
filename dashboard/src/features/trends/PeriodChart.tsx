import { useId, type ReactElement } from "react";
import { Bar, CartesianGrid, ComposedChart, Line as DrawnLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { AXIS, GRID, TOOLTIP } from "@/ui/chart_parts";
import { EndMarks } from "./EndMarks";
import { formatTick, nameOfPeriod } from "./figures";
import type { LinesFigureProps } from "./LinesFigure";
import type { Figure } from "./lines";
import { PeriodTip } from "./PeriodTip";
import { ticksFor } from "./scale";
import { BarPattern, colourOf, patternId, Sign } from "./signs";

const MOST_SIGNS = 20; // on one line
const MARGIN = { top: 8, right: 8, bottom: 0, left: 0 };
const MARKS_WIDTH = 34;

/** Series of figures over the same periods; those of the range before are dashed, each below its successor. */
export default function PeriodChart({ label, lines, periods, before, interval, chart, format = String }: LinesFigureProps) {
  const id = useId();
  const figures = lines.flatMap((line) => [...line.data, ...(line.before?.data ?? [])]).filter((one) => one !== null);
  const ticks = ticksFor(figures);
  const domain = [ticks[0] ?? 0, ticks.at(-1) ?? 1] as const;
  // Numbered keys: Recharts reads a name with dots as a path.
  const rows = periods.map((period, at) => ({
    period,
    ...Object.fromEntries(lines.flatMap((line) => [[`now${line.place}`, line.data[at]], [`before${line.place}`, line.before?.data[at]]])),
  }));
  const hasMarks = chart === "line" && lines.some((line) => line.mark !== "");
  const step = Math.ceil(periods.length / MOST_SIGNS);
  const sign = (place: number) => (dot: { cx?: number; cy?: number | null; index: number; value?: unknown }): ReactElement =>
    isDrawn(dot.cy) && typeof dot.value === "number" && (dot.index + place) % step === 0 ? (
      <Sign key={dot.index} place={place} x={dot.cx ?? 0} y={dot.cy} />
    ) : (
      <g key={dot.index} />
    );
  return (
    <div className="relative h-72" role="img" aria-label={`${label}; the figures are in the table below`}>
      <ResponsiveContainer width="100%" height="100%">
        <ComposedChart data={rows} accessibilityLayer={false} margin={hasMarks ? { ...MARGIN, right: MARKS_WIDTH } : MARGIN}>
          <defs>
            {lines.map(({ place }) => (
              <BarPattern key={place} chart={id} place={place} />
            ))}
          </defs>
          <CartesianGrid {...GRID} />
          <XAxis {...AXIS} dataKey="period" tickFormatter={(period: string) => nameOfPeriod(period, interval).replace("Week of ", "")} minTickGap={32} />
          <YAxis {...AXIS} ticks={ticks} domain={domain} interval={0} tickFormatter={formatTick} width={52} />
          <Tooltip
            {...TOOLTIP}
            content={({ active, label: period }) =>
              active ? <PeriodTip at={periods.indexOf(String(period))} {...{ lines, periods, before, interval, chart, format }} /> : null
            }
          />
          {lines.map(({ place, before: earlier }) => {
            const colour = colourOf(place);
            if (chart === "bar") {
              return [
                earlier && <Bar key={`before${place}`} dataKey={`before${place}`} fill="transparent" stroke={colour} strokeDasharray="3 2" isAnimationActive={false} />,
                <Bar key={place} dataKey={`now${place}`} fill={`url(#${patternId(id, place)})`} stroke={colour} isAnimationActive={false} />,
              ];
            }
            return [
              earlier && <DrawnLine key={`before${place}`} dataKey={`before${place}`} stroke={colour} strokeWidth={1.5} strokeDasharray="5 4" dot={false} activeDot={false} isAnimationActive={false} />,
              <DrawnLine key={place} dataKey={`now${place}`} stroke={colour} strokeWidth={2.25} dot={sign(place)} activeDot={{ r: 4 }} isAnimationActive={false} />,
            ];
          })}
        </ComposedChart>
      </ResponsiveContainer>
      {hasMarks && <EndMarks lines={lines} domain={domain} />}
    </div>
  );
}

const isDrawn = (y: Figure | undefined): y is number => typeof y === "number" && !Number.isNaN(y);
