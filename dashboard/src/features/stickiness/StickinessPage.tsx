import { lazy, Suspense, useRef } from "react";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { Asked } from "@/questions/Asked";
import { QuestionActions } from "@/questions/QuestionActions";
import { useAddress } from "@/questions/use_address";
import { useSettled } from "@/questions/use_settled";
import { Card, PageHead, Skeleton } from "@/ui/surfaces";
import { Controls } from "./Controls";
import { askedQuestion, keptQuestion, readView, writeView } from "./view";

const Shown = lazy(() => import("./Shown"));
const WRITING = { read: readView, write: writeView, typed: ["event", "filter", "length", "times"] as const };

export function Page() {
  useTitle("Stickiness");
  const project = useProject();
  const sight = useSight();
  const [view, change] = useAddress(WRITING);
  const { event, filter, length, times } = view;
  const settled = { ...view, ...useSettled({ event, filter, length, times }) };
  const body = askedQuestion(settled, project, sight);
  const chart = useRef<HTMLDivElement>(null);
  return (
    <>
      <PageHead title="Stickiness" about="On how many days, or other periods, of the range people are active: who comes once, and who has made it a habit." />
      <div className="flex flex-col gap-4">
        <Controls project={project} view={view} onChange={change} />
        <Card>
          <div ref={chart}>
            <Asked kind="stickiness" body={body}>
              {(answer) => (
                <Suspense fallback={<Skeleton className="h-72" />}>
                  <Shown answer={answer} question={answer.receipt.question} project={project} />
                </Suspense>
              )}
            </Asked>
          </div>
        </Card>
        <QuestionActions kind="stickiness" body={body} kept={keptQuestion(settled)} name="Stickiness" chart={chart} />
      </div>
    </>
  );
}
