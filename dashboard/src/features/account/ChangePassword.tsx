import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, done } from "@/api/client";
import { ApiError, fieldErrors } from "@/api/error";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { useSay } from "@/ui/toasts";

const WRONG_PASSWORD = 403;

/** What a refusal says of the current password; undefined where it is about something else. */
export const wrongPassword = (error: unknown): string | undefined =>
  error instanceof ApiError && error.status === WRONG_PASSWORD ? error.message : undefined;

export function ChangePassword({ email }: { email: string }) {
  const say = useSay();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => done(api.POST("/api/v1/auth/password", { body: { current_password: current, new_password: next } })),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      say("Your password is changed. All your other sessions have ended.");
    },
  });
  const refused = fieldErrors(change.error).get("password");
  const wrong = wrongPassword(change.error);
  return (
    <Card>
      <h2 className="mb-3">Password</h2>
      <form
        className="flex max-w-md flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <input type="text" name="username" autoComplete="username" readOnly hidden value={email} />
        <TextField label="Current password" type="password" required autoComplete="current-password" value={current} onChange={({ target }) => setCurrent(target.value)} error={wrong} />
        <TextField
          label="New password"
          type="password"
          required
          autoComplete="new-password"
          value={next}
          onChange={({ target }) => setNext(target.value)}
          hint="At least 8 characters. Whoever is signed in as you elsewhere is signed out."
          error={refused}
        />
        {change.error && !wrong && !refused && <ErrorNotice error={change.error} />}
        <div>
          <Button type="submit" look="primary" isBusy={change.isPending}>
            Change the password
          </Button>
        </div>
      </form>
    </Card>
  );
}
