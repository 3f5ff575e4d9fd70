import type { PathsAnswer } from "@/api/types";

/** More boxes in a column are a list, not a picture: the least reached of them share one. */
export const MOST_IN_COLUMN = 9;

/** A box of the picture: an item at a position, or those of a position that share a box. */
export interface FlowNode {
  id: string;
  item: string;
  position: number;
  /** How many items share the box; null: it is one item's own. */
  shared: number | null;
  reached: number;
  continued: number;
  dropped: number;
  ended: number;
}

export interface FlowLink {
  source: string;
  target: string;
  count: number;
}

export interface Flow {
  nodes: FlowNode[];
  links: FlowLink[];
  /** All walks: each has one first node. */
  walks: number;
}

/** What is drawn of an answer. A walk is at one item of each position, so that the figures of a shared box are exact. */
export function flowOf({ nodes, links }: Pick<PathsAnswer, "nodes" | "links">, most = MOST_IN_COLUMN): Flow {
  const boxes = columnsOf(nodes).flatMap((column) => sharedPast(column, most));
  const boxOf = new Map(boxes.flatMap(({ node, ids }) => ids.map((id) => [id, node.id] as const)));
  const merged = new Map<string, FlowLink>();
  for (const link of links) {
    const [source, target] = [boxOf.get(link.source), boxOf.get(link.target)];
    if (source === undefined || target === undefined) continue;
    const key = JSON.stringify([source, target]);
    const before = merged.get(key)?.count ?? 0;
    merged.set(key, { source, target, count: before + link.count });
  }
  return { nodes: boxes.map(({ node }) => node), links: [...merged.values()], walks: walksOf(nodes) };
}

export function walksOf(nodes: PathsAnswer["nodes"]): number {
  return nodes.reduce((sum, { position, reached }) => (position === 1 ? sum + reached : sum), 0);
}

export const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : (part / whole) * 100);

/** By position, in each the most reached first. */
export function columnsOf<Node extends { position: number; reached: number }>(nodes: readonly Node[]): Node[][] {
  const columns = new Map<number, Node[]>();
  for (const node of nodes) columns.set(node.position, [...(columns.get(node.position) ?? []), node]);
  return [...columns]
    .sort(([one], [other]) => one - other)
    .map(([, column]) => column.sort((one, other) => other.reached - one.reached));
}

function sharedPast(column: PathsAnswer["nodes"], most: number): { node: FlowNode; ids: string[] }[] {
  const isShared = column.length > most;
  const own = (isShared ? column.slice(0, most - 1) : column).map((node) => ({ node: { ...node, shared: null }, ids: [node.id] }));
  const rest = isShared ? column.slice(most - 1) : [];
  const [first] = rest;
  if (!first) return own;
  const sum = (figure: "reached" | "continued" | "dropped" | "ended") => rest.reduce((all, node) => all + node[figure], 0);
  const node: FlowNode = {
    id: `others at ${first.position}`, // no item's: those begin with their position
    item: `${rest.length} others`,
    position: first.position,
    shared: rest.length,
    reached: sum("reached"),
    continued: sum("continued"),
    dropped: sum("dropped"),
    ended: sum("ended"),
  };
  return [...own, { node, ids: rest.map(({ id }) => id) }];
}
