import { lazy, Suspense } from "react";
import type { Interval } from "@/questions/interval";
import { FigureTable } from "@/ui/chart_parts";
import { Skeleton } from "@/ui/surfaces";
import { formatFigure, nameOfPeriod } from "./figures";
import type { Figure, Line } from "./lines";
import { Swatch } from "./Swatch";
import type { ChartType } from "./view";

const PeriodChart = lazy(() => import("./PeriodChart"));

export interface LinesFigureProps {
  /** What the chart shows, for whoever does not see it. */
  label: string;
  lines: readonly Line[];
  periods: readonly string[];
  /** Those that the current ones are compared with, in the same order. */
  before: readonly string[] | null;
  interval: Interval;
  chart: ChartType;
  format?: (figure: Figure) => string;
  /** What must be known to read it. */
  notes: readonly string[];
}

/** Lines or bars by period, whose is whose, and the figures as a table. */
export function LinesFigure(props: LinesFigureProps) {
  const { label, lines, periods, before, interval, chart, format = formatFigure, notes } = props;
  const compared = lines.filter((line) => line.before);
  const heads = lines.flatMap((line) => [headOf(line), ...(line.before ? [`${headOf(line)}, before`] : [])]);
  return (
    <figure>
      <ul className="mb-3 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        {lines.map((line) => (
          <li key={line.key} className="flex min-w-0 items-center gap-1.5">
            <Swatch place={line.place} chart={chart} />
            {line.mark && <span className="font-semibold">{line.mark}</span>}
            <span className="min-w-0 wrap-anywhere">{line.name}</span>
          </li>
        ))}
        {compared[0] && (
          <li className="flex items-center gap-1.5 text-quiet">
            <Swatch place={compared[0].place} chart={chart} isBefore />
            The range before
          </li>
        )}
      </ul>
      <Suspense fallback={<Skeleton className="h-72" />}>
        <PeriodChart {...props} format={format} />
      </Suspense>
      {notes.length > 0 && <p className="mt-2 text-sm text-quiet">{notes.join(" ")}</p>}
      <FigureTable
        caption={label}
        heads={["Period", ...heads]}
        rows={periods.map((period, at) => [
          nameOfPeriod(period, interval),
          ...lines.flatMap((line) => [format(line.data[at] ?? null), ...(line.before ? [beforeOf(line.before.data, before, at, interval, format)] : [])]),
        ])}
      />
    </figure>
  );
}

const headOf = ({ mark, name }: Line): string => (mark ? `${mark} ${name}` : name);

/** With the day that it is of: the range before has days of its own. */
function beforeOf(data: readonly Figure[], periods: readonly string[] | null, at: number, interval: Interval, format: (figure: Figure) => string) {
  const period = periods?.[at];
  return period === undefined ? "–" : `${format(data[at] ?? null)} (${nameOfPeriod(period, interval)})`;
}
