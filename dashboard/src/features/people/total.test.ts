import { expect, it } from "vitest";
import { totalOf } from "./total";

it("is what the header says, else what is shown", () => {
  expect(totalOf('{"total": 120, "page": 1}', 50)).toBe(120);
  expect(totalOf(null, 50)).toBe(50);
  expect(totalOf('{"page": 1}', 3)).toBe(3);
});
