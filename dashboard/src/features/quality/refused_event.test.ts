import { expect, it } from "vitest";
import { contentOf, faultsOf, typeOf } from "./refused_event";

it("reads the type where there is one", () => {
  expect([{ event_type: "buy" }, { event_type: 7 }, "buy", null, []].map((event) => typeOf({ event }))).toEqual(["buy", null, null, null, null]);
});

it("names every fault with its field", () => {
  expect(faultsOf({ errors: { "properties.amount": ["Too small.", "No number."], _schema: ["Too large."] } })).toEqual([
    { field: "properties.amount", message: "Too small." },
    { field: "properties.amount", message: "No number." },
    { field: "the event", message: "Too large." },
  ]);
});

it("shows what there is", () => {
  expect(contentOf({ event: { a: 1 }, text: null })).toBe('{\n  "a": 1\n}');
  expect(contentOf({ event: null, text: '{"a' })).toBe('{"a');
});
