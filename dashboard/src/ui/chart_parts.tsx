import type { ReactNode } from "react";

/** How axes, grids and tooltips of all charts look. */
export const AXIS = {
  stroke: "var(--color-quiet)",
  tick: { fill: "var(--color-quiet)", fontSize: 12 },
  tickLine: false,
  axisLine: { stroke: "var(--color-line)" },
} as const;
export const GRID = { stroke: "var(--color-line)", vertical: false } as const;
export const TOOLTIP = {
  contentStyle: { background: "var(--color-surface)", border: "1px solid var(--color-line)", borderRadius: 6, fontSize: 13 },
  labelStyle: { color: "var(--color-ink)", fontWeight: 600 },
  itemStyle: { color: "var(--color-ink)" },
  cursor: { fill: "var(--color-sunken)", stroke: "var(--color-line-strong)" },
  isAnimationActive: false,
} as const;

interface FigureTableProps {
  caption: string;
  heads: readonly string[];
  rows: readonly (readonly [string, ...ReactNode[]])[];
}

/** A chart's figures as a table: for screen readers, and for whoever wants to read them off. */
export function FigureTable({ caption, heads, rows }: FigureTableProps) {
  return (
    <details className="mt-3 text-sm">
      <summary className="w-fit text-quiet">Figures as a table</summary>
      <div className="mt-2 max-h-80 overflow-auto" tabIndex={0} role="region" aria-label={caption}>
        <table className="w-full">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr className="border-b border-line text-left text-quiet">
              {heads.map((head, place) => (
                <th key={place} scope="col" className={place === 0 ? "py-1 font-medium" : "py-1 pl-4 text-right font-medium"}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([head, ...cells], row) => (
              <tr key={row} className="border-b border-line last:border-0">
                <th scope="row" className="min-w-16 py-1 text-left font-normal">
                  {head}
                </th>
                {cells.map((cell, place) => (
                  <td key={place} className="py-1 pl-4 text-right">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
