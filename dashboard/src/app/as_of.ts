import { useMemo } from "react";
import { useSearchParams } from "react-router";

export const AS_OF = "as_of";
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?Z$/;

/** The moment that the address looks back to; null: now. */
export function readAsOf(search: URLSearchParams): string | null {
  const moment = search.get(AS_OF);
  return moment && MOMENT.test(moment) && !Number.isNaN(Date.parse(moment)) ? moment : null;
}

/** How a page sees: as everything is now, or as it was. What is past cannot be changed. */
export interface Sight {
  asOf: string | null;
  /** Where "the last 30 days" end. */
  now: Date;
  /** What every question says beside its own: who is whom as was known then. */
  asked: { identities_as_of?: string };
}

export function useSight(): Sight {
  const [search] = useSearchParams();
  const asOf = readAsOf(search);
  return useMemo(
    () => ({ asOf, now: asOf ? new Date(asOf) : new Date(), asked: asOf ? { identities_as_of: asOf } : {} }),
    [asOf],
  );
}

/** Another address with the moment in it, or without. */
export function withAsOf(search: URLSearchParams, asOf: string | null): URLSearchParams {
  const changed = new URLSearchParams(search);
  if (asOf) changed.set(AS_OF, asOf);
  else changed.delete(AS_OF);
  return changed;
}

const BACK_TO_NOW = { now: true };

/** What a link carries that leaves the past; every other one stays in it. */
export const backToNow = { state: BACK_TO_NOW } as const;
export const isBackToNow = (state: unknown): boolean => typeof state === "object" && state !== null && "now" in state;
