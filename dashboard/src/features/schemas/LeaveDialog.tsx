import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

/** Asks before what is not saved is lost. */
export function LeaveDialog({ onLeave, onStay }: { onLeave: () => void; onStay: () => void }) {
  return (
    <Dialog title="Leave without saving?" onClose={onStay}>
      <p>What you have changed is not saved, and would be lost.</p>
      <div className="mt-2 flex justify-end gap-2">
        <Button onClick={onStay}>Stay here</Button>
        <Button look="danger" onClick={onLeave}>
          Leave
        </Button>
      </div>
    </Dialog>
  );
}
