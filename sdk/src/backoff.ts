/** How long to wait before the next try. */

const FIRST_MS = 1000;
const MAX_MS = 5 * 60 * 1000;
export const ASKED_MAX_MS = 24 * 3600 * 1000; // a timer of more than 24 days would fire at once

/** Milliseconds that a Retry-After header asks for: seconds, or a date. */
export const askedPause = (retryAfter: string | null | undefined, now: number): number => {
  const asked = retryAfter ? 1000 * Number(retryAfter) || Date.parse(retryAfter) - now || 0 : 0;
  return Math.min(Math.max(asked, 0), ASKED_MAX_MS);
};

/** After so many failures in a row, this one left out. Jitter, or all pages come back at the same moment. */
export const backoffPause = (failures: number, chance: number): number =>
  Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 20)) * (0.5 + chance / 2);
