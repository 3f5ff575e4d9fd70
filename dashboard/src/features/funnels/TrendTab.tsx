import { lazy, Suspense } from "react";
import type { FunnelBody } from "@/api/types";
import { Skeleton } from "@/ui/surfaces";
import { Asked } from "@/questions/Asked";
import type { Interval } from "@/questions/interval";
import { IntervalField } from "@/questions/IntervalField";

const TrendChart = lazy(() => import("./TrendChart"));

interface TrendTabProps {
  body: FunnelBody;
  interval: Interval;
  onInterval: (interval: Interval) => void;
}

export function TrendTab({ body, interval, onInterval }: TrendTabProps) {
  return (
    <>
      <IntervalField className="mb-4 w-36" interval={interval} onChange={onInterval} />
      <Asked kind="funnel" body={{ ...body, interval }}>
        {({ trend }) => (
          <Suspense fallback={<Skeleton className="h-72" />}>
            <TrendChart periods={trend ?? []} interval={interval} />
          </Suspense>
        )}
      </Asked>
    </>
  );
}
