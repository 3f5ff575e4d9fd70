import { expect, it } from "vitest";
import { isUnderWay } from "./refresh_sent";

it("waits for what was sent a moment ago, and for nothing else", () => {
  expect(isUnderWay(1000, 1000)).toBe(true);
  expect(isUnderWay(1000, 5999)).toBe(true);
  expect(isUnderWay(1000, 6000)).toBe(false);
  expect(isUnderWay(1000, 999)).toBe(false);
  expect(isUnderWay(Number(null), 6000)).toBe(false);
  expect(isUnderWay(Number("x"), 6000)).toBe(false);
});
