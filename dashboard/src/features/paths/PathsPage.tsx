import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { useSight } from "@/app/as_of";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { answerQuery } from "@/questions/answers";
import { Asked } from "@/questions/Asked";
import { QuestionActions } from "@/questions/QuestionActions";
import { useSettled } from "@/questions/use_settled";
import { Card, PageHead } from "@/ui/surfaces";
import { PathsControls } from "./PathsControls";
import { PathsResult } from "./PathsResult";
import { useView } from "./use_view";
import { keptQuestion, questionOf } from "./view";

/** Paths: what people do one after the other. */
export function Page() {
  useTitle("Paths");
  const project = useProject();
  const sight = useSight();
  const { view, change, choose } = useView();
  const { filter, start, end } = useSettled({ filter: view.filter, start: view.start, end: view.end });
  const settled = { ...view, filter, start, end };
  const body = questionOf(settled, project, sight);
  const seen = useQuery(answerQuery("paths", body)).data?.nodes.map(({ item }) => item) ?? [];
  const chart = useRef<HTMLDivElement>(null);
  return (
    <>
      <PageHead title="Paths" about="What people do one after the other, step by step, and where they leave." />
      <div className="flex flex-col gap-4">
        <PathsControls project={project} view={view} items={[...new Set([...view.groups, ...seen])]} onChange={change} />
        <Card>
          <div ref={chart}>
            <Asked kind="paths" body={body}>
              {(answer) => <PathsResult answer={answer} view={settled} project={project} onChoose={choose} />}
            </Asked>
          </div>
        </Card>
        <QuestionActions kind="paths" body={body} kept={keptQuestion(settled)} name="Paths" chart={chart} />
      </div>
    </>
  );
}
