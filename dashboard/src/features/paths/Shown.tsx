import type { Project } from "@/api/types";
import type { Answer } from "@/questions/answers";
import { PathsTable } from "./PathsTable";
import { Sankey } from "./Sankey";
import { NoWalks } from "./NoWalks";

interface ShownProps {
  answer: Answer<"paths">;
  question: Record<string, unknown>;
  project: Project;
}

/** The picture of an answer and its figures, without anything to choose. */
export default function Shown({ answer, project }: ShownProps) {
  if (answer.nodes.length === 0) return <NoWalks project={project} />;
  return (
    <>
      <Sankey answer={answer} />
      <PathsTable answer={answer} />
    </>
  );
}
