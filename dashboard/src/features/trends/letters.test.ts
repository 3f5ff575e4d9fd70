import { expect, it } from "vitest";
import { withoutLetter } from "./letters";

it("moves letters up when a series goes, and lets go what was computed from it", () => {
  expect(withoutLetter(["C / A * 100", "B + A", "", "(D - C)"], 1)).toEqual(["B / A * 100", "", "(C - B)"]);
});
