import { nameOfPeriod } from "./figures";
import type { LinesFigureProps } from "./LinesFigure";
import { Swatch } from "./Swatch";

/** The figures of the period under the pointer, and of the one it is compared with. */
export function PeriodTip({ at, lines, periods, before, interval, chart, format = String }: Omit<LinesFigureProps, "label" | "notes"> & { at: number }) {
  const [period, earlier] = [periods[at], before?.[at]];
  if (period === undefined) return null;
  return (
    <div className="max-w-xs rounded-md border border-line bg-surface p-2.5 text-[13px] shadow">
      <p className="mb-1 font-semibold">{nameOfPeriod(period, interval)}</p>
      <table>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key}>
              <td className="pr-2">
                <Swatch place={line.place} chart={chart} />
              </td>
              <td className="max-w-40 truncate pr-3">{[line.mark, line.name].filter(Boolean).join(" ")}</td>
              <td className="text-right font-medium">{format(line.data[at] ?? null)}</td>
              {line.before && <td className="pl-3 text-right text-quiet">{format(line.before.data[at] ?? null)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {earlier !== undefined && <p className="mt-1 text-right text-quiet">before: {nameOfPeriod(earlier, interval)}</p>}
    </div>
  );
}
