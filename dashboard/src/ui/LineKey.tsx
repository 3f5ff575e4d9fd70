/** How several lines of a chart are told apart: by colour, and by their dashes. */
const LOOKS = [
  { stroke: "var(--color-chart-1)" },
  { stroke: "var(--color-chart-2)", strokeDasharray: "7 3" },
  { stroke: "var(--color-chart-3)", strokeDasharray: "2 3" },
  { stroke: "var(--color-chart-4)", strokeDasharray: "10 3 2 3" },
  { stroke: "var(--color-chart-5)", strokeDasharray: "4 4" },
  { stroke: "var(--color-chart-6)", strokeDasharray: "12 5" },
] as const;

export const LINES_MOST = LOOKS.length;
export const lineLook = (place: number) => LOOKS[place % LINES_MOST] ?? LOOKS[0];

/** Which line is whose. */
export function LineKey({ names }: { names: readonly string[] }) {
  return (
    <ul className="mb-2 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {names.map((name, place) => (
        <li key={name} className="inline-flex items-center gap-2">
          <svg aria-hidden width="28" height="8">
            <line x1="0" y1="4" x2="28" y2="4" strokeWidth="2.5" {...lineLook(place)} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}
