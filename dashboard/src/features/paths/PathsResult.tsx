import { useRef } from "react";
import type { Project } from "@/api/types";
import { formatCount, formatPercent } from "@/format/numbers";
import type { Answer } from "@/questions/answers";
import { shareOf, walksOf } from "./flow";
import { Legend } from "./Legend";
import { NodeFacts } from "./NodeFacts";
import { NoWalks } from "./NoWalks";
import { PathsTable } from "./PathsTable";
import { Sankey } from "./Sankey";
import type { View } from "./view";

interface PathsResultProps {
  answer: Answer<"paths">;
  view: View;
  project: Project;
  onChoose: (change: Partial<View>) => void;
}

/** How many walks there are, the picture of them, and the node that was clicked. */
export function PathsResult({ answer, view, project, onChoose }: PathsResultProps) {
  const picture = useRef<HTMLDivElement>(null);
  if (answer.nodes.length === 0) return <NoWalks project={project} />;
  const walks = walksOf(answer.nodes);
  const single = answer.nodes.reduce((sum, { position, dropped }) => (position === 1 ? sum + dropped : sum), 0);
  const node = answer.nodes.find(({ id }) => id === view.node);
  /** The button that does it goes away: the focus goes to where there is something new. */
  const show = (change: Partial<View>, focused: string) => {
    picture.current?.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
    onChoose({ ...change, node: null });
  };
  return (
    <>
      <p className="mb-4 flex flex-wrap items-baseline gap-x-2">
        <span className="text-3xl font-semibold tracking-tight">{formatCount(walks)}</span>
        <span className="text-quiet">
          {wordsOf(view)}
          {view.end === "" && `; ${formatPercent(shareOf(single, walks))} end after their first step`}
        </span>
      </p>
      <div ref={picture}>
        <Sankey answer={answer} chosen={view.node} onChoose={(id) => onChoose({ node: id })} />
      </div>
      <Legend steps={view.steps} gap={view.gap} hasEnd={view.end !== ""} />
      <PathsTable answer={answer} />
      {node && (
        <NodeFacts
          answer={answer}
          node={node}
          onStart={() => show({ start: node.item }, "[role=region]")}
          onEnd={() => show({ end: node.item }, "[role=region]")}
          onClose={() => show({}, "[aria-pressed=true]")}
        />
      )}
    </>
  );
}

function wordsOf({ start, end }: View): string {
  const from = start && ` from “${start}”`;
  const to = end && ` to “${end}”`;
  return `walks${from}${to}`;
}
