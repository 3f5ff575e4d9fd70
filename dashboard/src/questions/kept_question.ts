/** A whole number of an address or a kept question; `usual` where there is none within the bounds. */
export function wholeNumber(asked: unknown, usual: number, most: number): number {
  const number = typeof asked === "string" && asked !== "" ? Number(asked) : asked;
  return typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= most ? number : usual;
}

/** A whole number of a kept question, `usual` where it names none; null where the control does not go so far. */
export function keptNumber(asked: unknown, usual: number, most: number): number | null {
  if (asked === null || asked === undefined) return usual;
  return typeof asked === "number" && Number.isInteger(asked) && asked >= 1 && asked <= most ? asked : null;
}

/** Whether a kept question asks for nothing but these: a page without a control for the rest would leave it out. */
export function asksOnly(question: Record<string, unknown>, names: readonly string[]): boolean {
  return Object.entries(question).every(([name, value]) => value === null || value === undefined || names.includes(name));
}
