/** What a way off the page carries that loses nothing. */
export const LEAVES_NOTHING = { state: { isLeavingNothing: true } } as const;

interface Place {
  pathname: string;
  search: string;
}

/** What takes changes away with it: another page, or any other address, where a part of the page is in it. */
export type LostBy = "page" | "address";

/** Whether what is not saved would be lost on this way. Signing out is never stopped: the session is over by then. */
export function isLosing(here: Place, next: Place & { state: unknown }, by: LostBy): boolean {
  if (next.pathname === "/sign-in") return false;
  if (typeof next.state === "object" && next.state !== null && "isLeavingNothing" in next.state) return false;
  return next.pathname !== here.pathname || (by === "address" && next.search !== here.search);
}
