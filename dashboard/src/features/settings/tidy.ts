/** What a form's person meant: texts without the blanks around them, lists without their empty lines. */
export function tidy<Draft extends object>(draft: Draft): Draft {
  return Object.fromEntries(Object.entries(draft).map(([name, value]) => [name, tidied(value)])) as Draft;
}

function tidied(value: unknown): unknown {
  if (typeof value === "string") return value.trim();
  return Array.isArray(value) ? value.map((one) => (typeof one === "string" ? one.trim() : one)).filter((one) => one !== "") : value;
}
