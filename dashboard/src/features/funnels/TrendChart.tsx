import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { TrendPeriod } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import { formatPeriod } from "@/format/times";
import { AXIS, FigureTable, GRID, TOOLTIP } from "@/ui/chart_parts";
import { EmptyState } from "@/ui/surfaces";
import type { Interval } from "@/questions/interval";

const MOST_DOTS = 40;

/** Who entered in each period, and the share of them that reached the last stage. */
export default function TrendChart({ periods, interval }: { periods: readonly TrendPeriod[]; interval: Interval }) {
  if (periods.every((one) => one.entered === 0)) {
    return <EmptyState title="Nobody entered">In this range no event met the first stage. Try a longer range.</EmptyState>;
  }
  const caption = `Conversion by ${interval}`;
  return (
    <>
      <div className="h-72" role="img" aria-label={`${caption}; the figures are in the table below`}>
        <ResponsiveContainer width="100%" height="100%">
          <LineChart data={[...periods]} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="period" tickFormatter={formatPeriod} minTickGap={32} />
            <YAxis {...AXIS} tickFormatter={(percent: number) => `${percent}%`} width={48} domain={[0, "auto"]} />
            <Tooltip {...TOOLTIP} labelFormatter={(period) => formatPeriod(String(period))} formatter={(percent) => [formatPercent(Number(percent)), "Conversion"]} />
            <Line dataKey="conversion_rate" stroke="var(--color-chart-1)" strokeWidth={2.5} dot={periods.length < MOST_DOTS && { r: 3, fill: "var(--color-chart-1)" }} isAnimationActive={false} />
          </LineChart>
        </ResponsiveContainer>
      </div>
      <FigureTable
        caption={caption}
        heads={["Period", "Entered", "Converted", "Conversion"]}
        rows={periods.map((one) => [formatPeriod(one.period), formatCount(one.entered), formatCount(one.converted), formatPercent(one.conversion_rate)])}
      />
    </>
  );
}
