import { expect, it } from "vitest";
import { draftOf, prettyJson, readDraft } from "./schema_draft";
import { SCHEMA_ADDRESS, type SchemaView } from "./view";

const read = (text: string): SchemaView => SCHEMA_ADDRESS.read(new URLSearchParams(text));

it("stands in the address, what is usual left out", () => {
  const view: SchemaView = { eventType: "a&b", days: 30, sample: 10_000 };
  expect(read(SCHEMA_ADDRESS.write(view).toString())).toEqual(view);
  expect(SCHEMA_ADDRESS.write(read("days=x&sample=1")).toString()).toBe("");
});

it("begins with a text that is a schema", () => {
  expect(readDraft(draftOf(null).text).schema).toEqual({ type: "object", properties: {}, required: [] });
});

it("takes objects only", () => {
  expect([readDraft("true"), readDraft("[]")].map(({ fault }) => fault?.message)).toEqual(Array(2).fill("A schema is an object, in braces."));
});

it("sets a schema out so that what is short is on one line", () => {
  const schema = {
    properties: { plan: { type: "string", enum: ["free", "pro"] }, long: { enum: Array<string>(20).fill("a value") }, more: { items: { type: "integer" } }, any: {} },
    required: ["plan"],
    minProperties: 1,
  };
  const text = prettyJson(schema);
  expect(text.split("\n").slice(0, 3)).toEqual(["{", '  "properties": {', '    "plan": { "type": "string", "enum": ["free", "pro"] },']);
  expect(text).toContain('"required": ["plan"],\n  "minProperties": 1\n}');
  expect(JSON.parse(text)).toEqual(schema);
});
