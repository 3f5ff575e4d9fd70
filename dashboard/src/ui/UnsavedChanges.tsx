import { useEffect } from "react";
import { useBlocker } from "react-router";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { isLosing, type LostBy } from "./unsaved";

/** Asks before changes are left behind: by a link, the browser's own buttons, or closing the window. */
export function UnsavedChanges({ isChanged, lostBy }: { isChanged: boolean; lostBy: LostBy }) {
  const blocker = useBlocker(({ currentLocation: here, nextLocation: next }) => isChanged && isLosing(here, next, lostBy));
  useEffect(() => {
    if (!isChanged) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isChanged]);
  if (blocker.state !== "blocked") return null;
  return (
    <Dialog title="Leave without saving?" onClose={() => blocker.reset()}>
      <p>Your changes here are not saved. They are lost when you go on.</p>
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <Button onClick={() => blocker.reset()}>Stay here</Button>
        <Button look="danger" onClick={() => blocker.proceed()}>
          Leave without saving
        </Button>
      </div>
    </Dialog>
  );
}
