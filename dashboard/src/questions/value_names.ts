export const OTHERS = "$other"; // the row of all values past the limit

/** A row of a breakdown in words. */
export const valueName = (value: readonly string[]): string =>
  value[0] === OTHERS ? "All others" : value.map((one) => (one === "" ? "(none)" : one)).join(" · ");
