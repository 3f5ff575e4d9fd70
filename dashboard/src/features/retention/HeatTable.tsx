import { clsx } from "clsx";
import type { CSSProperties } from "react";
import { formatCount, formatPercent } from "@/format/numbers";
import { greatestOf, tintOf, type Cell, type HeatRow } from "./heat";
import type { Figures } from "./view";

const HATCH = "repeating-linear-gradient(135deg, transparent 0 5px, color-mix(in srgb, var(--color-ink) 16%, transparent) 5px 6px)";

interface HeatTableProps {
  caption: string;
  /** Of the first two columns. */
  heads: readonly [string, string];
  /** Of the others: `Day 1`, … */
  columns: readonly string[];
  rows: readonly HeatRow[];
  figures: Figures;
}

/** Rows of percentages, the darker the more. A page's width is enough for the first column and some others: it scrolls. */
export function HeatTable({ caption, heads, columns, rows, figures }: HeatTableProps) {
  const greatest = greatestOf(rows);
  const hasOpen = rows.some((row) => row.isOpen || row.cells.some((cell) => cell.isOpen));
  return (
    <>
      <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={caption}>
        <table className="border-separate border-spacing-0 text-sm">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr className="text-quiet">
              <th scope="col" className="sticky left-0 z-1 bg-surface py-1 pr-3 text-left font-medium">
                {heads[0]}
              </th>
              {[heads[1], ...columns].map((head) => (
                <th key={head} scope="col" className="min-w-16 px-2 py-1 text-right font-medium whitespace-nowrap">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.name} row={row} columns={columns.length} greatest={greatest} figures={figures} />
            ))}
          </tbody>
        </table>
      </div>
      <Key greatest={greatest} hasOpen={hasOpen} />
    </>
  );
}

interface RowProps {
  row: HeatRow;
  columns: number;
  greatest: number;
  figures: Figures;
}

function Row({ row, columns, greatest, figures }: RowProps) {
  const missing = columns - row.cells.length;
  return (
    <tr className={clsx(row.isSummary && "font-semibold")}>
      <th scope="row" className={clsx("sticky left-0 z-1 max-w-40 min-w-24 bg-surface sm:min-w-32 py-1.5 pr-3 text-left break-words", row.isSummary ? "font-semibold" : "font-normal")}>
        {row.name}
      </th>
      <td className={clsx("border-2 border-surface px-2 py-1.5 text-right", row.isOpen && "italic")} style={row.isOpen ? { backgroundImage: HATCH } : {}}>
        {row.size === null ? "" : formatCount(row.size)}
        {row.isOpen && <SoFar />}
      </td>
      {row.cells.map((cell, place) => (
        <td key={place} className={clsx("border-2 border-surface px-2 py-1.5 text-right", cell.isOpen && "italic")} style={groundOf(cell, greatest)}>
          {figures === "people" && cell.people !== null ? formatCount(cell.people) : formatPercent(cell.percent)}
          {cell.isOpen && <SoFar />}
        </td>
      ))}
      {missing > 0 && <td colSpan={missing} />}
    </tr>
  );
}

const SoFar = () => <span className="sr-only"> so far</span>;

function groundOf({ percent, isOpen }: Cell, greatest: number): CSSProperties {
  const tint = tintOf(percent, greatest);
  return {
    ...(tint > 0 ? { backgroundColor: shade(tint) } : {}),
    ...(isOpen ? { backgroundImage: HATCH } : {}),
  };
}

const shade = (tint: number): string => `color-mix(in srgb, var(--color-chart-1) ${tint}%, var(--color-surface))`;

/** What shades and hatches mean. */
function Key({ greatest, hasOpen }: { greatest: number; hasOpen: boolean }) {
  return (
    <p className="mt-3 flex flex-wrap items-center gap-x-5 gap-y-1 text-sm text-quiet">
      {greatest > 0 && (
        <span className="inline-flex items-center gap-2">
          0%
          <span aria-hidden className="h-3 w-24 rounded-sm" style={{ backgroundImage: `linear-gradient(to right, ${shade(0)}, ${shade(tintOf(greatest, greatest))})` }} />
          {formatPercent(greatest)}
        </span>
      )}
      {hasOpen && (
        <span>
          <span aria-hidden className="mr-2 inline-block size-4 rounded-sm border border-line align-[-0.15em]" style={{ backgroundImage: HATCH }} />
          <em>Hatched, in italics</em>: so far; the period is not over
        </span>
      )}
    </p>
  );
}
