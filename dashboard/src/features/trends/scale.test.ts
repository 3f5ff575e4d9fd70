import { describe, expect, it } from "vitest";
import { spread, ticksFor } from "./scale";

describe("ticks", () => {
  it("are round, and hold nothing and every figure", () => {
    expect(ticksFor([7, 92])).toEqual([0, 25, 50, 75, 100]);
    expect(ticksFor([-3, 0.5])).toEqual([-3, -2, -1, 0, 1]);
    expect(ticksFor([0.3])).toEqual([0, 0.1, 0.2, 0.3]);
    expect(ticksFor([])).toEqual([0, 1]);
    expect(ticksFor(Array.from({ length: 300_000 }, (_, place) => place % 100))).toEqual([0, 25, 50, 75, 100]);
  });
});

describe("heights", () => {
  it("stay where there is room, and part where there is none", () => {
    expect(spread([50, 10], 15, 250)).toEqual([50, 10]);
    expect(spread([50, 52, 40], 15, 250)).toEqual([55, 70, 40]);
    expect(spread([249, 250], 15, 250)).toEqual([235, 250]);
  });
});
