/** One line of a filter, as the editor has it; all lines must hold. */
export interface Condition {
  property: string;
  operator: Operator;
  value: string;
}

export const OPERATORS = {
  eq: "is",
  ne: "is not",
  contains: "contains",
  not_contains: "does not contain",
  starts_with: "starts with",
  ends_with: "ends with",
  gt: "is greater than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  regex: "matches (regular expression)",
  is_set: "is set",
  is_not_set: "is not set",
  in: "is in",
  not_in: "is not in",
} as const;
export type Operator = keyof typeof OPERATORS;

/** Whether the person is in a cohort, whose id is the value. */
export const COHORT = "cohort";
const COHORT_OPERATORS: readonly Operator[] = ["in", "not_in"];
const VALUE_OPERATORS = (Object.keys(OPERATORS) as Operator[]).filter((one) => !COHORT_OPERATORS.includes(one));

/** How this property can be compared: of several values lines know only cohorts. */
export const operatorsOf = (property: string): readonly Operator[] => (property === COHORT ? COHORT_OPERATORS : VALUE_OPERATORS);

/** The line about another property; what no longer fits it begins anew. */
export function withProperty(condition: Condition, property: string): Condition {
  if (operatorsOf(property).includes(condition.operator)) return { ...condition, property };
  return { property, operator: property === COHORT ? "in" : "eq", value: "" };
}

const isOperatorOf = (property: string, text: unknown): text is Operator => operatorsOf(property).some((one) => one === text);
export const takesValue = (operator: Operator): boolean => operator !== "is_set" && operator !== "is_not_set";

/** As the API reads it; lines without a property or a value are not finished, and left out. None: no filter. */
export function toFilter(conditions: readonly Condition[]): unknown {
  const finished = conditions.filter(({ property, operator, value }) => property !== "" && (value !== "" || !takesValue(operator)));
  if (finished.length === 0) return null;
  return finished.map(({ property, operator, value }) => (takesValue(operator) ? { property, operator, value } : { property, operator }));
}

/** The lines of a filter; null where it says what lines cannot (any of several, lists of values). */
export function fromFilter(filter: unknown): Condition[] | null {
  if (filter === null || filter === undefined) return [];
  if (Array.isArray(filter)) {
    const lines = filter.map(fromItem);
    return lines.some((one) => one === null) ? null : lines.flatMap((one) => one ?? []);
  }
  if (!isRecord(filter)) return null;
  if ("property" in filter) return wrapped(fromItem(filter));
  const lines: Condition[] = [];
  for (const [property, wanted] of Object.entries(filter)) {
    if (property === "all" || property === "any") return null;
    const operators = isRecord(wanted) ? Object.entries(wanted) : [["eq", wanted] as const];
    for (const [operator, value] of operators) {
      const line = fromItem({ property, operator, value });
      if (!line) return null;
      lines.push(line);
    }
  }
  return lines;
}

/** Lines as the editor has written them to an address, those that are not finished included. */
export function fromLines(lines: unknown): Condition[] {
  if (!Array.isArray(lines)) return [];
  return lines.filter(
    (one): one is Condition =>
      isRecord(one) && typeof one["property"] === "string" && isOperatorOf(one["property"], one["operator"]) && typeof one["value"] === "string",
  );
}

function fromItem(item: unknown): Condition | null {
  if (!isRecord(item) || typeof item["property"] !== "string") return null;
  const operator = item["operator"] ?? "eq";
  if (!isOperatorOf(item["property"], operator)) return null;
  if (!takesValue(operator)) return { property: item["property"], operator, value: "" };
  const value = onlyOf(item["property"], item["value"]);
  const isPlain = (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";
  return isPlain ? { property: item["property"], operator, value: String(value) } : null;
}

/** Cohorts are told as lists; one of one is a line. */
const onlyOf = (property: string, value: unknown): unknown =>
  property === COHORT && Array.isArray(value) && value.length === 1 ? value[0] : value;

const wrapped = (line: Condition | null): Condition[] | null => line && [line];

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
