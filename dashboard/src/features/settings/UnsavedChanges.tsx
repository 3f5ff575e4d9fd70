import { useEffect } from "react";
import { useBlocker } from "react-router";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

/** Asks before changes are left behind: by a link or the browser's own buttons. */
export function UnsavedChanges({ isDirty }: { isDirty: boolean }) {
  const blocker = useBlocker(
    ({ currentLocation: here, nextLocation: there }) => isDirty && (here.pathname !== there.pathname || here.search !== there.search),
  );
  useEffect(() => {
    if (!isDirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isDirty]);
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
