import { memo, useId } from "react";
import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { LifecycleAnswer, Project } from "@/api/types";
import { formatCount, formatShort } from "@/format/numbers";
import { isInterval, periodName } from "@/questions/interval";
import { AXIS, FigureTable, GRID, TOOLTIP } from "@/ui/chart_parts";
import { EmptyState } from "@/ui/surfaces";
import { fillOf, Pattern } from "./patterns";
import { isOpen, MEANINGS, periodsOf, STANDINGS } from "./standings";

interface ShownProps {
  answer: LifecycleAnswer;
  question: Record<string, unknown>;
  project: Project;
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Who was active stands on the axis, who fell silent hangs from it. */
export default memo(function Shown({ answer, question, project }: ShownProps) {
  const prefix = useId();
  const interval = isInterval(question["interval"]) ? question["interval"] : "day";
  const timezone = typeof question["timezone"] === "string" ? question["timezone"] : project.timezone;
  const isUnfinished = (start: string): boolean => isOpen(start, interval, answer.receipt.answered_at, timezone);
  const periods = periodsOf(answer);
  if (periods.every((one) => one.active === 0 && one.dormant === 0)) {
    return (
      <EmptyState title="Nobody was active">
        In this range nobody did the event. Choose another one, a longer range or fewer filters.
      </EmptyState>
    );
  }
  const nameOf = (start: string): string => `${periodName(start, interval)}${isUnfinished(start) ? ", so far" : ""}`;
  const last = periods.at(-1)?.start ?? "";
  return (
    <>
      <dl className="mb-4 grid gap-x-6 gap-y-1 text-sm sm:grid-cols-2">
        {STANDINGS.map((standing) => (
          <div key={standing} className="flex items-baseline gap-2">
            <dt className="inline-flex items-baseline gap-2 font-medium">
              <svg aria-hidden width="16" height="16" className="translate-y-0.5 self-start rounded-sm">
                <defs>
                  <Pattern prefix={`${prefix}key`} standing={standing} />
                </defs>
                <rect width="16" height="16" fill={fillOf(`${prefix}key`, standing)} />
              </svg>
              {capital(standing)}
            </dt>
            <dd className="text-quiet">{MEANINGS[standing](interval)}</dd>
          </div>
        ))}
      </dl>
      <div className="h-80" role="img" aria-label={`Lifecycle by ${interval}; the figures are in the table below`}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={periods} stackOffset="sign" accessibilityLayer={false} margin={{ top: 8, right: 8, bottom: 0, left: 0 }}>
            <defs>
              {STANDINGS.map((standing) => (
                <Pattern key={standing} prefix={prefix} standing={standing} />
              ))}
            </defs>
            <CartesianGrid {...GRID} />
            <XAxis {...AXIS} dataKey="start" tickFormatter={(start: string) => periodName(start, interval)} minTickGap={24} />
            <YAxis {...AXIS} tickFormatter={(count: number) => formatShort(Math.abs(count))} width={48} allowDecimals={false} />
            <Tooltip {...TOOLTIP} labelFormatter={(start) => nameOf(String(start))} formatter={(count, name) => [formatCount(Math.abs(Number(count))), name]} />
            <ReferenceLine y={0} stroke="var(--color-line-strong)" />
            {STANDINGS.map((standing) => (
              <Bar key={standing} dataKey={standing} name={capital(standing)} stackId="all" fill={fillOf(prefix, standing)} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      {isUnfinished(last) && (
        <p className="mt-2 text-sm text-quiet">{periodName(last, interval)} is not over: who is counted as dormant there may still come.</p>
      )}
      <FigureTable
        caption={`Lifecycle by ${interval}`}
        heads={[capital(interval), "Active", "New", "Returning", "Resurrecting", "Dormant"]}
        rows={periods.map((one) => [
          nameOf(one.start),
          ...[one.active, one.new, one.returning, one.resurrecting, Math.abs(one.dormant)].map(formatCount),
        ])}
      />
    </>
  );
});
