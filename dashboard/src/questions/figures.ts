import { formatCount, formatPercent } from "@/format/numbers";
import { formatDuration, formatPeriod } from "@/format/times";
import { spoken } from "@/ui/diff_words";

const BESIDE = new Set(["receipt", "funnel_version", "order", "position", "exact", "gone"]); // numbers of an answer that are no figures
const WORDS: Record<string, string> = {
  users: "people",
  stages: "",
  breakdown: "",
  nodes: "",
  links: "",
  points: "",
  value: "",
  matrix: "came back",
  rates: "share that came back",
  weighted_average: "average share that came back",
  conversion_rate: "conversion",
  step_conversion_rate: "went on from the stage before",
  drop_off_rate: "stopped before it",
  overall_conversion_rate: "overall conversion",
  average_seconds_from_previous: "average time from the stage before",
  median_seconds_from_previous: "median time from the stage before",
  pending: "may still come",
};
const NAMES = ["stage_name", "id", "name"] as const;

export interface Figure {
  /** What it counts, for people. */
  name: string;
  value: number;
}

/** Every figure of an answer by its path, as `/analytics/why` names it. */
export function figuresOf(answer: unknown): Map<string, Figure> {
  const periods = isRecord(answer) && Array.isArray(answer["periods"]) ? answer["periods"] : [];
  const found = new Map<string, Figure>();
  const walk = (part: unknown, path: readonly string[], names: readonly string[]): void => {
    if (typeof part === "number") found.set(path.join("."), { name: inWords(names), value: part });
    else if (Array.isArray(part)) {
      const isByPeriod = !/\d$/.test(path.at(-1) ?? "") && part.length === periods.length;
      const heads = isByPeriod && names.at(-1) === "data" ? names.slice(0, -1) : names;
      part.forEach((one: unknown, place) => {
        walk(one, [...path, keyOf(one, place)], [...heads, isByPeriod ? formatPeriod(String(periods[place])) : nameOf(one, place)]);
      });
    } else if (isRecord(part)) {
      for (const [key, one] of Object.entries(part)) if (!BESIDE.has(key)) walk(one, [...path, key], [...names, WORDS[key] ?? spoken(key)]);
    }
  };
  walk(answer, [], []);
  return found;
}

/** What a figure is called that no answer at hand has. */
export function figureInWords(path: string): string {
  return inWords(path.split(".").map((part) => WORDS[part] ?? spoken(part)));
}

const inWords = (names: readonly string[]): string => names.filter(Boolean).join(" · ");

/** As the server names rows: by their values, period or value, else by their place. */
function keyOf(one: unknown, place: number): string {
  if (!isRecord(one)) return String(place + 1);
  if (Array.isArray(one["value"])) return one["value"].map(String).join("/");
  if ("period" in one) return String(one["period"]);
  if (typeof one["value"] === "string") return one["value"];
  if ("id" in one) return String(one["id"]);
  if ("source" in one) return linkOf(one);
  return String(place + 1);
}

const linkOf = (one: Record<string, unknown>): string => `${String(one["source"])} > ${String(one["target"])}`;

function nameOf(one: unknown, place: number): string {
  if (!isRecord(one)) return String(place + 1);
  if (Array.isArray(one["value"])) return one["value"].map((value) => String(value) || "(none)").join(" / ");
  if (typeof one["period"] === "string") return formatPeriod(one["period"]);
  if (typeof one["value"] === "string") return one["value"] || "(none)";
  if ("source" in one) return linkOf(one);
  const name = NAMES.map((field) => one[field]).find((value) => typeof value === "string" && value !== "");
  return typeof name === "string" ? name : String(place + 1);
}

const isRate = (path: string): boolean => /(rate|percent)$|^(rates|weighted_average|change_percent)\./.test(path);
const isTime = (path: string): boolean => /seconds/.test(path);

export function formatFigure(path: string, value: number): string {
  if (isRate(path)) return formatPercent(value);
  if (isTime(path)) return formatDuration(value);
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(2);
}

/** By how much a figure has moved, with its sign: percentages by points. */
export function formatMove(path: string, by: number): string {
  const sign = by > 0 ? "+" : by < 0 ? "−" : "±";
  if (isRate(path)) return `${sign}${Math.abs(by).toFixed(1)} points`;
  if (isTime(path) && Math.abs(by) < 1) return `${sign}${Math.abs(by).toFixed(1)} s`;
  return `${sign}${formatFigure(path, Math.abs(by))}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
