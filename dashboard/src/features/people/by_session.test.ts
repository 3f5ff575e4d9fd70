import { expect, it } from "vitest";
import { bySession } from "./by_session";

it("keeps the order of sessions and of the events in them", () => {
  const events = [{ id: "d", session: 2 }, { id: "c", session: 1 }, { id: "b", session: 2 }, { id: "a", session: 1 }];
  const found = bySession(events).map(([number, own]) => [number, own.map((one) => one.id)]);
  expect(found).toEqual([[2, ["d", "b"]], [1, ["c", "a"]]]);
});
