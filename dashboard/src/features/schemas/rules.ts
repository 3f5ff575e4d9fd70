const RULES: Readonly<Record<string, string>> = {
  required: "is missing",
  type: "is of another type",
  enum: "is none of the listed values",
  const: "is another value",
  additionalProperties: "is not known",
  unevaluatedProperties: "is not known",
  minimum: "is too small",
  exclusiveMinimum: "is too small",
  maximum: "is too large",
  exclusiveMaximum: "is too large",
  multipleOf: "is no multiple",
  minLength: "is too short",
  maxLength: "is too long",
  pattern: "does not match the pattern",
  format: "has another format",
  minItems: "has too few items",
  maxItems: "has too many items",
  uniqueItems: "has an item twice",
  minProperties: "has too few properties",
  maxProperties: "has too many properties",
  dependentRequired: "lacks what another property requires",
  anyOf: "meets none of the alternatives",
  oneOf: "does not meet exactly one alternative",
  not: "is what it must not be",
};

/** What is wrong with a value that breaks a rule (a keyword of JSON Schema). */
export const ruleWords = (rule: string): string => RULES[rule] ?? `breaks ${rule}`;

const ROOT = "properties";

/** Where in an event: `properties.items.*.price` without what all have in common. */
export function placeWords(place: string): string {
  if (place === "$other") return "other places";
  return place === ROOT ? "the properties as a whole" : place.startsWith(`${ROOT}.`) ? place.slice(ROOT.length + 1) : place;
}
