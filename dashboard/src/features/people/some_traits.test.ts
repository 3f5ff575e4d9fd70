import { expect, it } from "vitest";
import { someTraits } from "./some_traits";

it("shows the first ones by name, and counts the others", () => {
  expect(someTraits({ plan: "pro", city: "Bonn", age: "7" }, 2)).toEqual({ shown: [["age", "7"], ["city", "Bonn"]], more: 1 });
  expect(someTraits({}, 2)).toEqual({ shown: [], more: 0 });
});
