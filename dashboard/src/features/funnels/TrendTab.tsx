import { lazy, Suspense } from "react";
import type { FunnelBody } from "@/api/types";
import { SelectField } from "@/ui/Field";
import { Skeleton } from "@/ui/surfaces";
import { Asked } from "@/questions/Asked";
import { INTERVALS, type Interval } from "./view";

const TrendChart = lazy(() => import("./TrendChart"));
const NAMES: Record<Interval, string> = { hour: "Hour", day: "Day", week: "Week", month: "Month" };

interface TrendTabProps {
  body: FunnelBody;
  interval: Interval;
  onInterval: (interval: Interval) => void;
}

export function TrendTab({ body, interval, onInterval }: TrendTabProps) {
  return (
    <>
      <SelectField
        label="By"
        className="mb-4 w-36"
        value={interval}
        onChange={({ target }) => onInterval(INTERVALS.find((one) => one === target.value) ?? "day")}
      >
        {INTERVALS.map((one) => (
          <option key={one} value={one}>
            {NAMES[one]}
          </option>
        ))}
      </SelectField>
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
