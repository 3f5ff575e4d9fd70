import type { EventSchema, SchemaMode } from "@/api/types";
import { readJsonText, type JsonFault, type JsonRead } from "./json_text";
import { isRules } from "./summary";

/** A schema as it stands in the editor. */
export interface Draft {
  text: string;
  mode: SchemaMode;
}

const LINE_LENGTH = 56;

/** JSON with what is short and flat on one line, so that a property takes one or two. */
export function prettyJson(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const isFlat = Object.values(value).every((one) => isPlain(one) || (!isList && Array.isArray(one) && one.every(isPlain)));
  const items = (below: string) => Object.entries(value).map(([name, one]) => (isList ? "" : `${JSON.stringify(name)}: `) + prettyJson(one, below));
  const line = isList ? `[${items("").join(", ")}]` : `{ ${items("").join(", ")} }`;
  if (Object.keys(value).length === 0) return isList ? "[]" : "{}";
  if (isFlat && (isList || indent !== "") && line.length + indent.length <= LINE_LENGTH) return line;
  const [open, close] = isList ? "[]" : "{}";
  return `${open}\n${items(inner).map((item) => inner + item).join(",\n")}\n${indent}${close}`;
}

const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;

const BEGINNING: Draft = { text: prettyJson({ type: "object", properties: {}, required: [] }), mode: "observe" };

/** What is saved, as the editor shows it; what an editor begins with where nothing is. */
export const draftOf = (saved: EventSchema | null): Draft => (saved ? { text: prettyJson(saved.schema), mode: saved.mode } : BEGINNING);

export type ReadDraft = { schema: Record<string, unknown>; lineOf: JsonRead["lineOf"]; fault: null } | { schema: null; fault: JsonFault };

export function readDraft(text: string): ReadDraft {
  const read = readJsonText(text);
  if ("fault" in read) return { schema: null, fault: read.fault };
  if (!isRules(read.value)) return { schema: null, fault: { line: 1, column: 1, message: "A schema is an object, in braces." } };
  return { schema: read.value, lineOf: read.lineOf, fault: null };
}
