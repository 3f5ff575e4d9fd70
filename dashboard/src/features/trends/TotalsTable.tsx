import { clsx } from "clsx";
import { formatChange } from "@/format/numbers";
import { formatFigure } from "./figures";
import type { Line } from "./lines";
import { Swatch } from "./Swatch";
import type { ChartType } from "./view";

interface TotalsTableProps {
  lines: readonly Line[];
  drawn: readonly Line[];
  chart: ChartType;
  /** What the lines are the values of. */
  breakdown: string | null;
  isCompared: boolean;
  onDraw: (keys: string[]) => void;
}

/** Each line's figure over the whole range, and which of them are in the chart. */
export function TotalsTable({ lines, drawn, chart, breakdown, isCompared, onDraw }: TotalsTableProps) {
  const keys = drawn.map(({ key }) => key);
  return (
    <div className="mt-6 overflow-x-auto" tabIndex={0} role="region" aria-label="Totals">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-quiet">
            <th scope="col" className="py-2 pr-4 font-medium">
              {breakdown ?? "Line"}
            </th>
            {["Whole range", ...(isCompared ? ["Before", "Change"] : [])].map((head) => (
              <th key={head} scope="col" className="py-2 pl-2 sm:pl-3 text-right font-medium">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const isDrawn = keys.includes(line.key);
            return (
              <tr key={line.key} className="border-b border-line last:border-0">
                <th scope="row" className="py-1.5 pr-4 text-left font-normal">
                  <label className="flex items-center gap-2">
                    {lines.length > 1 && (
                      <input
                        type="checkbox"
                        aria-label={`Draw ${line.mark} ${line.name}`}
                        className="size-4 shrink-0 accent-accent"
                        checked={isDrawn}
                        // The last one stays: without lines there is no chart.
                        disabled={isDrawn && keys.length === 1}
                        onChange={() => onDraw(isDrawn ? keys.filter((key) => key !== line.key) : [...keys, line.key])}
                      />
                    )}
                    <span className={clsx("hidden sm:inline", !isDrawn && "opacity-40")}>
                      <Swatch place={line.place} chart={chart} />
                    </span>
                    <span className="font-semibold">{line.mark}</span>
                    <span className="min-w-20 wrap-anywhere">{line.name}</span>
                  </label>
                </th>
                <td className="py-1.5 pl-2 sm:pl-3 text-right font-medium">{formatFigure(line.total)}</td>
                {isCompared && (
                  <>
                    <td className="py-1.5 pl-2 sm:pl-3 text-right">{formatFigure(line.before?.total ?? null)}</td>
                    <td className="py-1.5 pl-2 sm:pl-3 text-right">{formatChange(line.change)}</td>
                  </>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
