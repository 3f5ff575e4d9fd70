import type { Flow, FlowLink, FlowNode } from "./flow";
import { orderedColumns } from "./order";

/** Across: units that the picture stretches to its width. Down: pixels, since there is text. */
const BOX_WIDTH = 160;
const BETWEEN = 72;
const TAIL = 34; // a ribbon that leads nowhere, beside the box that it leaves
export const LABEL_HEIGHT = 42;
const BOX_GAP = 14;
const ALL_WALKS_HEIGHT = 280;
const LEAST_BAR = 6;
const LEAST_RIBBON = 1;

/** A node: its label, and under that a bar as high as walks reach it. */
export interface Box {
  node: FlowNode;
  left: number;
  width: number;
  top: number;
  bar: number;
}

/** Walks from one node to the next; as a path. */
export interface Ribbon {
  link: FlowLink;
  path: string;
}

/** The walks that end at a node by themselves. */
export interface Exit {
  id: string;
  path: string;
}

export interface Layout {
  width: number;
  height: number;
  columns: { position: number; left: number }[];
  boxes: Box[];
  ribbons: Ribbon[];
  exits: Exit[];
}

/** Where everything goes: a column for each position, boxes under each other, ribbons between their bars. */
export function layoutOf({ nodes, links, walks }: Flow): Layout {
  const perWalk = ALL_WALKS_HEIGHT / Math.max(1, walks);
  const columns = orderedColumns(nodes, links);
  const boxes = columns.flatMap((column, place) => stacked(column, place * (BOX_WIDTH + BETWEEN), perWalk));
  return {
    width: Math.max(0, columns.length * (BOX_WIDTH + BETWEEN) - BETWEEN) + TAIL,
    height: Math.max(0, ...boxes.map(({ top, bar }) => top + LABEL_HEIGHT + bar)),
    columns: columns.map((column, place) => ({ position: column[0]?.position ?? place + 1, left: place * (BOX_WIDTH + BETWEEN) })),
    boxes,
    ribbons: ribbonsOf(boxes, links),
    exits: boxes.filter(({ node }) => node.dropped > 0).map(exitOf),
  };
}

function stacked(column: readonly FlowNode[], left: number, perWalk: number): Box[] {
  let top = 0;
  return column.map((node) => {
    const box = { node, left, width: BOX_WIDTH, top, bar: Math.max(LEAST_BAR, node.reached * perWalk) };
    top += LABEL_HEIGHT + box.bar + BOX_GAP;
    return box;
  });
}

/** At each bar ribbons lie in the order of the boxes that they lead to, from its top; none crosses another there. */
function ribbonsOf(boxes: readonly Box[], links: readonly FlowLink[]): Ribbon[] {
  const boxOf = new Map(boxes.map((box) => [box.node.id, box]));
  const used = new Map<string, number>();
  const spans = new Map<FlowLink, Record<"source" | "target", Span>>();
  const top = (id: string) => boxOf.get(id)?.top ?? 0;
  for (const end of ["source", "target"] as const) {
    const other = end === "source" ? "target" : "source";
    for (const link of [...links].sort((one, next) => top(one[other]) - top(next[other]))) {
      const box = boxOf.get(link[end]);
      if (!box) continue;
      const key = `${end} ${link[end]}`;
      const before = used.get(key) ?? 0;
      used.set(key, before + link.count);
      const begin = box.top + LABEL_HEIGHT + (before / box.node.reached) * box.bar;
      const span = { at: end === "source" ? box.left + box.width : box.left, begin, size: (link.count / box.node.reached) * box.bar };
      spans.set(link, { ...(spans.get(link) ?? { source: span, target: span }), [end]: span });
    }
  }
  return [...spans].map(([link, { source, target }]) => ({ link, path: ribbonPath(source, target) }));
}

interface Span {
  at: number;
  begin: number;
  size: number;
}

function ribbonPath(from: Span, to: Span): string {
  const middle = (from.at + to.at) / 2;
  const [fromEnd, toEnd] = [from, to].map(({ begin, size }) => begin + Math.max(LEAST_RIBBON, size));
  return [
    `M${round(from.at)},${round(from.begin)}`,
    `C${round(middle)},${round(from.begin)} ${round(middle)},${round(to.begin)} ${round(to.at)},${round(to.begin)}`,
    `L${round(to.at)},${round(toEnd ?? 0)}`,
    `C${round(middle)},${round(toEnd ?? 0)} ${round(middle)},${round(fromEnd ?? 0)} ${round(from.at)},${round(fromEnd ?? 0)}`,
    "Z",
  ].join("");
}

/** From the lower end of a bar, where no link begins. */
function exitOf({ node, left, width, top, bar }: Box): Exit {
  const size = Math.max(LEAST_RIBBON, (node.dropped / node.reached) * bar);
  const [begin, end] = [top + LABEL_HEIGHT + bar - size, top + LABEL_HEIGHT + bar];
  const right = left + width;
  return { id: node.id, path: `M${right},${round(begin)}L${right + TAIL},${round(begin)}L${right + TAIL},${round(end)}L${right},${round(end)}Z` };
}

const round = (length: number): number => Math.round(length * 100) / 100;
