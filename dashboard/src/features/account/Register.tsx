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
import { registerSchema, type RegisterFields } from "./schemas";

const EMPTY: RegisterFields = { full_name: "", email: "", password: "", organization_name: "" };

export function Page() {
  useTitle("Make an account");
  const { search, hash } = useLocation();
  const invitation = new URLSearchParams(hash.slice(1)).get("invitation");
  const goOn = useAfterSignIn();
  const form = useForm<RegisterFields>({ resolver: zodResolver(registerSchema), defaultValues: EMPTY });
  const { errors } = form.formState;
  const register = useMutation({
    mutationFn: ({ organization_name, ...fields }: RegisterFields) => {
      const joined = invitation ? { invitation } : organization_name ? { organization_name } : {};
      return answered(api.POST("/api/v1/auth/register", { params: { query: { cookies: true } }, body: { ...fields, ...joined } }));
    },
    onSuccess: ({ user }) => goOn(user),
    onError: (error) => showServerErrors(error, ["full_name", "email", "password", "organization_name"], form.setError),
  });
  const about = invitation
    ? "You were invited: use the e-mail address that the invitation was sent to."
    : "Your data stays on this server.";
  return (
    <AccountFrame title={invitation ? "Join your team" : "Make an account"} about={about}>
      <form noValidate className="flex flex-col gap-4" onSubmit={(event) => void form.handleSubmit((body) => register.mutate(body))(event)}>
        <TextField label="Your name" autoComplete="name" error={errors.full_name?.message} {...form.register("full_name")} />
        <TextField label="E-mail address" type="email" autoComplete="username" error={errors.email?.message} {...form.register("email")} />
        <TextField label="Password" type="password" autoComplete="new-password" hint="At least 8 characters." error={errors.password?.message} {...form.register("password")} />
        {!invitation && (
          <TextField label="Organisation (optional)" autoComplete="organization" error={errors.organization_name?.message} {...form.register("organization_name")} />
        )}
        {errors.root?.message && <ErrorNotice error={new Error(errors.root.message)} />}
        <Button type="submit" look="primary" isBusy={register.isPending}>
          {invitation ? "Join" : "Make the account"}
        </Button>
      </form>
      <p className="mt-5 text-sm text-quiet">
        You have an account?{" "}
        <Link className="link" to={`/sign-in${search}`}>
          Sign in
        </Link>
      </p>
    </AccountFrame>
  );
}
