import { useEffect, useRef } from "react";
import type { PathsAnswer } from "@/api/types";
import { formatCount, formatPercent, plural } from "@/format/numbers";
import { formatDuration } from "@/format/times";
import { Button, IconButton } from "@/ui/Button";
import { CloseIcon } from "@/ui/icons";
import { shareOf, walksOf } from "./flow";

const MOST_NEIGHBOURS = 3;

interface NodeFactsProps {
  answer: Pick<PathsAnswer, "nodes" | "links">;
  node: PathsAnswer["nodes"][number];
  onStart: () => void;
  onEnd: () => void;
  onClose: () => void;
}

/** One node's figures and neighbours, at the window's lower edge so that the picture above stays in sight. */
export function NodeFacts({ answer, node, onStart, onEnd, onClose }: NodeFactsProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const isClicked = document.activeElement?.getAttribute("aria-pressed") === "true";
    if (isClicked) heading.current?.focus({ preventScroll: true });
  }, [node.id]);
  const items = new Map(answer.nodes.map(({ id, item }) => [id, item]));
  const before = answer.links.filter(({ target }) => target === node.id);
  const after = answer.links.filter(({ source }) => source === node.id);
  const parts = [
    [node.continued, "went on"],
    [node.dropped, "left"],
    [node.ended, "shown no further"],
  ] as const;
  return (
    <section
      aria-labelledby="node-facts"
      className="sticky bottom-0 -mx-4 mt-4 border-y border-line bg-surface px-4 py-3 shadow-[0_-8px_16px_-12px_rgb(0_0_0/0.4)] sm:-mx-5 sm:px-5"
      onKeyDown={({ key }) => key === "Escape" && onClose()}
    >
      <div className="flex items-start justify-between gap-2">
        <h2 id="node-facts" ref={heading} tabIndex={-1} className="min-w-0 break-all outline-none">
          <span className="text-quiet">Step {node.position}:</span> {node.item}
        </h2>
        <IconButton label="Close" className="-mt-1.5" onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </div>
      <p className="text-sm">
        {plural(node.reached, "walk")} ({formatPercent(shareOf(node.reached, walksOf(answer.nodes)))} of all) of {plural(node.users, "person", "people")}
        {parts.map(
          ([count, what]) =>
            count > 0 && (
              <span key={what}>
                {" "}
                · {formatPercent(shareOf(count, node.reached))} {what}
              </span>
            ),
        )}
      </p>
      <div className="mt-2 flex flex-wrap items-end justify-between gap-x-8 gap-y-3">
        <div className="hidden min-w-0 gap-x-8 text-sm sm:flex">
          <Neighbours title="Came from" rows={before.map(({ source, ...link }) => ({ ...link, id: source, name: items.get(source) ?? source }))} />
          <Neighbours title="Went on to" rows={after.map(({ target, ...link }) => ({ ...link, id: target, name: items.get(target) ?? target }))} />
        </div>
        <div className="flex gap-2">
          <Button onClick={onStart}>Start here</Button>
          <Button onClick={onEnd}>End here</Button>
        </div>
      </div>
    </section>
  );
}

interface Neighbour {
  id: string;
  name: string;
  count: number;
  average_seconds: number;
}

function Neighbours({ title, rows }: { title: string; rows: readonly Neighbour[] }) {
  if (rows.length === 0) return null;
  return (
    <div className="min-w-0">
      <h3 className="font-normal text-quiet">{title}</h3>
      <ul>
        {rows.slice(0, MOST_NEIGHBOURS).map(({ id, name, count, average_seconds: seconds }) => (
          <li key={id} className="max-w-72 truncate" title={name}>
            <span className="tabular-nums">{formatCount(count)}</span> {name} <span className="text-quiet">({formatDuration(seconds)})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
