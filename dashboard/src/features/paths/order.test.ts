import { expect, it } from "vitest";
import type { FlowNode } from "./flow";
import { crossings, orderedColumns } from "./order";

const node = (id: string, reached: number, shared: number | null = null): FlowNode => ({
  id,
  item: id,
  position: Number(id[0]),
  shared,
  reached,
  continued: reached,
  dropped: 0,
  ended: 0,
});
const link = (source: string, target: string, count: number) => ({ source, target, count });

it("moves boxes to where their walks come from", () => {
  const nodes = [node("1a", 9), node("1b", 8), node("2c", 9), node("2d", 8)];
  const links = [link("1a", "2d", 8), link("1b", "2c", 8), link("1a", "2c", 1)];
  const columns = orderedColumns(nodes, links);
  expect(columns.map((column) => column.map(({ id }) => id))).toEqual([
    ["1a", "1b"],
    ["2d", "2c"],
  ]);
  expect(crossings(columns, links)).toBe(0);
});

it("leaves what is shared at the foot", () => {
  const nodes = [node("1a", 9), node("1b", 8), node("2c", 9, 4), node("2d", 8)];
  const [, last] = orderedColumns(nodes, [link("1a", "2c", 9), link("1b", "2d", 8)]);
  expect(last?.map(({ id }) => id)).toEqual(["2d", "2c"]);
});
