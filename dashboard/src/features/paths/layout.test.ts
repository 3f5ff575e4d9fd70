import { describe, expect, it } from "vitest";
import { flowOf } from "./flow";
import { LABEL_HEIGHT, layoutOf } from "./layout";

const node = (id: string, reached: number, dropped: number) => {
  const [position = "", item = ""] = id.split("_");
  return { id, item, position: Number(position), reached, continued: reached - dropped, dropped, ended: 0, users: reached };
};
const link = (source: string, target: string, count: number) => ({ source, target, count, users: count, average_seconds: 1 });
const ANSWER = {
  nodes: [node("1_a", 300, 100), node("1_b", 100, 0), node("2_c", 200, 200), node("2_d", 100, 100)],
  links: [link("1_a", "2_d", 10), link("1_a", "2_c", 190), link("1_b", "2_d", 90)],
};

/** Of a path: the x and the two y at its beginning, and those at its end. */
const ends = (path: string) => {
  const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
  return { from: [numbers[0], numbers[1], numbers[15]], to: [numbers[6], numbers[7], numbers[9]] };
};

describe("the layout", () => {
  const layout = layoutOf(flowOf(ANSWER));
  const box = (id: string) => layout.boxes.find((one) => one.node.id === id) ?? expect.fail(id);

  it("has a column for each step, and in it boxes under each other", () => {
    expect(layout.columns.map(({ position }) => position)).toEqual([1, 2]);
    expect(box("1_a").left).toBe(box("1_b").left);
    expect(box("2_c").left).toBeGreaterThan(box("1_a").left + box("1_a").width);
    expect(box("1_b").top).toBeGreaterThan(box("1_a").top + LABEL_HEIGHT + box("1_a").bar);
    expect(layout.height).toBe(Math.max(...layout.boxes.map(({ top, bar }) => top + LABEL_HEIGHT + bar)));
  });
  it("makes bars as high as walks reach their node, on one scale", () => {
    expect(box("1_a").bar).toBeCloseTo(3 * box("1_b").bar);
    expect(box("2_c").bar).toBeCloseTo(2 * box("1_b").bar);
  });
  it("leads each ribbon from bar to bar, side by side", () => {
    const path = (source: string, target: string) =>
      ends(layout.ribbons.find((one) => one.link.source === source && one.link.target === target)?.path ?? "");
    const upper = path("1_a", "2_c");
    const lower = path("1_a", "2_d");
    const top = box("1_a").top + LABEL_HEIGHT;
    const perWalk = box("1_a").bar / 300;
    expect(upper.from).toEqual([160, top, expect.closeTo(top + 190 * perWalk)]);
    expect(lower.from[1]).toBeCloseTo(top + 190 * perWalk);
    expect(upper.to[0]).toBe(box("2_c").left);
    expect([lower.to[1], path("1_b", "2_d").to[2]]).toEqual([
      box("2_d").top + LABEL_HEIGHT,
      expect.closeTo(box("2_d").top + LABEL_HEIGHT + box("2_d").bar),
    ]);
  });
  it("shows exits where they are, and no others", () => {
    expect(layout.exits.map(({ id }) => id).sort()).toEqual(["1_a", "2_c", "2_d"]);
  });
  it("is empty where nothing is", () => {
    expect(layoutOf(flowOf({ nodes: [], links: [] }))).toMatchObject({ boxes: [], ribbons: [], height: 0 });
  });
});
