import { Outlet, ScrollRestoration, useNavigation } from "react-router";

/** Around every page: each begins at its top, and while the next one's file is on its way a line at the edge says so. */
export function Root() {
  const isGoing = useNavigation().state !== "idle";
  return (
    <>
      <ScrollRestoration />
      {isGoing && (
        <div role="progressbar" aria-label="Loading the page" className="fixed inset-x-0 top-0 z-50 h-0.5 animate-pulse bg-accent" />
      )}
      <Outlet />
    </>
  );
}
