import { useEffect } from "react";
import { useBlocker } from "react-router";

/** What a way off the page carries that loses nothing. */
export const LEAVES_NOTHING = { state: { isLeavingNothing: true } } as const;

/** Stops whoever leaves for another page of a project, or closes the window, with changes that are not saved. */
export function useLeaveGuard(isChanged: boolean) {
  useEffect(() => {
    if (!isChanged) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isChanged]);
  return useBlocker(({ currentLocation: { pathname }, nextLocation: next }) => {
    const isOther = next.pathname !== pathname && next.pathname.startsWith("/projects/"); // signing out is never stopped
    const state: unknown = next.state;
    return isChanged && isOther && !(typeof state === "object" && state !== null && "isLeavingNothing" in state);
  });
}
