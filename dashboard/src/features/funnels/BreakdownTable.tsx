import type { BreakdownRow } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import type { BehindChoice } from "./view";

const OTHERS = "$other"; // the row of all values past the limit

interface BreakdownTableProps {
  property: string;
  rows: readonly BreakdownRow[];
  unit: string;
  /** Where there is nobody to show behind a figure, figures are no buttons. */
  onBehind?: (behind: BehindChoice) => void;
}

/** The same figures for each value of a property. */
export function BreakdownTable({ property, rows, unit, onBehind }: BreakdownTableProps) {
  const stages = rows[0]?.stages ?? [];
  return (
    <div className="mt-6 overflow-x-auto" tabIndex={0} role="region" aria-label={`By ${property}`}>
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-quiet">
            <th scope="col" className="py-2 pr-4 font-medium">
              {property}
            </th>
            {stages.map((stage) => (
              <th key={stage.order} scope="col" className="px-3 py-2 text-right font-medium">
                {stage.stage_name}
              </th>
            ))}
            <th scope="col" className="py-2 pl-3 text-right font-medium">
              Conversion
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value: [value = ""], stages: figures, overall_conversion_rate: rate }) => (
            <tr key={value} className="border-b border-line last:border-0">
              <th scope="row" className="max-w-60 py-1.5 pr-4 text-left font-medium break-words">
                {nameOf(value)}
              </th>
              {figures.map(({ order, users, stage_name: stage }) => (
                <td key={order} className="px-1 py-1 text-right">
                  {value === OTHERS || !onBehind ? (
                    <span className="px-2">{formatCount(users)}</span>
                  ) : (
                    <button
                      type="button"
                      aria-label={`${nameOf(value)}, ${stage}: ${formatCount(users)} ${unit}. Show who they are`}
                      className="rounded px-2 py-0.5 hover:bg-accent-soft"
                      onClick={() => onBehind({ stage: order, which: "reached", value })}
                    >
                      {formatCount(users)}
                    </button>
                  )}
                </td>
              ))}
              <td className="py-1.5 pl-3 text-right font-medium">{formatPercent(rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(value: string): string {
  if (value === OTHERS) return "All others";
  return value === "" ? "(none)" : value;
}
