import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { fieldErrors } from "@/api/error";
import type { NewApiKey, Project } from "@/api/types";
import { Button } from "@/ui/Button";
import { CopyField } from "@/ui/CopyField";
import { Dialog } from "@/ui/Dialog";
import { SelectField, TextField } from "@/ui/Field";
import { ErrorNotice } from "@/ui/surfaces";
import { Warning } from "@/ui/Warning";

/** Makes a key, and then shows it, this once. */
export function NewKey({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<NewApiKey["kind"]>("write");
  const make = useMutation({
    mutationFn: () =>
      answered<NewApiKey>(
        api.POST("/api/v1/projects/{project_id}/api-keys", { params: { path: { project_id: project.id } }, body: { name: name.trim(), kind } }),
      ),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["api-keys", project.id] }),
  });
  if (make.data?.api_key) return <MadeKey apiKey={make.data} text={make.data.api_key} onClose={onClose} />;
  const fields = fieldErrors(make.error);
  return (
    <Dialog title="New key" onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <TextField
          label="Name"
          required
          maxLength={200}
          placeholder="Shop, in production"
          value={name}
          onChange={({ target }) => setName(target.value)}
          hint="Says where it is used, so that you know later what revoking it stops."
          error={fields.get("name")}
        />
        <SelectField label="What it is for" value={kind} onChange={({ target }) => setKind(target.value as NewApiKey["kind"])}>
          <option value="write">Write: sends events</option>
          <option value="read">Read: asks for figures</option>
        </SelectField>
        {make.error && fields.size === 0 && <ErrorNotice error={make.error} />}
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={make.isPending}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function MadeKey({ apiKey, text, onClose }: { apiKey: NewApiKey; text: string; onClose: () => void }) {
  return (
    <Dialog title={`${apiKey.name} is made`} onClose={onClose} isHeld>
      <CopyField label={`The ${apiKey.kind} key`} text={text} />
      <Warning>You will not see it again: the server keeps no more than its fingerprint. Copy it to where it is needed now.</Warning>
      <div className="mt-2 flex justify-end">
        <Button onClick={onClose}>I have copied it</Button>
      </div>
    </Dialog>
  );
}
