import { expect, it } from "vitest";
import type { StoredEvent } from "@/api/types";
import { matches, readSought, writeSought } from "./matches";

const EVENT = {
  id: "e1",
  event_type: "view",
  user_id: "ann",
  anonymous_id: null,
  session_id: null,
  url: "https://shop.example/Cart",
  referrer: null,
  properties: { plan: "Gold", none: null },
  context: { country: "DE" },
} as unknown as StoredEvent;

it("finds a text in anything that an event says", () => {
  for (const text of ["ANN", "/cart", "gold", " plan ", "de", "e1", ""]) expect(matches(EVENT, { eventType: "", text })).toBe(true);
  expect(matches(EVENT, { eventType: "", text: "silver" })).toBe(false);
  expect(matches(EVENT, { eventType: "view", text: "silver" })).toBe(false);
  expect(matches(EVENT, { eventType: "vie", text: "ann" })).toBe(false);
});

it("stands in the address", () => {
  const sought = { eventType: "view", text: "a&b" };
  expect(readSought(new URLSearchParams(writeSought(sought).toString()))).toEqual(sought);
  expect(writeSought({ eventType: "", text: "" }).toString()).toBe("");
});
