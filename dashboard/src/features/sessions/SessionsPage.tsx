import { useRef } from "react";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { Asked } from "@/questions/Asked";
import { askedBase } from "@/questions/base_view";
import { QuestionActions } from "@/questions/QuestionActions";
import { useAddress } from "@/questions/use_address";
import { useSettled } from "@/questions/use_settled";
import { Card, PageHead } from "@/ui/surfaces";
import { SessionList } from "./SessionList";
import { SessionsControls } from "./SessionsControls";
import Shown from "./Shown";
import { askedSessions, cutOf, keptSessions, readView, writeView } from "./view";

const WRITING = { read: readView, write: writeView, typed: ["filter", "gap"] as const };

export function Page() {
  useTitle("Sessions");
  const project = useProject();
  const sight = useSight();
  const [view, change] = useAddress(WRITING);
  const chart = useRef<HTMLDivElement>(null);
  const settled = { ...view, ...useSettled({ filter: view.filter, gap: view.gap }) };
  const body = askedSessions(settled, project, sight);
  const question: Record<string, unknown> = { ...body };
  return (
    <>
      <PageHead title="Sessions" about="How often people come, how long they stay and how much they do in one visit." />
      <div className="flex flex-col gap-4">
        <SessionsControls project={project} view={view} onChange={change} />
        <Card>
          <Asked kind="sessions" body={body}>
            {(answer) => (
              <div ref={chart}>
                <Shown answer={answer} question={question} project={project} shown={view.shown} />
              </div>
            )}
          </Asked>
        </Card>
        <QuestionActions kind="sessions" body={body} kept={keptSessions(settled)} name="Sessions" chart={chart} />
        <SessionList asked={{ ...askedBase(settled, project, sight), ...cutOf(settled) }} view={view} onChange={change} />
      </div>
    </>
  );
}
