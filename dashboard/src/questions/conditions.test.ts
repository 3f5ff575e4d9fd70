import { describe, expect, it } from "vitest";
import { COHORT, fromFilter, fromLines, operatorsOf, toFilter, withProperty, type Condition } from "./conditions";

const isIn: Condition = { property: COHORT, operator: "in", value: "c1" };
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
  it("name one cohort, and no list of them", () => {
    for (const line of [isIn, { ...isIn, operator: "not_in" as const }]) {
      expect(fromFilter(toFilter([line, paid]))).toEqual([line, paid]);
      expect(fromLines([line])).toEqual([line]);
    }
    expect(fromFilter([{ ...isIn, value: ["c1"] }])).toEqual([isIn]);
    expect(fromFilter({ cohort: { in: ["c1"] } })).toEqual([isIn]);
    for (const other of [{ ...isIn, value: ["c1", "c2"] }, { ...isIn, operator: "eq" }]) expect(fromFilter([other])).toBeNull();
    expect(fromLines([{ ...isIn, operator: "eq" }, { ...paid, operator: "in" }])).toEqual([]);
  });
  it("begin anew where another property cannot be compared so", () => {
    expect(withProperty(paid, "country")).toEqual({ ...paid, property: "country" });
    expect(withProperty(paid, COHORT)).toEqual({ ...isIn, value: "" });
    expect(withProperty(isIn, "country")).toEqual({ property: "country", operator: "eq", value: "" });
    expect(operatorsOf("country")).not.toContain("in");
  });
});
