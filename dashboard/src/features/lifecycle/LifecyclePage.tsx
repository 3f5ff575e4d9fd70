import { lazy, Suspense, useRef } from "react";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { Asked } from "@/questions/Asked";
import { BaseControls } from "@/questions/BaseControls";
import { CountByField } from "@/questions/CountByField";
import { EventWhere } from "@/questions/EventWhere";
import { IntervalField } from "@/questions/IntervalField";
import { QuestionActions } from "@/questions/QuestionActions";
import { useAddress } from "@/questions/use_address";
import { useSettled } from "@/questions/use_settled";
import { Card, PageHead, Skeleton } from "@/ui/surfaces";
import { askedQuestion, keptQuestion, readView, writeView } from "./view";

const Shown = lazy(() => import("./Shown"));
const WRITING = { read: readView, write: writeView, typed: ["event", "filter"] as const };

export function Page() {
  useTitle("Lifecycle");
  const project = useProject();
  const sight = useSight();
  const [view, change] = useAddress(WRITING);
  const { event, filter } = view;
  const settled = { ...view, ...useSettled({ event, filter }) };
  const body = askedQuestion(settled, project, sight);
  const chart = useRef<HTMLDivElement>(null);
  return (
    <>
      <PageHead title="Lifecycle" about="Of the people in each period, who is new, who stays, who comes back, and who falls silent." />
      <div className="flex flex-col gap-4">
        <BaseControls project={project} view={view} onChange={change}>
          <IntervalField interval={view.interval} onChange={(interval) => change({ interval })} />
          <CountByField projectId={project.id} countBy={view.countBy} onChange={(countBy) => change({ countBy })} />
          <div className="w-full">
            <EventWhere label="Active means: they did" projectId={project.id} event={view.event} onChange={(changed) => change({ event: changed })} />
          </div>
        </BaseControls>
        <Card>
          <div ref={chart}>
            <Asked kind="lifecycle" body={body}>
              {(answer) => (
                <Suspense fallback={<Skeleton className="h-80" />}>
                  <Shown answer={answer} question={answer.receipt.question} project={project} />
                </Suspense>
              )}
            </Asked>
          </div>
        </Card>
        <QuestionActions kind="lifecycle" body={body} kept={keptQuestion(settled)} name="Lifecycle" chart={chart} />
      </div>
    </>
  );
}
