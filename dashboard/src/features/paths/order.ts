import { columnsOf, type FlowLink, type FlowNode } from "./flow";

const SWEEPS = 6;

/**
 * The boxes of each column from top to bottom, so that few walks cross: each box moves to where its neighbours are,
 * column by column to the right and back again, and the best order seen is taken. What is shared stays last.
 */
export function orderedColumns(nodes: readonly FlowNode[], links: readonly FlowLink[]): FlowNode[][] {
  let columns = columnsOf(nodes);
  let best = columns;
  let fewest = crossings(columns, links);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    columns = swept(columns, links, sweep % 2 === 0);
    const found = crossings(columns, links);
    if (found < fewest) [best, fewest] = [columns, found];
  }
  return best.map((column) => [...column].sort((one, other) => Number(one.shared !== null) - Number(other.shared !== null)));
}

/** How many pairs of walks cross between two columns. */
export function crossings(columns: readonly (readonly FlowNode[])[], links: readonly FlowLink[]): number {
  const places = placesOf(columns);
  const placed = links.map(({ source, target, count }) => ({ from: places.get(source), to: places.get(target), count }));
  let sum = 0;
  for (const [at, one] of placed.entries()) {
    for (const other of placed.slice(at + 1)) {
      if (!one.from || !one.to || !other.from || !other.to || one.from.column !== other.from.column) continue;
      if ((one.from.row - other.from.row) * (one.to.row - other.to.row) < 0) sum += one.count * other.count;
    }
  }
  return sum;
}

function swept(columns: FlowNode[][], links: readonly FlowLink[], isToRight: boolean): FlowNode[][] {
  const result = [...columns];
  const order = [...columns.keys()];
  for (const at of isToRight ? order.slice(1) : order.reverse().slice(1)) {
    const places = placesOf(result);
    const weights = new Map<string, { sum: number; count: number }>();
    for (const { source, target, count } of links) {
      const [own, neighbour] = isToRight ? [target, source] : [source, target];
      const row = places.get(neighbour)?.row;
      if (row === undefined) continue;
      const before = weights.get(own) ?? { sum: 0, count: 0 };
      weights.set(own, { sum: before.sum + row * count, count: before.count + count });
    }
    const pull = (node: FlowNode) => {
      const weight = weights.get(node.id);
      return weight ? weight.sum / weight.count : (places.get(node.id)?.row ?? 0);
    };
    result[at] = [...(result[at] ?? [])].sort((one, other) => pull(one) - pull(other) || other.reached - one.reached);
  }
  return result;
}

function placesOf(columns: readonly (readonly FlowNode[])[]): Map<string, { column: number; row: number }> {
  return new Map(columns.flatMap((nodes, column) => nodes.map(({ id }, row) => [id, { column, row }] as const)));
}
