/** A whole number of an address or a kept question; `usual` where there is none within the bounds. */
export function wholeNumber(asked: unknown, usual: number, most: number): number {
  const number = typeof asked === "string" && asked !== "" ? Number(asked) : asked;
  return typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= most ? number : usual;
}

/** Whether a kept question asks for nothing but these: a page without a control for the rest would leave it out. */
export function asksOnly(question: Record<string, unknown>, names: readonly string[]): boolean {
  return Object.entries(question).every(([name, value]) => value === null || value === undefined || names.includes(name));
}
