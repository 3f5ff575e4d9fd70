import type { Line } from "./lines";
import { spread } from "./scale";
import { colourOf } from "./signs";

const TOP_PIXELS = 8; // the chart's margin
const HEIGHT_PIXELS = 250; // of a chart of 18 rem, without its margin and the axis below
const LETTER_PIXELS = 15;

/** Each line's mark where it ends, none over another. */
export function EndMarks({ lines, domain: [least, most] }: { lines: readonly Line[]; domain: readonly [number, number] }) {
  const ends = lines.flatMap((line) => {
    const last = line.data.findLast((figure) => figure !== null);
    return typeof last === "number" ? [{ line, y: TOP_PIXELS + ((most - last) / (most - least)) * HEIGHT_PIXELS }] : [];
  });
  const heights = spread(ends.map(({ y }) => y), LETTER_PIXELS, TOP_PIXELS + HEIGHT_PIXELS);
  return ends.map(({ line }, at) => (
    <span
      key={line.key}
      className="absolute right-0 w-8 -translate-y-1/2 pl-1.5 text-xs font-semibold"
      style={{ top: heights[at], color: colourOf(line.place) }}
    >
      {line.mark}
    </span>
  ));
}
