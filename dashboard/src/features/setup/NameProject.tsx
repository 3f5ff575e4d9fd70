import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { answered, api } from "@/api/client";
import { fieldErrors } from "@/api/error";
import { projectsQuery } from "@/api/queries";
import { useHasRole } from "@/app/may";
import { SignOutButton } from "@/app/SignOutButton";
import { useTitle } from "@/app/title";
import { Button } from "@/ui/Button";
import { SuggestField, TextField } from "@/ui/Field";
import { Logo } from "@/ui/Logo";
import { Card, ErrorNotice } from "@/ui/surfaces";
import { keepWriteKey } from "./write_key";

const ZONES = Intl.supportedValuesOf("timeZone");
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The first step: a project with a name, and the calendar that its days follow. */
export function Page() {
  useTitle("New project");
  const client = useQueryClient();
  const navigate = useNavigate();
  const projects = useQuery(projectsQuery);
  const [name, setName] = useState("");
  const [timezone, setTimezone] = useState(HERE);
  const mayMake = useHasRole("admin");
  const isFirst = projects.data?.length === 0;
  const make = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/projects", { body: { name: name.trim(), timezone } })),
    onSuccess: async ({ id, api_key: writeKey }) => {
      await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
      if (writeKey) keepWriteKey(client, id, writeKey);
      await navigate(`/projects/${id}/setup`);
    },
  });
  const fields = fieldErrors(make.error);
  if (!mayMake) return <AskForProject isFirst={isFirst} />;
  return (
    <Frame>
      <Card className="sm:p-7">
        <h1>{isFirst ? "What do you want to measure?" : "New project"}</h1>
        <p className="mt-1 text-quiet">
          A project is one product: a site, a shop, an app. {isFirst && "The next step is a few lines to paste into it."}
        </p>
        <form
          className="mt-5 flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <TextField label="Name" required autoFocus maxLength={200} placeholder="Shop" value={name} onChange={({ target }) => setName(target.value)} error={fields.get("name")} />
          <SuggestField
            label="Time zone"
            required
            suggestions={ZONES}
            value={timezone}
            onChange={({ target }) => setTimezone(target.value)}
            hint="Days, weeks and months in reports follow its calendar."
            error={fields.get("timezone")}
          />
          {make.error && fields.size === 0 && <ErrorNotice error={make.error} />}
          <div className="flex flex-wrap items-center gap-4">
            <Button type="submit" look="primary" isBusy={make.isPending}>
              Make the project
            </Button>
            {!isFirst && projects.data && (
              <Link className="link text-sm" to="/">
                Cancel
              </Link>
            )}
          </div>
        </form>
      </Card>
    </Frame>
  );
}

/** For whoever may not make one. */
function AskForProject({ isFirst }: { isFirst: boolean }) {
  return (
    <Frame>
      <Card className="sm:p-7">
        <h1>{isFirst ? "There is no project yet" : "New project"}</h1>
        <p className="mt-1 text-quiet">Projects are made by the admins and owners of your organisation. Ask one of them; what they make is here for you at once.</p>
        <p className="mt-4">
          <Link className="link" to="/">
            {isFirst ? "Look again" : "Back"}
          </Link>
        </p>
      </Card>
    </Frame>
  );
}

const Frame = ({ children }: { children: ReactNode }) => (
  <main className="mx-auto flex min-h-dvh max-w-lg flex-col justify-center gap-5 p-4">
    <div className="flex items-center justify-between">
      <Logo />
      <SignOutButton />
    </div>
    {children}
  </main>
);
