import { describe, expect, it } from "vitest";
import type { Project } from "@/api/types";
import { addressOf } from "./address";
import { keptQuestion, questionOf, readView, writeView, type View } from "./view";

const usual = readView(new URLSearchParams());
const chosen: View = {
  range: { days: 7 },
  filter: [{ property: "country", operator: "eq", value: "DE" }],
  bots: true,
  item: "url",
  start: "/",
  end: "/thanks?a&b=c",
  steps: 8,
  gap: 60,
  links: 100,
  only: ["page_view", "a,b"],
  not: ["scroll"],
  groups: ["/product/*"],
  node: "2_/cart",
};
const read = (address: string | null) => readView(new URLSearchParams(address ?? "gap=1"));

describe("a view of paths", () => {
  it("comes back as it was written, and is empty where everything is as usual", () => {
    expect(read(writeView(chosen).toString())).toEqual(chosen);
    expect(writeView(usual).toString()).toBe("");
  });
  it("is as usual where the address is damaged", () => {
    expect(read('item=&steps=1&gap=0&links=9999&only=["a",1]&not={&groups="x"')).toEqual(usual);
  });
  it("asks for what it says, and leaves out what it does not", () => {
    const now = new Date("2026-03-10T12:00:00Z");
    expect(questionOf({ ...usual, start: "view" }, { id: "p1", timezone: "UTC" } as Project, { asOf: null, now, asked: {} })).toEqual({
      project_id: "p1",
      start_date: "2026-02-09",
      end_date: "2026-03-10",
      filter: null,
      item: "event_type",
      start_item: "view",
      max_nodes: 5,
      session_gap_minutes: 30,
      edge_limit: 50,
    });
  });
});

describe("the address of a kept question", () => {
  it("shows the same view", () => {
    expect(read(addressOf(keptQuestion(chosen)))).toEqual({ ...chosen, node: null });
    expect(addressOf(keptQuestion(usual))).toBe("");
    expect(addressOf({ item: "event_type", start_item: null, path_groups: null })).toBe("");
  });
  it("is none where the controls cannot say the question", () => {
    const kept = keptQuestion(usual);
    for (const other of [{ timezone: "UTC" }, { filter: { any: [] } }, { max_nodes: 1 }, { event_types: [] }, { item: "" }]) {
      expect(addressOf({ ...kept, ...other })).toBeNull();
    }
  });
});
