import { lazy, Suspense } from "react";
import type { Project } from "@/api/types";
import { formatPercent } from "@/format/numbers";
import type { Answer } from "@/questions/answers";
import { isOneOf } from "@/questions/base_view";
import { Skeleton } from "@/ui/surfaces";
import { BreakdownTable } from "./BreakdownTable";
import { FunnelBars } from "./FunnelBars";
import { breakdownIn } from "./address";
import { unitOf } from "@/questions/count_by";
import { INTERVALS } from "@/questions/interval";

const TrendChart = lazy(() => import("./TrendChart"));

interface ShownProps {
  answer: Answer<"funnel">;
  question: Record<string, unknown>;
  project: Project;
}

/** A kept funnel question's figures: its bars, or where it asks for periods how the conversion went. */
export default function Shown({ answer, question }: ShownProps) {
  const { stages, trend, previous, breakdown: rows, overall_conversion_rate: rate } = answer;
  const interval = question["interval"];
  const unit = unitOf(question["count_by"]);
  if (trend && isOneOf(INTERVALS, interval)) {
    return (
      <Suspense fallback={<Skeleton className="h-72" />}>
        <TrendChart periods={trend} interval={interval} />
      </Suspense>
    );
  }
  if (stages[0]?.users === 0 && !previous?.stages[0]?.users) {
    return <p className="py-8 text-center text-quiet">Nobody met the first stage, “{stages[0].stage_name}”, in this range.</p>;
  }
  return (
    <div className="@container">
      <p className="mb-2 flex flex-wrap items-baseline gap-x-2">
        <span className="text-2xl font-semibold tracking-tight">{formatPercent(rate)}</span>
        <span className="text-quiet">of {unit} reach the last stage</span>
        {previous && <span className="text-sm text-quiet">({formatPercent(previous.overall_conversion_rate)} before)</span>}
      </p>
      <FunnelBars isCompact stages={stages} previous={previous?.stages} unit={unit} />
      {rows && <BreakdownTable property={breakdownIn(question).join(", ")} rows={rows} unit={unit} />}
    </div>
  );
}
