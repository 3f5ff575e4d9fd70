import { useId } from "react";
import { BarPattern, colourOf, patternId, Sign } from "./signs";
import type { ChartType } from "./view";

/** How a line or a bar looks in the chart, beside its name. */
export function Swatch({ place, chart, isBefore = false }: { place: number; chart: ChartType; isBefore?: boolean }) {
  const id = useId();
  return (
    <svg aria-hidden width="26" height="14" className="inline-block shrink-0">
      {chart === "bar" ? (
        <>
          <BarPattern chart={id} place={place} />
          <rect x="4" y="1" width="18" height="12" {...(isBefore ? BEFORE_BAR : { fill: `url(#${patternId(id, place)})` })} stroke={colourOf(place)} />
        </>
      ) : (
        <>
          <path d="M0 7h26" stroke={colourOf(place)} strokeWidth="2" strokeDasharray={isBefore ? "4 3" : undefined} />
          {!isBefore && <Sign place={place} x={13} y={7} />}
        </>
      )}
    </svg>
  );
}
const BEFORE_BAR = { fill: "none", strokeDasharray: "3 2" } as const;
