import { useId, useMemo, useState } from "react";
import type { PathsAnswer } from "@/api/types";
import { plural } from "@/format/numbers";
import { flowOf, type FlowLink } from "./flow";
import { layoutOf } from "./layout";
import { NodeBox } from "./NodeBox";

const HEADINGS = 22; // pixels above the boxes
const NARROWEST = 0.83; // of the layout's units in pixels: labels stay readable, and the picture scrolls
const WIDEST = 1.5;

interface SankeyProps {
  answer: Pick<PathsAnswer, "nodes" | "links">;
  chosen?: string | null;
  /** Where nothing can be done with a node (on dashboards), nodes are no buttons. */
  onChoose?: (id: string | null) => void;
}

/**
 * Steps as columns from left to right; between the bars of two nodes a ribbon for who went from one to the other. Colours
 * are attributes: a downloaded picture knows no classes of what is in an SVG.
 */
export function Sankey({ answer, chosen = null, onChoose }: SankeyProps) {
  const gradient = useId();
  const [pointed, setPointed] = useState<string | null>(null);
  const { flow, layout } = useMemo(() => {
    const made = flowOf(answer);
    return { flow: made, layout: layoutOf(made) };
  }, [answer]);
  const { width, height, columns, boxes, ribbons, exits } = layout;
  const shown = boxes.find(({ node }) => node.id === (pointed ?? chosen))?.node.id ?? null;
  const nameOf = new Map(flow.nodes.map((node) => [node.id, node.item]));
  const opacityOf = ({ source, target }: FlowLink) => {
    if (shown === null) return 0.3;
    return source === shown || target === shown ? 0.65 : 0.1;
  };
  const percent = (units: number) => `${(units / width) * 100}%`;
  return (
    <div className="overflow-x-auto pb-2" tabIndex={0} role="region" aria-label="Paths, step by step">
      <div className="relative" style={{ height: height + HEADINGS, minWidth: width * NARROWEST, maxWidth: width * WIDEST }}>
        {columns.map(({ position, left }) => (
          <p key={position} className="absolute top-0 text-xs font-semibold tracking-wide text-quiet uppercase" style={{ left: percent(left) }}>
            Step {position}
          </p>
        ))}
        <svg
          aria-hidden
          className="absolute left-0 w-full"
          style={{ top: HEADINGS, height }}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
        >
          <defs>
            <linearGradient id={gradient}>
              <stop offset="0" stopColor="var(--color-chart-2)" stopOpacity="0.75" />
              <stop offset="1" stopColor="var(--color-chart-2)" stopOpacity="0" />
            </linearGradient>
          </defs>
          {ribbons.map(({ link, path }) => (
            <path
              key={`${link.source}\n${link.target}`}
              d={path}
              fill="var(--color-chart-1)"
              fillOpacity={opacityOf(link)}
              className="transition-[fill-opacity] hover:[fill-opacity:0.6]"
            >
              <title>{`${nameOf.get(link.source)} → ${nameOf.get(link.target)}: ${plural(link.count, "walk")}`}</title>
            </path>
          ))}
          {exits.map(({ id, path }) => (
            <path key={id} d={path} fill={`url(#${gradient})`} fillOpacity={shown === null || shown === id ? 1 : 0.25} className="transition-[fill-opacity]" />
          ))}
        </svg>
        <ul onMouseLeave={() => setPointed(null)}>
          {boxes.map((box) => (
            <li key={box.node.id} className="absolute" style={{ left: percent(box.left), top: box.top + HEADINGS, width: percent(box.width) }}>
              <NodeBox
                box={box}
                walks={flow.walks}
                isChosen={box.node.id === chosen}
                onPoint={(isPointed) => setPointed(isPointed ? box.node.id : null)}
                {...(onChoose && box.node.shared === null ? { onChoose: () => onChoose(box.node.id === chosen ? null : box.node.id) } : {})}
              />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
