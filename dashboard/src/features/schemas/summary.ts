/** A property that a schema speaks of, in words; `depth` is how many objects and lists it stands in. */
export interface PropertyWords {
  path: string;
  depth: number;
  words: string;
  isRequired: boolean;
}

export interface Summary {
  properties: PropertyWords[];
  /** What holds of all properties together. */
  rules: string[];
}

type Rules = Record<string, unknown>;

const DEPTH_MAX = 4;
const VALUES_MAX = 5;
const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  array: "list",
  object: "object",
  null: "null",
};
const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "a moment",
  date: "a day",
  time: "a time of day",
  duration: "a duration",
  email: "an e-mail address",
  hostname: "a host name",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  uri: "an address (URI)",
  "uri-reference": "an address (URI), whole or relative",
  uuid: "a UUID",
};
const COMBINED: Readonly<Record<string, string>> = {
  allOf: "all of further rules",
  anyOf: "one or several of further alternatives",
  oneOf: "exactly one of further alternatives",
  not: "not what a further rule says",
  if: "rules that depend on each other (if)",
  dependentSchemas: "rules that depend on a property (dependentSchemas)",
  dependentRequired: "some properties require others (dependentRequired)",
  patternProperties: "rules for names of a pattern (patternProperties)",
  propertyNames: "rules for the names (propertyNames)",
};

/** What a schema asks for, for whoever does not read JSON Schema; what words cannot say is named by its keyword. */
export function summaryOf(schema: Rules): Summary {
  return { properties: propertiesOf(schema, schema, "", 0), rules: rulesOfAll(schema) };
}

function propertiesOf(schema: Rules, root: Rules, above: string, depth: number): PropertyWords[] {
  const named = isRules(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(listOf(schema["required"]));
  const names = [...Object.keys(named), ...[...required].filter((name): name is string => typeof name === "string" && !Object.hasOwn(named, name))];
  return names.flatMap((name) => {
    const path = above === "" ? name : `${above}.${name}`;
    const rules = resolved(named[name] ?? true, root);
    const own: PropertyWords = { path, depth, words: inWords(rules, root), isRequired: required.has(name) };
    return [own, ...(depth < DEPTH_MAX ? insideOf(rules, root, path, depth + 1) : [])];
  });
}

/** The properties of an object, or of the objects in a list. */
function insideOf(rules: unknown, root: Rules, path: string, depth: number): PropertyWords[] {
  if (!isRules(rules)) return [];
  const items = resolved(rules["items"], root);
  return [...propertiesOf(rules, root, path, depth), ...(isRules(items) && items !== rules ? propertiesOf(items, root, `${path}[]`, depth) : [])];
}

/** `number, at least 0`; of a list in lists past `DEPTH_MAX` only that it is one: schemas may lead back to themselves. */
export function inWords(rules: unknown, root: Rules = {}, depth = 0): string {
  const said = resolved(rules, root);
  if (said === false) return "not allowed";
  if (!isRules(said)) return "anything";
  const parts = [typeWords(said, root, depth), valueWords(said), ...limitWords(said), ...combinedWords(said)].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(", ") : "anything";
}

function typeWords(rules: Rules, root: Rules, depth: number): string | null {
  const types = listOf(rules["type"]).map(String);
  if (types.length === 0) return null;
  const isListed = rules["items"] !== undefined && depth < DEPTH_MAX;
  return types.map((type) => (type === "array" && isListed ? `list of: ${inWords(rules["items"], root, depth + 1)}` : (TYPES[type] ?? type))).join(" or ");
}

function valueWords(rules: Rules): string | null {
  if ("const" in rules) return `exactly ${JSON.stringify(rules["const"])}`;
  if (!Array.isArray(rules["enum"])) return null;
  const values = rules["enum"].map((value) => JSON.stringify(value));
  const more = values.length - VALUES_MAX;
  return `one of ${values.slice(0, VALUES_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function limitWords(rules: Rules): string[] {
  const limits: [string, (value: string) => string][] = [
    ["minimum", (value) => `at least ${value}`],
    ["exclusiveMinimum", (value) => `more than ${value}`],
    ["maximum", (value) => `at most ${value}`],
    ["exclusiveMaximum", (value) => `less than ${value}`],
    ["multipleOf", (value) => `a multiple of ${value}`],
    ["minLength", (value) => `at least ${value} characters`],
    ["maxLength", (value) => `at most ${value} characters`],
    ["pattern", (value) => `matching ${value}`],
    ["format", (value) => FORMATS[value] ?? value],
    ["minItems", (value) => `at least ${value} items`],
    ["maxItems", (value) => `at most ${value} items`],
  ];
  const said = limits.flatMap(([keyword, words]) => (keyword in rules ? [words(String(rules[keyword]))] : []));
  return rules["uniqueItems"] === true ? [...said, "no item twice"] : said;
}

const combinedWords = (rules: Rules): string[] => Object.entries(COMBINED).flatMap(([keyword, words]) => (keyword in rules ? [words] : []));

function rulesOfAll(schema: Rules): string[] {
  const others = schema["additionalProperties"];
  const said = others === false ? ["No other properties are allowed."] : isRules(others) ? [`Other properties: ${inWords(others, schema)}.`] : ["Other properties may be anything."];
  const counts = (["minProperties", "maxProperties"] as const).filter((keyword) => keyword in schema);
  return [
    ...said,
    ...counts.map((keyword) => `${keyword === "minProperties" ? "At least" : "At most"} ${String(schema[keyword])} properties.`),
    ...combinedWords(schema).map((words) => `Beside that: ${words}.`),
  ];
}

/** What a `$ref` leads to; itself where there is none, and where it leads nowhere. */
function resolved(rules: unknown, root: Rules): unknown {
  const ref = isRules(rules) ? rules["$ref"] : undefined;
  const definitions = isRules(root["$defs"]) ? root["$defs"] : {};
  const meant = typeof ref === "string" ? definitions[ref.replace("#/$defs/", "")] : null;
  return isRules(meant) && isRules(rules) ? { ...meant, ...rules, $ref: undefined } : rules;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

export function isRules(value: unknown): value is Rules {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
