import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ErrorNotice } from "./surfaces";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What the button says that does it: "Delete it". */
  action: string;
  look?: "danger" | "primary";
  run: () => Promise<unknown>;
  onClose: () => void;
}

/** Asks before something is done, does it, and stays open with the reason where that fails. */
export function Confirm({ title, children, action, look = "danger", run, onClose }: ConfirmProps) {
  const work = useMutation({ mutationFn: run, onSuccess: onClose });
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {work.error && <ErrorNotice error={work.error} />}
      <div className="mt-2 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look={look} isBusy={work.isPending} onClick={() => work.mutate()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
