import { Button } from "@/ui/Button";

/** Beside what a change would break: what that means, and the way to make it all the same. */
export function Breaks({ isBusy, onForce }: { isBusy: boolean; onForce: () => void }) {
  return (
    <>
      <p className="mt-2">
        What cannot be proven to be harmless counts as breaking. Try it on stored events to see how many would fail; where senders are ready for it, save it
        all the same.
      </p>
      <Button look="danger" className="mt-3" isBusy={isBusy} onClick={onForce}>
        Save it all the same
      </Button>
    </>
  );
}
