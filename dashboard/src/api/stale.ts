import { ApiError } from "./error";

const STALE = 412;

/** The header of a write to what was seen at a version; where somebody else has written since, the server refuses. */
export const ifMatch = (version: number) => ({ "If-Match": `"${version}"` });

export const isStale = (error: unknown): boolean => error instanceof ApiError && error.status === STALE;

/** The refusal of such a write in words that say what to do. */
export async function unlessStale<T>(write: Promise<T>, advice: string): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isStale(error)) throw error;
    throw new ApiError(STALE, `Somebody else has changed it meanwhile. ${advice}`);
  }
}
