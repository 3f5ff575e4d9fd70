import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { TextField } from "./Field";
import { ErrorNotice } from "./surfaces";

export interface Naming {
  name: string;
  description: string | null;
}

interface NameDialogProps {
  title: string;
  start: Naming;
  action: string;
  save: (naming: Naming) => Promise<unknown>;
  onClose: () => void;
}

/** Asks what something is called, and what it is for. */
export function NameDialog({ title, start, action, save, onClose }: NameDialogProps) {
  const [name, setName] = useState(start.name);
  const [description, setDescription] = useState(start.description ?? "");
  const work = useMutation({
    mutationFn: () => save({ name: name.trim(), description: description.trim() || null }),
    onSuccess: onClose,
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          work.mutate();
        }}
      >
        <TextField label="Name" required maxLength={200} value={name} onChange={({ target }) => setName(target.value)} />
        <TextField label="Description (optional)" maxLength={2000} value={description} onChange={({ target }) => setDescription(target.value)} />
        {work.error && <ErrorNotice error={work.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={work.isPending}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
