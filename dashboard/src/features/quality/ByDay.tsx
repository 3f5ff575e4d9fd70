import { lazy, Suspense, useMemo } from "react";
import { Link } from "react-router";
import type { QualityAnswer } from "@/api/types";
import { useProject } from "@/app/project";
import { formatCount } from "@/format/numbers";
import { formatPeriod } from "@/format/times";
import { FigureTable } from "@/ui/chart_parts";
import { Card, Skeleton } from "@/ui/surfaces";
import { Tabs } from "@/ui/Tabs";
import { figuresByDay } from "./by_day";
import { useMaySeeRefused } from "./may_see";
import { CHARTS, quarantineLink, type Chart } from "./view";

const DayChart = lazy(() => import("./DayChart"));
const LABELS: Record<Chart, string> = { all: "All that came in", refused: "Refused, by reason", schemas: "Failing their schema" };
const NOTHING: Record<Chart, string> = {
  all: "Nothing came in on these days.",
  refused: "Nothing was refused on these days.",
  schemas: "No event failed the schema of its type on these days. Types without a schema are not checked.",
};

interface ByDayProps {
  answer: QualityAnswer;
  chart: Chart;
  onChart: (chart: Chart) => void;
}

/** The same counts day by day, as a chart and as a table. */
export function ByDay({ answer, chart, onChart }: ByDayProps) {
  const tabs = CHARTS.map((id) => ({ id, label: LABELS[id], content: <Figures answer={answer} chart={id} /> }));
  return (
    <Card>
      <h2 className="mb-2">By day</h2>
      <Tabs label="By day" tabs={tabs} chosen={chart} onChoose={onChart} />
    </Card>
  );
}

function Figures({ answer, chart }: { answer: QualityAnswer; chart: Chart }) {
  const project = useProject();
  const mayFollow = useMaySeeRefused() && chart !== "schemas";
  const { series, days } = useMemo(() => figuresByDay(answer.days, chart), [answer.days, chart]);
  if (series.length === 0) return <p className="py-6 text-center text-quiet">{NOTHING[chart]}</p>;
  return (
    <>
      <Suspense fallback={<Skeleton className="h-72" />}>
        <DayChart label={LABELS[chart]} series={series} days={days} />
      </Suspense>
      <FigureTable
        caption={`${LABELS[chart]}, by day`}
        heads={["Day (UTC)", ...series.map(({ label }) => label)]}
        rows={days.toReversed().map(({ date, counts }) => [
          formatPeriod(date),
          ...series.map(({ key, label }, place) => {
            const count = counts[place] ?? 0;
            const isFollowed = mayFollow && count > 0 && (chart === "refused" ? !key.startsWith("$") : key === "refused");
            const to = quarantineLink(project.id, { start: date, end: date }, chart === "refused" ? key : null);
            return isFollowed ? (
              <Link key={key} to={to} className="link" aria-label={`${formatPeriod(date)}, ${label}: ${formatCount(count)}. Show these events`}>
                {formatCount(count)}
              </Link>
            ) : (
              formatCount(count)
            );
          }),
        ])}
      />
    </>
  );
}
