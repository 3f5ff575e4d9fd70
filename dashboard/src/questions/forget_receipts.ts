/** Where this browser keeps the receipts of a project that it has seen. */
export const RECEIPTS_PREFIX = "receipts-";

const OWNER_KEY = "whose-receipts";

/** For whoever signs out: the next one at this browser is to find nothing of theirs. */
export function forgetReceipts(): void {
  try {
    localStorage.removeItem(OWNER_KEY);
    for (const key of Object.keys(localStorage)) if (key.startsWith(RECEIPTS_PREFIX)) localStorage.removeItem(key);
  } catch {
    // storage is forbidden: nothing was remembered
  }
}

/** Whoever signs in finds their own: those of somebody whose session ended without signing out are not theirs. */
export function forgetReceiptsOfOthers(userId: string): void {
  try {
    if (localStorage.getItem(OWNER_KEY) !== userId) forgetReceipts();
    localStorage.setItem(OWNER_KEY, userId);
  } catch {
    // as above
  }
}
