import { baseOf } from "@/questions/base_view";
import { isWithin, LIMITS, textsOf, USUAL, writeView } from "./view";

const SAID = new Set([
  "start_date",
  "end_date",
  "filter",
  "include_bots",
  "item",
  "start_item",
  "end_item",
  "max_nodes",
  "session_gap_minutes",
  "edge_limit",
  "event_types",
  "exclude_event_types",
  "path_groups",
]);

/** The query of the page that shows a kept question; null where its controls cannot say it. */
export function addressOf(question: Record<string, unknown>): string | null {
  const asked = Object.fromEntries(Object.entries(question).filter(([, value]) => value !== null && value !== undefined));
  const base = baseOf(question);
  const item = asked["item"];
  const [start, end] = [textOf(asked["start_item"]), textOf(asked["end_item"])];
  const [only, not, groups] = ["event_types", "exclude_event_types", "path_groups"].map((name) => textsOf(asked[name] ?? []));
  const steps = wholeOf(asked["max_nodes"], "steps");
  const gap = wholeOf(asked["session_gap_minutes"], "gap");
  const links = wholeOf(asked["edge_limit"], "links");
  if (Object.keys(asked).some((name) => !SAID.has(name))) return null;
  if (!base || typeof item !== "string" || item === "" || start === null || end === null) return null;
  if (!only || !not || !groups || steps === null || gap === null || links === null) return null;
  const isNothing = "event_types" in asked && only.length === 0; // no type at all, which the page cannot say
  if (isNothing) return null;
  return writeView({ ...base, item, start, end, steps, gap, links, only, not, groups, node: null }).toString();
}

function textOf(value: unknown): string | null {
  if (value === undefined) return "";
  return typeof value === "string" && value !== "" ? value : null;
}

function wholeOf(value: unknown, name: keyof typeof LIMITS): number | null {
  if (value === undefined) return USUAL[name];
  return typeof value === "number" && isWithin(value, name) ? value : null;
}
