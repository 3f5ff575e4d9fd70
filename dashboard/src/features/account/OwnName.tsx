import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { fieldErrors } from "@/api/error";
import { meQuery } from "@/api/queries";
import type { User } from "@/api/types";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";

/** The name that others see; the address is who one is, and stays. */
export function OwnName({ me }: { me: User }) {
  const client = useQueryClient();
  const say = useSay();
  const [name, setName] = useState(me.full_name ?? "");
  const change = useMutation({
    mutationFn: () => answered<User>(api.PATCH("/api/v1/auth/me", { body: { full_name: name.trim() } })),
    onSuccess: (changed) => {
      client.setQueryData(meQuery.queryKey, changed);
      setName(changed.full_name ?? "");
      say("Your name is changed.");
      return Promise.all([["members"], ["member-names"], ["member", changed.id]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const fields = fieldErrors(change.error);
  return (
    <Card>
      <h2 className="mb-3">Who you are</h2>
      <form
        className="flex max-w-md flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <TextField label="Your name" required maxLength={200} autoComplete="name" value={name} onChange={({ target }) => setName(target.value)} error={fields.get("full_name")} />
        <div>
          <p className="mb-1 text-sm font-medium">E-mail address</p>
          <p className="break-all">{me.email}</p>
          <p className="mt-1 text-sm text-quiet">You sign in with it. It cannot be changed: another address is another account, by an invitation.</p>
        </div>
        {change.error && fields.size === 0 && <ErrorNotice error={change.error} />}
        <div>
          <Button type="submit" look="primary" disabled={name.trim() === me.full_name} isBusy={change.isPending}>
            Change the name
          </Button>
        </div>
      </form>
    </Card>
  );
}
