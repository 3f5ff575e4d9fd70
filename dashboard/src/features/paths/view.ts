import type { PathsBody, Project } from "@/api/types";
import type { Sight } from "@/app/as_of";
import { askedBase, keptBase, readBase, readJson, writeBase, type BaseView } from "@/questions/base_view";

export const USUAL = { item: "event_type", steps: 5, gap: 30, links: 50 } as const;
/** As the API has them. */
export const LIMITS = { steps: [2, 50], gap: [1, 10_080], links: [1, 5000] } as const;

/** How paths are looked at. */
export interface View extends BaseView {
  /** What people go through: event_type, url, a column, properties.NAME or user.NAME. */
  item: string;
  start: string;
  end: string;
  steps: number;
  /** Minutes; a longer pause ends a walk. */
  gap: number;
  links: number;
  /** Event types that alone count; none: all do. */
  only: string[];
  not: string[];
  /** Patterns such as /product/*. */
  groups: string[];
  /** The node whose figures are shown, as the answer names it. */
  node: string | null;
}

export function readView(search: URLSearchParams): View {
  return {
    ...readBase(search),
    item: search.get("item") || USUAL.item,
    start: search.get("from") ?? "",
    end: search.get("to") ?? "",
    steps: readWhole(search.get("steps"), "steps"),
    gap: readWhole(search.get("gap"), "gap"),
    links: readWhole(search.get("links"), "links"),
    only: textsOf(readJson(search.get("only"))) ?? [],
    not: textsOf(readJson(search.get("not"))) ?? [],
    groups: textsOf(readJson(search.get("groups"))) ?? [],
    node: search.get("node"),
  };
}

export function writeView(view: View): URLSearchParams {
  const search = writeBase(view);
  if (view.item !== USUAL.item) search.set("item", view.item);
  if (view.start) search.set("from", view.start);
  if (view.end) search.set("to", view.end);
  for (const name of ["steps", "gap", "links"] as const) if (view[name] !== USUAL[name]) search.set(name, String(view[name]));
  for (const name of ["only", "not", "groups"] as const) if (view[name].length > 0) search.set(name, JSON.stringify(view[name]));
  if (view.node !== null) search.set("node", view.node);
  return search;
}

export function questionOf(view: View, project: Project, sight: Sight): PathsBody {
  return { ...askedBase(view, project, sight), ...ownOf(view) };
}

/** The question as a report keeps it. */
export function keptQuestion(view: View): Record<string, unknown> {
  return { ...keptBase(view), ...ownOf(view) };
}

function ownOf(view: View) {
  return {
    item: view.item,
    max_nodes: view.steps,
    session_gap_minutes: view.gap,
    edge_limit: view.links,
    ...(view.start ? { start_item: view.start } : {}),
    ...(view.end ? { end_item: view.end } : {}),
    ...(view.only.length > 0 ? { event_types: view.only } : {}),
    ...(view.not.length > 0 ? { exclude_event_types: view.not } : {}),
    ...(view.groups.length > 0 ? { path_groups: view.groups } : {}),
  };
}

function readWhole(text: string | null, name: keyof typeof LIMITS): number {
  const number = text && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return isWithin(number, name) ? number : USUAL[name];
}

export function isWithin(number: number, name: keyof typeof LIMITS): boolean {
  const [least, most] = LIMITS[name];
  return Number.isInteger(number) && number >= least && number <= most;
}

/** A list of texts, each once; null for anything else. */
export function textsOf(value: unknown): string[] | null {
  const isTexts = Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
  return isTexts ? [...new Set(value as string[])] : null;
}
