import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { forgetAccount } from "@/app/forget_account";
import { api, done } from "@/api/client";
import { projectsQuery } from "@/api/queries";
import type { User } from "@/api/types";
import { membersQuery } from "@/features/members/member_queries";
import { plural } from "@/format/numbers";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Checkbox, TextField } from "@/ui/Field";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { wrongPassword } from "./ChangePassword";

/** Erasing destroys the one key that name and address can be read with: docs/decisions/0008. */
export function EraseAccount({ me }: { me: User }) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <Card className="border-danger/40">
      <h2>Erase your account</h2>
      <p className="mt-1 mb-3 max-w-prose text-sm text-quiet">
        The key that your name, address and password are read with is destroyed, so that they are unreadable for ever, also in the history. Nobody
        can undo it. What you did stays, with its time and your role, by nobody; what you have made stays for the others. Only a copy of the keys
        that the server’s operator keeps elsewhere can still read them, until it is deleted.
      </p>
      <Button look="danger" onClick={() => setIsAsking(true)}>
        Erase my account
      </Button>
      {isAsking && <Erasing me={me} onClose={() => setIsAsking(false)} />}
    </Card>
  );
}

function Erasing({ me, onClose }: { me: User; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const members = useQuery(membersQuery());
  const projects = useQuery(projectsQuery);
  const [password, setPassword] = useState("");
  const [deletes, setDeletes] = useState(false);
  const isAlone = members.data?.length === 1;
  const erase = useMutation({
    mutationFn: () => done(api.DELETE("/api/v1/auth/me", { body: { password, delete_organization: isAlone && deletes } })),
    onSuccess: async () => {
      await navigate("/sign-in");
      forgetAccount(client);
    },
  });
  const wrong = wrongPassword(erase.error);
  return (
    <Dialog title="Erase your account for ever?" onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          erase.mutate();
        }}
      >
        <p>You are signed out everywhere. Invitations that you have given out end.</p>
        {isAlone && (
          <>
            <p>
              You are the only member of {me.organization_name}: without you nobody could reach it. It goes with you, and with it{" "}
              {projects.data ? plural(projects.data.length, "project") : "its projects"} and all their events.
            </p>
            <Checkbox label={`Delete ${me.organization_name} as well`} required checked={deletes} onChange={({ target }) => setDeletes(target.checked)} />
          </>
        )}
        <TextField label="Your password" type="password" required autoComplete="current-password" value={password} onChange={({ target }) => setPassword(target.value)} error={wrong} />
        {erase.error && !wrong && <ErrorNotice error={erase.error} />}
        <div className="mt-2 flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" disabled={members.isPending} isBusy={erase.isPending}>
            Erase my account
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
