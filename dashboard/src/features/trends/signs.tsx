import type { ReactNode } from "react";

// Written out: a token that no source names is left out of the style sheet.
const COLOURS: readonly string[] = [
  "var(--color-chart-1)",
  "var(--color-chart-2)",
  "var(--color-chart-3)",
  "var(--color-chart-4)",
  "var(--color-chart-5)",
  "var(--color-chart-6)",
];
const SIZE = 4;

/** A line's colour and its sign on the line: six and five, so that thirty lines differ in one at least. */
export const colourOf = (place: number): string => COLOURS[place % COLOURS.length] ?? "currentColor";
const SHAPES: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${x - SIZE} ${y}a${SIZE} ${SIZE} 0 1 0 ${2 * SIZE} 0a${SIZE} ${SIZE} 0 1 0 ${-2 * SIZE} 0`,
  (x, y) => `M${x - SIZE} ${y - SIZE}h${2 * SIZE}v${2 * SIZE}h${-2 * SIZE}z`,
  (x, y) => `M${x} ${y - SIZE - 1}l${SIZE + 1} ${2 * SIZE}h${-2 * SIZE - 2}z`,
  (x, y) => `M${x} ${y - SIZE - 1.5}l${SIZE + 1.5} ${SIZE + 1.5}l${-SIZE - 1.5} ${SIZE + 1.5}l${-SIZE - 1.5} ${-SIZE - 1.5}z`,
  (x, y) => `M${x} ${y + SIZE + 1}l${SIZE + 1} ${-2 * SIZE}h${-2 * SIZE - 2}z`,
];

export function Sign({ place, x, y }: { place: number; x: number; y: number }) {
  const shape = SHAPES[place % SHAPES.length] ?? SHAPES[0];
  return <path d={shape?.(x, y)} fill={colourOf(place)} stroke="var(--color-surface)" strokeWidth={1} />;
}

export const patternId = (chart: string, place: number): string => `${chart}-${place}`;

/** How a line's bars are filled: plain, or with one of four hatchings over the colour. */
export function BarPattern({ chart, place }: { chart: string; place: number }) {
  return (
    <pattern id={patternId(chart, place)} width="8" height="8" patternUnits="userSpaceOnUse">
      <rect width="8" height="8" fill={colourOf(place)} />
      {HATCHINGS[place % HATCHINGS.length]}
    </pattern>
  );
}
const HATCH = { stroke: "var(--color-surface)", strokeWidth: 1.5, fill: "none" } as const;
const HATCHINGS: readonly ReactNode[] = [
  null,
  <path key="up" {...HATCH} d="M-2 2l4-4M0 8l8-8M6 10l4-4" />,
  <path key="across" {...HATCH} d="M0 4h8" />,
  <path key="dots" d="M2.5 4a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0" fill="var(--color-surface)" />,
  <path key="down" {...HATCH} d="M-2 6l4 4M0 0l8 8M6-2l4 4" />,
];
