import { expect, it } from "vitest";
import { doorsInWords, joinedOf, meaningOf, otherIds } from "./link_words";

const visit = { user_id: "ann", anonymous_id: "v-1", previous_id: null };
const alias = { user_id: "ann", anonymous_id: null, previous_id: "old" };

it("tells visitors from users", () => {
  expect([visit, alias].map(joinedOf)).toEqual([
    { kind: "visitor", id: "v-1" },
    { kind: "user", id: "old" },
  ]);
});

it("names doors, also those that it does not know", () => {
  expect(doorsInWords(["identify", "segment", "new_door"])).toBe("by identify, Segment’s door and new_door");
});

it("says whose events move", () => {
  expect(meaningOf("undo", visit)[0]).toContain("What visitor v-1 did counts as another person’s");
  expect(meaningOf("restore", alias)[0]).toContain("what user old did counts as done by ann");
});

it("finds the ids beside one's own", () => {
  expect(otherIds([visit, alias], "ann")).toEqual(["v-1", "old"]);
  expect(otherIds([visit], "v-1")).toEqual(["ann"]);
});
