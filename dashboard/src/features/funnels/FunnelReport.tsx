import { useRef, type ReactNode } from "react";
import type { Definition, Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { QuestionActions } from "@/questions/QuestionActions";
import { Card } from "@/ui/surfaces";
import { Tabs } from "@/ui/Tabs";
import { BehindStage } from "./BehindStage";
import { StepsTab } from "./StepsTab";
import { TimeTab } from "./TimeTab";
import { TrendTab } from "./TrendTab";
import { useSettled } from "@/questions/use_settled";
import { useView } from "./use_view";
import { breakdownOf, keptQuestion, questionOf, type Tab } from "./view";
import { ViewControls } from "./ViewControls";

interface FunnelReportProps {
  project: Project;
  definition: Definition;
  funnelId: string;
  name: string;
}

/** The figures of a funnel as the address says them: controls, the chosen chart, the people behind a bar. */
export function FunnelReport({ project, definition, funnelId, name }: FunnelReportProps) {
  const [view, change] = useView();
  const sight = useSight();
  const settled = { ...view, filter: useSettled(view.filter) };
  const asked = { ...definition, ...questionOf(settled, project, sight) };
  const withBreakdown = { ...asked, ...breakdownOf(view) };
  const ofTab = { steps: withBreakdown, trend: { ...asked, interval: view.interval }, time: null };
  const chart = useRef<HTMLDivElement>(null);
  const tabs: { id: Tab; label: string; content: ReactNode }[] = [
    {
      id: "steps",
      label: "Steps",
      content: (
        <StepsTab
          body={{ ...withBreakdown, compare: view.compare }}
          breakdown={view.breakdown}
          behind={view.behind}
          onBehind={(behind) => change({ behind })}
        />
      ),
    },
    { id: "trend", label: "Trend", content: <TrendTab body={asked} interval={view.interval} onInterval={(interval) => change({ interval })} /> },
    { id: "time", label: "Time to convert", content: <TimeTab body={asked} /> },
  ];
  return (
    <div className="flex flex-col gap-4">
      <ViewControls project={project} view={view} onChange={change} />
      <Card>
        <div ref={chart}>
          <Tabs label="Charts" tabs={tabs} chosen={view.tab} onChoose={(tab) => change({ tab })} />
        </div>
      </Card>
      {view.tab === "steps" && view.behind && (
        <BehindStage
          key={`${view.behind.stage}-${view.behind.which}-${view.behind.value}`}
          body={view.behind.value === null ? asked : withBreakdown}
          behind={view.behind}
          definition={definition}
          project={project}
          funnelId={funnelId}
          onClose={() => change({ behind: null })}
        />
      )}
      <QuestionActions
        kind="funnel"
        body={ofTab[view.tab]}
        kept={keptQuestion(settled, definition)}
        name={name}
        chart={chart}
      />
    </div>
  );
}
