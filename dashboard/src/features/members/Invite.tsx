import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { fieldErrors } from "@/api/error";
import type { NewInvitation, User } from "@/api/types";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { CopyField } from "@/ui/CopyField";
import { Dialog } from "@/ui/Dialog";
import { SelectField, TextField } from "@/ui/Field";
import { ErrorNotice } from "@/ui/surfaces";
import { Warning } from "@/ui/Warning";
import { INVITATIONS_KEY } from "./member_queries";
import { aboutRole, roleName, rolesToInvite } from "./rights";

interface InviteProps {
  role: User["role"];
  timezone: string;
  onClose: () => void;
}

/** Invites an address, and then shows the link, this once: the server sends no letters. */
export function Invite({ role: mine, timezone, onClose }: InviteProps) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<User["role"]>("viewer");
  const invite = useMutation({
    mutationFn: () => answered<NewInvitation>(api.POST("/api/v1/organization/invitations", { body: { email: email.trim(), role } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: INVITATIONS_KEY }),
  });
  if (invite.data?.url) return <Invited invitation={invite.data} url={invite.data.url} timezone={timezone} onClose={onClose} />;
  const fields = fieldErrors(invite.error);
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <form
        noValidate // what an address is the server says
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        <TextField label="E-mail address" type="email" autoComplete="off" value={email} onChange={({ target }) => setEmail(target.value)} error={fields.get("email")} />
        <SelectField label="Role" value={role} onChange={({ target }) => setRole(target.value as User["role"])} hint={aboutRole(role)} error={fields.get("role")}>
          {rolesToInvite(mine).map((one) => (
            <option key={one} value={one}>
              {roleName(one)}
            </option>
          ))}
        </SelectField>
        <p className="text-sm text-quiet">The server sends no letters: you get a link to hand over. An older invitation of this address ends.</p>
        {invite.error && fields.size === 0 && <ErrorNotice error={invite.error} />}
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={invite.isPending}>
            Make the link
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Invited({ invitation, url, timezone, onClose }: { invitation: NewInvitation; url: string; timezone: string; onClose: () => void }) {
  return (
    <Dialog title={`A link for ${invitation.email}`} onClose={onClose} isHeld>
      <CopyField label="The invitation’s link" text={url} />
      <Warning>
        You will not see it again. It works once, for this address, until {formatMoment(invitation.expires_at, timezone)}. Hand it over where only{" "}
        {invitation.email} reads it.
      </Warning>
      <div className="mt-2 flex justify-end">
        <Button onClick={onClose}>I have copied it</Button>
      </div>
    </Dialog>
  );
}
