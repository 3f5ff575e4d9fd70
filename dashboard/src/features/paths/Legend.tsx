interface LegendProps {
  steps: number;
  gap: number;
  hasEnd: boolean;
}

/** What the parts of a bar are. */
export function Legend({ steps, gap, hasEnd }: LegendProps) {
  const pause = gap === 1 ? "a minute" : `${gap} minutes`;
  const parts = [
    ["bg-chart-1", "went on"],
    ["bg-[repeating-linear-gradient(135deg,var(--color-chart-2)_0_3px,transparent_3px_6px)]", `left: nothing more within ${pause} (↘)`],
    ["bg-chart-1/45", hasEnd ? `got to the end, or on beyond step ${steps}` : `went on beyond step ${steps}`],
  ] as const;
  return (
    <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1 text-sm text-quiet" aria-label="Parts of a bar">
      {parts.map(([look, name]) => (
        <li key={name} className="flex items-center gap-2">
          <span aria-hidden className={`size-3 shrink-0 rounded-xs border border-line ${look}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}
