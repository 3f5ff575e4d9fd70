import { lazy, Suspense } from "react";
import type { FunnelBody, TimeToConvert } from "@/api/types";
import { formatCount } from "@/format/numbers";
import { formatDuration } from "@/format/times";
import { EmptyState, Skeleton } from "@/ui/surfaces";
import { Asked } from "@/questions/Asked";
import { unitOf } from "@/questions/count_by";

const TimeChart = lazy(() => import("./TimeChart"));
const BINS = 20;

/** How long it takes from the first stage to the last. */
export function TimeTab({ body }: { body: FunnelBody }) {
  const asked = { ...body, time_to_convert: { from_stage: 1, to_stage: body.stages.length, bins: BINS } };
  return (
    <Asked kind="funnel" body={asked}>
      {({ time_to_convert: found }) =>
        !found || found.persons === 0 ? (
          <EmptyState title="Nobody got to the last stage">There is no time to show in this range.</EmptyState>
        ) : (
          <>
            <Summary found={found} unit={unitOf(body.count_by)} />
            <Suspense fallback={<Skeleton className="h-64" />}>
              <TimeChart histogram={found.histogram} />
            </Suspense>
          </>
        )
      }
    </Asked>
  );
}

function Summary({ found, unit }: { found: TimeToConvert; unit: string }) {
  const figures = [
    ["Median", formatDuration(found.median_seconds)],
    ["Average", formatDuration(found.average_seconds)],
    ["90 of 100 take at most", formatDuration(found.p90_seconds)],
    [`Of ${unit}`, formatCount(found.persons)],
  ] as const;
  return (
    <dl className="mb-4 flex flex-wrap gap-x-8 gap-y-3">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="text-sm text-quiet">{name}</dt>
          <dd className="text-xl font-semibold">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
