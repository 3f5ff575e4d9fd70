import { newRule, toDefinition, toRules, type Definition, type Rules } from "./rules";

/** A cohort while it is edited. */
export interface Draft {
  name: string;
  description: string;
  /** null: the definition is more than the builder can show, and stays as it is. */
  rules: Rules | null;
}

export interface SavedForm {
  name: string;
  description: string | null;
  definition: Definition;
}

export const EMPTY: SavedForm = { name: "", description: null, definition: toDefinition({ how: "all", parts: [newRule()] }) };

export const toDraft = ({ name, description, definition }: SavedForm): Draft => ({
  name,
  description: description ?? "",
  rules: toRules(definition),
});

/** As the API takes it; `kept` is the definition of a draft whose builder cannot show it. */
export const toSavedForm = ({ name, description, rules }: Draft, kept: Definition): SavedForm => ({
  name: name.trim(),
  description: description.trim() || null,
  definition: rules ? toDefinition(rules) : kept,
});

/** What an address says of a draft; null where that is none. */
export function readDraft(found: unknown): SavedForm | null {
  if (typeof found !== "object" || found === null || !("definition" in found) || !toRules(found.definition)) return null;
  const { name, description } = found as Partial<SavedForm>;
  return { name: String(name ?? ""), description: description ? String(description) : null, definition: found.definition as Definition };
}
