import { useRef } from "react";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { Asked } from "@/questions/Asked";
import { QuestionActions } from "@/questions/QuestionActions";
import { useAddress } from "@/questions/use_address";
import { useSettled } from "@/questions/use_settled";
import { Card, PageHead } from "@/ui/surfaces";
import { Controls } from "./Controls";
import { Result } from "./Result";
import { askedQuestion, keptQuestion, readView, writeView } from "./view";

const WRITING = { read: readView, write: writeView, typed: ["cohort", "back", "filter", "periods", "least"] as const };

export function Page() {
  useTitle("Retention");
  const project = useProject();
  const sight = useSight();
  const [view, change] = useAddress(WRITING);
  const { cohort, back, filter, periods, least } = view;
  const settled = { ...view, ...useSettled({ cohort, back, filter, periods, least }) };
  const body = askedQuestion(settled, project, sight);
  const chart = useRef<HTMLDivElement>(null);
  return (
    <>
      <PageHead title="Retention" about="How many of those who did something come back, and when." />
      <div className="flex flex-col gap-4">
        <Controls project={project} view={view} onChange={change} />
        <Card>
          <div ref={chart}>
            {/* The ground of the column that stays in place, for a picture as well. */}
            <div className="bg-surface">
              <Asked kind="retention" body={body}>
                {(answer) => <Result answer={answer} view={view} onChange={change} />}
              </Asked>
            </div>
          </div>
        </Card>
        <QuestionActions kind="retention" body={body} kept={keptQuestion(settled)} name="Retention" chart={chart} />
      </div>
    </>
  );
}
