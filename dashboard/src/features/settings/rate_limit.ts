export type LimitKind = "server" | "none" | "own";

/** What a form says of a limit: which kind it is, and the figure of an own one. */
export interface Limit {
  kind: LimitKind;
  figure: string;
}

const USUAL = "1000";

export function toLimit(perMinute: number | null): Limit {
  if (perMinute === null) return { kind: "server", figure: USUAL };
  return perMinute === 0 ? { kind: "none", figure: USUAL } : { kind: "own", figure: String(perMinute) };
}

/** As the API has it: null is the server's own, 0 none. An own one is a whole number from 1: the form sees to that. */
export function fromLimit({ kind, figure }: Limit): number | null {
  if (kind === "server") return null;
  return kind === "none" ? 0 : Number(figure);
}
