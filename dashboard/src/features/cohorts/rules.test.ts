import { describe, expect, it } from "vitest";
import { isGroup, lackOf, newRule, rulesIn, toDefinition, toRules, type Definition } from "./rules";

const filter = [{ property: "properties.status", operator: "eq", value: "paid" }];
const bought: Definition = { event_type: "buy", filter: null, at_least: 2, last_days: 30 };
const january: Definition = { event_type: "buy", filter, at_least: 1, start_date: "2026-01-01", end_date: "2026-01-31" };
const since: Definition = { event_type: null, filter: null, at_least: 1, start_date: "2026-01-01" };
const ever: Definition = { event_type: "buy", filter: { any: [{ country: "DE" }, { country: "FR" }] }, at_least: 1 };
const saved: Definition = { event_type: null, filter, at_least: 1 };

const again = (definition: Definition) => {
  const rules = toRules(definition);
  return rules && toDefinition(rules);
};

describe("a cohort's rules", () => {
  it("say again what they were read from", () => {
    for (const one of [bought, january, since, ever, saved]) {
      expect(again(one)).toEqual(one);
      expect(again({ not: one })).toEqual({ not: one });
      expect(again({ any: [one, { not: bought }] })).toEqual({ any: [one, { not: bought }] });
      const grouped = { all: [one, { any: [bought, { not: saved }] }, { not: { all: [since, ever] } }] };
      expect(again(grouped)).toEqual(grouped);
    }
    expect(again({ all: [bought] })).toEqual(bought);
    expect(again({ not: { any: [bought, since] } })).toEqual({ not: { any: [bought, since] } });
  });
  it("read a saved filter as one, in either form", () => {
    expect(toRules({ filter })?.parts).toMatchObject([{ kind: "filter" }]);
    expect(again({ filter })).toEqual(saved);
    expect(toRules(bought)?.parts).toMatchObject([{ kind: "did", atLeast: 2, when: { kind: "last", days: 30 } }]);
  });
  it("are not there for what nests deeper, or says times of day", () => {
    const group = { any: [bought, since] };
    const others = [{ all: [{ any: [group, bought] }] }, { not: { not: bought } }, { all: [{ any: [{ not: group }] }] }, { all: 1 }, { all: [] }];
    const times = [{ ...since, start_date: "2026-01-01T10:00:00" }, { event_type: "buy", end_date: "2026-01-01" }];
    for (const other of [...others, ...times, null, "x", { who: 1 }]) expect(toRules(other)).toBeNull();
  });
  it("leave out a group that lost its rules", () => {
    const rules = toRules({ all: [bought, { any: [since, ever] }] });
    const parts = rules?.parts.map((part) => (isGroup(part) ? { ...part, rules: [] } : part)) ?? [];
    expect(toDefinition({ how: "all", parts })).toEqual(bought);
    expect(rules && rulesIn(rules)).toHaveLength(3);
  });
  it("say what they lack", () => {
    expect(lackOf(newRule())).toBeNull();
    expect(lackOf({ ...newRule(), kind: "filter" })).toContain("condition");
    expect(lackOf({ ...newRule(), when: { kind: "between", start: "", end: "" } })).toContain("first day");
  });
});
