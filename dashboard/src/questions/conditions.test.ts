import { describe, expect, it } from "vitest";
import { fromFilter, toFilter, type Condition } from "./conditions";

const paid: Condition = { property: "properties.status", operator: "eq", value: "paid" };

describe("filters as lines", () => {
  it("are read from every form that lines can say", () => {
    expect(fromFilter(null)).toEqual([]);
    expect(fromFilter({ "properties.status": "paid" })).toEqual([paid]);
    expect(fromFilter([{ property: "properties.status", value: "paid" }])).toEqual([paid]);
    expect(fromFilter({ "properties.amount": { gte: 10, is_set: true } })).toEqual([
      { property: "properties.amount", operator: "gte", value: "10" },
      { property: "properties.amount", operator: "is_set", value: "" },
    ]);
  });
  it("are left alone where lines cannot say them", () => {
    for (const other of [{ any: [] }, { country: "" }, { country: ["DE", "FR"] }, [{ property: "country", operator: "in", value: ["DE"] }], "x"]) {
      expect(fromFilter(other)).toBeNull();
    }
  });
  it("are written without what is not finished", () => {
    expect(toFilter([{ property: "", operator: "eq", value: "x" }, { ...paid, value: "" }])).toBeNull();
    expect(toFilter([paid, { property: "country", operator: "is_set", value: "ignored" }])).toEqual([
      paid,
      { property: "country", operator: "is_set" },
    ]);
  });
});
