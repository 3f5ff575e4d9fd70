import { useRef } from "react";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { Asked } from "@/questions/Asked";
import { QuestionActions } from "@/questions/QuestionActions";
import { useSettled } from "@/questions/use_settled";
import { Card, EmptyState } from "@/ui/surfaces";
import { ChartTypes } from "./ChartTypes";
import { letterOf } from "./letters";
import { drawnOf, linesOf } from "./lines";
import { byPlace } from "./refused";
import { isFinished, nameOf, type Series } from "./series";
import { SeriesEditor } from "./SeriesEditor";
import Shown from "./Shown";
import { TotalsTable } from "./TotalsTable";
import { TrendsControls } from "./TrendsControls";
import { useRefusedFormulas } from "./use_refused_formulas";
import { askedTrends, keptTrends, type View } from "./view";

const NAME_MAX = 60;

interface TrendsReportProps {
  view: View;
  /** Those of the view, or what a new page starts with. */
  series: Series[];
  onChange: (change: Partial<View>) => void;
}

/** The figures that the address asks for: what the lines are, when and by what, the chart and its totals. */
export function TrendsReport({ view, series, onChange }: TrendsReportProps) {
  const project = useProject();
  const sight = useSight();
  const chart = useRef<HTMLDivElement>(null);
  const settled = { ...view, ...useSettled({ series, formulas: view.formulas, filter: view.filter }) };
  const whole = askedTrends(settled, project, sight);
  const unfinished = [series, settled.series].map((some) => some.findIndex((one) => !isFinished(one))).find((place) => place >= 0);
  const refused = useRefusedFormulas(whole, unfinished === undefined);
  // Without the formulas that are none yet: what is there goes on being shown.
  const body = { ...whole, formulas: whole.formulas?.filter((_, place) => !refused.has(place)) ?? [] };
  const question: Record<string, unknown> = { ...body };
  return (
    <div className="flex flex-col gap-4">
      <SeriesEditor projectId={project.id} series={series} formulas={view.formulas} errors={byPlace(settled.formulas, refused)} onChange={onChange} />
      <TrendsControls project={project} view={view} onChange={onChange} />
      <Card>
        <div className="mb-4 flex justify-end">
          <ChartTypes value={view.chart} onChange={(type) => onChange({ chart: type })} />
        </div>
        {unfinished !== undefined ? (
          <EmptyState title="One thing is missing">Say above which property’s numbers series {letterOf(unfinished)} measures.</EmptyState>
        ) : (
          <Asked kind="trends" body={body}>
            {(answer) => {
              const lines = linesOf(answer, question);
              return (
                <>
                  <div ref={chart}>
                    <Shown answer={answer} question={question} project={project} chart={view.chart} drawn={view.drawn} />
                  </div>
                  <TotalsTable
                    lines={lines}
                    drawn={drawnOf(lines, question, view.drawn)}
                    chart={view.chart}
                    breakdown={view.breakdown}
                    isCompared={answer.previous !== undefined}
                    onDraw={(drawn) => onChange({ drawn })}
                  />
                </>
              );
            }}
          </Asked>
        )}
      </Card>
      {unfinished === undefined && (
        <QuestionActions kind="trends" body={body} kept={{ ...keptTrends(settled), formulas: body.formulas }} name={`Trend of ${series.map(nameOf).join(", ")}`.slice(0, NAME_MAX)} chart={chart} />
      )}
    </div>
  );
}
