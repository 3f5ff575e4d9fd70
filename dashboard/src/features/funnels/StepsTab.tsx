import type { FunnelBody } from "@/api/types";
import { formatPercent } from "@/format/numbers";
import { BreakdownTable } from "./BreakdownTable";
import { Figures } from "./Figures";
import { FunnelBars } from "./FunnelBars";
import type { BehindChoice } from "./view";

interface StepsTabProps {
  body: FunnelBody;
  breakdown: string | null;
  behind: BehindChoice | null;
  onBehind: (behind: BehindChoice) => void;
}

export function StepsTab({ body, breakdown, behind, onBehind }: StepsTabProps) {
  const unit = unitOf(body.count_by);
  return (
    <Figures body={body}>
      {({ stages, overall_conversion_rate: rate, previous, breakdown: rows }) => (
        <>
          <p className="mb-4 flex flex-wrap items-baseline gap-x-2">
            <span className="text-3xl font-semibold tracking-tight">{formatPercent(rate)}</span>
            <span className="text-quiet">of {unit} reach the last stage</span>
            {previous && (
              <span className="text-sm text-quiet">
                ({formatPercent(previous.overall_conversion_rate)} before)
              </span>
            )}
          </p>
          <FunnelBars stages={stages} previous={previous?.stages} unit={unit} behind={behind} onBehind={onBehind} />
          {rows && breakdown && <BreakdownTable property={breakdown} rows={rows} unit={unit} onBehind={onBehind} />}
        </>
      )}
    </Figures>
  );
}

/** What the figures count, in words. */
export function unitOf(countBy: string | null | undefined): string {
  if (!countBy || countBy === "users") return "people";
  return countBy === "sessions" ? "sessions" : `values of ${countBy}`;
}
