import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { TimeToConvert } from "@/api/types";
import { formatCount, formatShort } from "@/format/numbers";
import { formatDuration } from "@/format/times";
import { AXIS, FigureTable, GRID, TOOLTIP } from "@/ui/chart_parts";

const spanOf = (from: number, to: number): string => `${formatDuration(from)} to ${formatDuration(to)}`;

export default function TimeChart({ histogram }: { histogram: TimeToConvert["histogram"] }) {
  const bins = histogram.map((one) => ({ ...one, span: spanOf(one.from_seconds, one.to_seconds) }));
  return (
    <>
      <div className="h-64" role="img" aria-label="How many took how long; the figures are in the table below">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={bins} accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="from_seconds" tickFormatter={formatDuration} minTickGap={32} />
            <YAxis {...AXIS} tickFormatter={formatShort} width={44} allowDecimals={false} />
            <Tooltip
              {...TOOLTIP}
              labelFormatter={(_, shown) => String((shown[0]?.payload as { span?: string } | undefined)?.span ?? "")}
              formatter={(count) => [formatCount(Number(count)), "Count"]}
            />
            <Bar dataKey="count" fill="var(--color-chart-1)" radius={[3, 3, 0, 0]} isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <FigureTable caption="Time to convert" heads={["Took", "Count"]} rows={bins.map(({ span, count }) => [span, formatCount(count)])} />
    </>
  );
}
