/** One field that differs: where it stands, and what is there before and after; null where it was not there. */
export interface FieldChange {
  path: string;
  from: unknown;
  to: unknown;
}

const INDENT = "  ";
const NOTHING = "nothing";

/** `stages.1.event_type` → `stage 2 › event type`. */
export function fieldInWords(path: string): string {
  const parts: string[] = [];
  for (const part of path.split(".")) {
    const last = parts.at(-1);
    if (/^\d+$/.test(part) && last !== undefined) parts[parts.length - 1] = `${singular(last)} ${Number(part) + 1}`;
    else parts.push(spoken(part));
  }
  return parts.join(" › ");
}

export const spoken = (name: string): string => name.replaceAll("_", " ");

/** `stages` → `stage`; a series stays one. */
function singular(name: string): string {
  if (name.endsWith("series") || name.endsWith("ss")) return name;
  if (name.endsWith("ies")) return `${name.slice(0, -3)}y`;
  return name.endsWith("s") ? name.slice(0, -1) : name;
}

/** A value as lines to read: names with what they are, lists by dashes; no brackets. What is not set is left out. */
export function valueInWords(value: unknown, indent = ""): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return String(value);
  const parts: [string, unknown][] = Array.isArray(value)
    ? value.map((one: unknown) => ["–", one])
    : Object.entries(value)
        .filter(([, one]) => !isUnset(one))
        .map(([name, one]) => [`${spoken(name)}:`, one]);
  if (parts.length === 0) return NOTHING;
  return parts.map(([head, one]) => `${indent}${head}${under(head, one, indent)}`).join("\n");
}

/** What stands behind a name: on its line where it is one word, else below it and further in. */
function under(head: string, value: unknown, indent: string): string {
  if (typeof value !== "object" || isUnset(value)) return ` ${valueInWords(value)}`;
  const inner = valueInWords(value, indent + INDENT);
  return head === "–" ? ` ${inner.trimStart()}` : `\n${inner}`;
}

export function isUnset(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
