import { useId } from "react";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatCount, formatShort } from "@/format/numbers";
import { formatPeriod } from "@/format/times";
import { AXIS, GRID, TOOLTIP } from "@/ui/chart_parts";
import type { DayFigures, Series } from "./by_day";

const COLOURS = ["var(--color-chart-1)", "var(--color-chart-2)", "var(--color-chart-3)", "var(--color-chart-4)", "var(--color-chart-5)"];
const PATTERN = 6; // pixels after which a pattern comes again

interface DayChartProps extends DayFigures {
  label: string;
}

/** Bars of stacked parts, each with a pattern of its own, so that they are told apart without colour. */
export default function DayChart({ label, series, days }: DayChartProps) {
  const id = useId();
  const rows = days.map(({ date, counts }) => ({ date, ...Object.fromEntries(counts.map((count, place) => [`part${place}`, count])) }));
  return (
    <>
      <div className="h-72" role="img" aria-label={`${label}, by day; the figures are in the table below`}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={rows} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
            <defs>
              {series.map((one, place) => (
                <Pattern key={one.key} id={`${id}-${place}`} place={place} />
              ))}
            </defs>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="date" tickFormatter={formatPeriod} minTickGap={32} />
            <YAxis {...AXIS} tickFormatter={formatShort} width={48} allowDecimals={false} />
            <Tooltip {...TOOLTIP} labelFormatter={(date) => formatPeriod(String(date))} formatter={(count, name) => [formatCount(Number(count)), name]} />
            {series.map((one: Series, place) => (
              <Bar key={one.key} dataKey={`part${place}`} name={one.label} stackId="day" fill={`url(#${id}-${place})`} stroke={COLOURS[place] ?? COLOURS[0]} maxBarSize={48} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <ul className="mt-2 flex flex-wrap justify-center gap-x-5 gap-y-1 text-sm">
        {series.map((one, place) => (
          <li key={one.key} className="flex items-center gap-2 break-all">
            <svg aria-hidden viewBox="0 0 14 14" className="size-3.5 shrink-0">
              <rect width="14" height="14" rx="2" fill={`url(#${id}-${place})`} />
            </svg>
            {one.label}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The first part is plain; the others are striped one way, the other way, dotted, and crossed. */
function Pattern({ id, place }: { id: string; place: number }) {
  const colour = COLOURS[place] ?? "var(--color-chart-1)";
  const lines = ["", "M0 6 6 0", "M0 0 6 6", "M3 3h.01", "M0 3h6M3 0v6"][place] ?? "";
  return (
    <pattern id={id} width={PATTERN} height={PATTERN} patternUnits="userSpaceOnUse">
      <rect width={PATTERN} height={PATTERN} fill={colour} />
      {lines && <path d={lines} stroke="var(--color-surface)" strokeWidth={place === 3 ? 2.5 : 1.2} strokeLinecap="round" />}
    </pattern>
  );
}
