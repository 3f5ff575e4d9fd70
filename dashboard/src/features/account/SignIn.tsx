import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { Link, useLocation } from "react-router";
import { answered, api } from "@/api/client";
import { useTitle } from "@/app/title";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { ErrorNotice } from "@/ui/surfaces";
import { AccountFrame } from "./AccountFrame";
import { useAfterSignIn } from "./after_sign_in";
import { showServerErrors } from "./form_errors";
import { signInSchema, type SignInFields } from "./schemas";

export function Page() {
  useTitle("Sign in");
  const { search } = useLocation();
  const goOn = useAfterSignIn();
  const form = useForm<SignInFields>({ resolver: zodResolver(signInSchema), defaultValues: { email: "", password: "" } });
  const { errors } = form.formState;
  const signIn = useMutation({
    mutationFn: (body: SignInFields) => answered(api.POST("/api/v1/auth/login", { params: { query: { cookies: true } }, body })),
    onSuccess: ({ user }) => goOn(user),
    onError: (error) => showServerErrors(error, ["email", "password"], form.setError),
  });
  return (
    <AccountFrame title="Sign in">
      <form noValidate className="flex flex-col gap-4" onSubmit={(event) => void form.handleSubmit((body) => signIn.mutate(body))(event)}>
        <TextField label="E-mail address" type="email" autoFocus autoComplete="username" error={errors.email?.message} {...form.register("email")} />
        <TextField label="Password" type="password" autoComplete="current-password" error={errors.password?.message} {...form.register("password")} />
        {errors.root?.message && <ErrorNotice error={new Error(errors.root.message)} />}
        <Button type="submit" look="primary" isBusy={signIn.isPending}>
          Sign in
        </Button>
      </form>
      <details className="mt-5 text-sm text-quiet">
        <summary className="w-fit">You have forgotten your password?</summary>
        <p className="mt-1">Ask an admin of your team to remove you and to invite you again: this server sends no letters. What you have made stays.</p>
      </details>
      <p className="mt-3 text-sm text-quiet">
        No account yet?{" "}
        <Link className="link" to={`/register${search}`}>
          Make one
        </Link>
      </p>
    </AccountFrame>
  );
}
