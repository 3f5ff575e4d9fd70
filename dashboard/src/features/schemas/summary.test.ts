import { describe, expect, it } from "vitest";
import { inWords, summaryOf } from "./summary";

describe("a schema in words", () => {
  it("says types, values and limits", () => {
    expect(inWords({ type: "number", minimum: 0, exclusiveMaximum: 10 })).toBe("number, at least 0, less than 10");
    expect(inWords({ type: ["string", "null"], enum: ["a", "b", null] })).toBe('text or null, one of "a", "b", null');
    expect(inWords({ enum: [1, 2, 3, 4, 5, 6, 7] })).toBe("one of 1, 2, 3, 4, 5 and 2 more");
    expect(inWords({ type: "array", items: { type: "integer" }, maxItems: 3 })).toBe("list of: whole number, at most 3 items");
    expect(inWords({ format: "email", pattern: "^a" })).toBe("matching ^a, an e-mail address");
    expect([inWords({}), inWords(true), inWords(false)]).toEqual(["anything", "anything", "not allowed"]);
    expect(inWords({ anyOf: [] })).toBe("one or several of further alternatives");
  });
  it("lists properties with those inside of them, and what is required without a rule", () => {
    const { properties, rules } = summaryOf({
      type: "object",
      required: ["items", "plan"],
      additionalProperties: false,
      properties: {
        items: { type: "array", items: { $ref: "#/$defs/item" } },
        note: { type: "string" },
      },
      $defs: { item: { type: "object", required: ["price"], properties: { price: { type: "number" } } } },
    });
    expect(properties.map(({ path, words, isRequired, depth }) => [path, words, isRequired, depth])).toEqual([
      ["items", "list of: object", true, 0],
      ["items[].price", "number", true, 1],
      ["note", "text", false, 0],
      ["plan", "anything", true, 0],
    ]);
    expect(rules).toEqual(["No other properties are allowed."]);
  });
  it("comes to an end where a schema leads back to itself", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
    expect(summaryOf({ properties: { first: { $ref: "#/$defs/node" } }, $defs: { node } }).properties.length).toBeLessThan(10);
    const list = { type: "array", items: { $ref: "#/$defs/list" } };
    expect(inWords(list, { $defs: { list } })).toBe("list of: list of: list of: list of: list");
    expect(summaryOf({ properties: { tree: { $ref: "#/$defs/list" } }, $defs: { list } }).properties).toHaveLength(1);
  });
  it("does not fail on what is no schema", () => {
    expect(summaryOf({ properties: [], required: "a", type: { a: 1 } }).properties).toEqual([{ path: "a", depth: 0, words: "anything", isRequired: true }]);
  });
});
