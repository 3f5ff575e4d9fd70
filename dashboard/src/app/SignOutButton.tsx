import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, done } from "@/api/client";
import { IconButton } from "@/ui/Button";
import { SignOutIcon } from "@/ui/icons";
import { useSay } from "@/ui/toasts";
import { forgetAccount } from "./forget_account";

export function SignOutButton() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const signOut = useMutation({
    mutationFn: () => done(api.POST("/api/v1/auth/logout")),
    onSuccess: async () => {
      await navigate("/sign-in");
      forgetAccount(client);
    },
    onError: (error) => say(error.message),
  });
  return (
    <IconButton label="Sign out" onClick={() => signOut.mutate()} disabled={signOut.isPending}>
      <SignOutIcon />
    </IconButton>
  );
}
