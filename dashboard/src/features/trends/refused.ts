import { ApiError } from "@/api/error";

const FORMULA = /^formulas\.(\d+)$/;
const NONE: ReadonlyMap<number, string> = new Map();

/** The formulas that were refused, where nothing else was: without them the question can be answered. */
export function refusedIn(error: unknown): ReadonlyMap<number, string> {
  if (!(error instanceof ApiError) || error.fields.size === 0) return NONE;
  const refused = [...error.fields].map(([field, said]) => [FORMULA.exec(field)?.[1], said] as const);
  if (refused.some(([place]) => place === undefined)) return NONE;
  return new Map(refused.map(([place, said]) => [Number(place), said]));
}

/** Back from the places of what was asked to those of what was written, where empty formulas stand as well. */
export function byPlace(written: readonly string[], refused: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const places = written.flatMap((text, place) => (text.trim() === "" ? [] : [place]));
  return new Map([...refused].flatMap(([asked, said]) => (places[asked] === undefined ? [] : [[places[asked], said] as const])));
}
