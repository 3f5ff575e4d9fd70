import { expect, it } from "vitest";
import { flowOf } from "./flow";
import { rowsOf } from "./rows";
import { shortPercent } from "./short_percent";

const node = (position: number, item: string, reached: number, dropped: number) => ({
  id: `${position}_${item}`,
  item,
  position,
  reached,
  continued: reached - dropped,
  dropped,
  ended: 0,
  users: reached,
});
const link = (source: string, target: string, count: number) => ({ source, target, count, users: count, average_seconds: 2 });
const ANSWER = {
  nodes: [node(1, "a", 10, 4), node(2, "x", 3, 3), node(2, "y", 2, 1), node(2, "z", 1, 1)],
  links: [link("1_a", "2_x", 3), link("1_a", "2_y", 2), link("1_a", "2_z", 1)],
};

it("lets the least reached share a box, with their walks", () => {
  const { nodes, links, walks } = flowOf(ANSWER, 2);
  expect(walks).toBe(10);
  const [shared] = nodes.filter((one) => one.shared !== null);
  expect(shared).toMatchObject({ shared: 2, item: "2 others", position: 2, reached: 3, continued: 1, dropped: 2 });
  expect(links).toEqual([
    { source: "1_a", target: "2_x", count: 3 },
    { source: "1_a", target: shared?.id, count: 3 },
  ]);
  expect(flowOf(ANSWER, 3).nodes.every((one) => one.shared === null)).toBe(true);
});

it("lists every link and every end, shared or not", () => {
  expect(rowsOf(ANSWER).map(({ name, walks, percent }) => [name, walks, percent])).toEqual([
    ["1 a → 2 x", 3, 30],
    ["1 a → 2 y", 2, 20],
    ["1 a → 2 z", 1, 10],
    ["1 a → left", 4, 40],
    ["2 x → left", 3, 100],
    ["2 y → left", 1, 50],
    ["2 z → left", 1, 100],
  ]);
});

it("rounds to neither nothing nor all", () => {
  expect([0, 0.2, 23.4, 99.7, 100].map(shortPercent)).toEqual(["0%", "<1%", "23%", ">99%", "100%"]);
});
