import type { FunnelBody } from "@/api/types";
import { formatPercent } from "@/format/numbers";
import { EmptyState } from "@/ui/surfaces";
import { unitOf } from "@/questions/count_by";
import { BreakdownTable } from "./BreakdownTable";
import { Asked } from "@/questions/Asked";
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
    <Asked kind="funnel" body={body}>
      {({ stages, overall_conversion_rate: rate, previous, breakdown: rows }) =>
        stages[0]?.users === 0 && !previous?.stages[0]?.users ? (
          <EmptyState title="Nobody entered">
            In this range no event meets the first stage, “{stages[0].stage_name}”. Try a longer range or fewer filters, or see
            under “Set up tracking” whether events arrive.
          </EmptyState>
        ) : (
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
        )
      }
    </Asked>
  );
}
