import { expect, it } from "vitest";
import { tidy } from "./tidy";

it("drops blanks and empty lines, and nothing else", () => {
  expect(tidy({ name: " Shop ", lines: [" a b ", "", "  ", "c"], days: 0, limit: null })).toEqual({
    name: "Shop",
    lines: ["a b", "c"],
    days: 0,
    limit: null,
  });
});
