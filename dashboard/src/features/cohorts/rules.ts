import { fromFilter, toFilter, type Condition } from "@/questions/conditions";

/** How rules are put together: all must hold, or one of them. */
export type How = "all" | "any";

export type When = { kind: "ever" } | { kind: "last"; days: number } | { kind: "between"; start: string; end: string };

/** One rule while it is edited. */
export interface Rule {
  /** Of this editing only: it tells rules apart while others go. */
  key: string;
  /** `did`: an event so often in a time; `filter`: any event, whenever, that passes the conditions. */
  kind: "did" | "filter";
  isNot: boolean;
  eventType: string;
  conditions: Condition[];
  /** A filter that lines cannot say: it stays as it is, or goes. */
  kept: unknown;
  atLeast: number;
  when: When;
}

export interface RuleGroup {
  key: string;
  isNot: boolean;
  how: How;
  rules: Rule[];
}

export type Part = Rule | RuleGroup;

/** What the builder can say: rules, and groups of rules, but no groups of groups. */
export interface Rules {
  how: How;
  parts: Part[];
}

export type Definition = Record<string, unknown>;

export const isGroup = (part: Part): part is RuleGroup => "rules" in part;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WORDS: readonly string[] = ["event_type", "filter", "at_least", "last_days", "start_date", "end_date"];

let lastKey = 0;
function newKey(): string {
  lastKey += 1;
  return `rule-${lastKey}`;
}

export function newRule(): Rule {
  return { key: newKey(), kind: "did", isNot: false, eventType: "", conditions: [], kept: null, atLeast: 1, when: { kind: "last", days: 30 } };
}

export function newGroup(): RuleGroup {
  return { key: newKey(), isNot: false, how: "any", rules: [newRule(), newRule()] };
}

/** The rules of a definition; null where it nests deeper than the builder, or says what that cannot. */
export function toRules(definition: unknown): Rules | null {
  const how = howOf(definition);
  const parts = how ? partsOf(definition, how).map(toPart) : [toPart(definition)];
  return parts.some((one) => one === null) || parts.length === 0 ? null : { how: how ?? "all", parts: parts.flatMap((one) => one ?? []) };
}

/** As the API takes it; groups without rules are left out. */
export function toDefinition({ how, parts }: Rules): Definition {
  const said = parts.filter((part) => !isGroup(part) || part.rules.length > 0).map(fromPart);
  return said.length === 1 && said[0] && howOf(said[0]) === null ? said[0] : { [how]: said };
}

/** What a rule lacks before it can be saved, in words; null: nothing. */
export function lackOf(rule: Rule): string | null {
  if (rule.kind === "filter" && !rule.kept && toFilter(rule.conditions) === null) return "Add a condition, with a property and a value.";
  if (rule.kind === "did" && rule.when.kind === "between" && rule.when.start === "") return "Choose the first day.";
  return null;
}

export const rulesIn = ({ parts }: Rules): Rule[] => parts.flatMap((part) => (isGroup(part) ? part.rules : [part]));

function toPart(definition: unknown): Part | null {
  const inner = isRecord(definition) && "not" in definition ? definition["not"] : definition;
  const isNot = inner !== definition;
  const how = howOf(inner);
  if (!how) return toRule(inner, isNot);
  const rules = partsOf(inner, how).map((one) => (isRecord(one) && "not" in one ? toRule(one["not"], true) : toRule(one, false)));
  return rules.some((one) => one === null) ? null : { key: newKey(), isNot, how, rules: rules.flatMap((one) => one ?? []) };
}

function toRule(condition: unknown, isNot: boolean): Rule | null {
  if (!isRecord(condition) || Object.keys(condition).some((name) => !WORDS.includes(name))) return null;
  const { event_type: eventType = null, filter = null, at_least: atLeast = 1 } = condition;
  const when = toWhen(condition);
  if (when === null || typeof atLeast !== "number" || (eventType !== null && typeof eventType !== "string")) return null;
  const conditions = fromFilter(filter);
  const isFilter = eventType === null && filter !== null && atLeast === 1 && when.kind === "ever";
  return {
    key: newKey(),
    kind: isFilter ? "filter" : "did",
    isNot,
    eventType: eventType ?? "",
    conditions: conditions ?? [],
    kept: conditions ? null : filter,
    atLeast,
    when,
  };
}

/** Days only: times of day are the API's. */
function toWhen({ last_days: days = null, start_date: start = null, end_date: end = null }: Definition): When | null {
  if (days !== null) return typeof days === "number" ? { kind: "last", days } : null;
  if (start === null) return end === null ? { kind: "ever" } : null;
  return isDay(start) && (end === null || isDay(end)) ? { kind: "between", start, end: end ?? "" } : null;
}

function fromPart(part: Part): Definition {
  const said = isGroup(part) ? { [part.how]: part.rules.map(fromPart) } : fromRule(part);
  return part.isNot ? { not: said } : said;
}

function fromRule({ kind, eventType, conditions, kept, atLeast, when }: Rule): Definition {
  const filter = kept ?? toFilter(conditions);
  if (kind === "filter") return { event_type: null, filter, at_least: 1 };
  return { event_type: eventType || null, filter, at_least: atLeast, ...fromWhen(when) };
}

function fromWhen(when: When): Definition {
  if (when.kind === "last") return { last_days: when.days };
  if (when.kind === "ever" || when.start === "") return {};
  return { start_date: when.start, ...(when.end ? { end_date: when.end } : {}) };
}

/** How a definition puts others together; null where it is one condition, or a `not`. */
function howOf(definition: unknown): How | null {
  if (!isRecord(definition)) return null;
  return "all" in definition ? "all" : "any" in definition ? "any" : null;
}

function partsOf(definition: unknown, how: How): unknown[] {
  const parts = isRecord(definition) ? definition[how] : null;
  return Array.isArray(parts) ? parts : [null];
}

const isDay = (text: unknown): text is string => typeof text === "string" && DAY.test(text);

function isRecord(value: unknown): value is Definition {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
