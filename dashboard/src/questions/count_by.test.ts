import { expect, it } from "vitest";
import { countOf, unitOf } from "./count_by";

it("says what is counted", () => {
  expect([null, "users", "sessions", "properties.a"].map(unitOf)).toEqual(["people", "people", "sessions", "values of properties.a"]);
  expect([countOf(1, "users"), countOf(2, "sessions"), countOf(1, "properties.a")]).toEqual(["1 person", "2 sessions", "1 value of properties.a"]);
});
