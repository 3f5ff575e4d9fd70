import type { PathsAnswer } from "@/api/types";
import { shareOf } from "./flow";

interface Row {
  name: string;
  walks: number;
  /** Not counted of those who end somewhere. */
  people: number | null;
  /** Of the walks that reach the step. */
  percent: number;
  seconds: number | null;
}

/** Node by node where its walks go, the most used first, and how many end there. */
export function rowsOf({ nodes, links }: Pick<PathsAnswer, "nodes" | "links">): Row[] {
  const labels = new Map(nodes.map(({ id, position, item }) => [id, `${position} ${item}`]));
  return nodes.flatMap((node) => {
    const from = `${node.position} ${node.item}`;
    const onward = links
      .filter(({ source }) => source === node.id)
      .map(({ target, count, users, average_seconds: seconds }) => ({
        name: `${from} → ${labels.get(target) ?? target}`,
        walks: count,
        people: users,
        percent: shareOf(count, node.reached),
        seconds,
      }));
    const ends = [
      { name: `${from} → left`, walks: node.dropped },
      { name: `${from} → shown no further`, walks: node.ended },
    ].filter(({ walks }) => walks > 0);
    return [...onward, ...ends.map((end) => ({ ...end, people: null, percent: shareOf(end.walks, node.reached), seconds: null }))];
  });
}
