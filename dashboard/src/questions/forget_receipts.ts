/** Where this browser keeps the receipts of a project that it has seen. */
export const RECEIPTS_PREFIX = "receipts-";

/** For whoever signs out: the next one at this browser is to find nothing of theirs. */
export function forgetReceipts(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(RECEIPTS_PREFIX)) localStorage.removeItem(key);
  } catch {
    // storage is forbidden: nothing was remembered
  }
}
