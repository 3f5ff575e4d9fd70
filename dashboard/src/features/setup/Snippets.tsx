import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "@/api/client";
import { trackingCodeQuery } from "@/api/queries";
import type { TrackingCode } from "@/api/types";
import { useMay } from "@/app/may";
import { Button } from "@/ui/Button";
import { ErrorNotice, Skeleton } from "@/ui/surfaces";
import { Tabs } from "@/ui/Tabs";
import { Code } from "./Code";

type Kind = Exclude<keyof TrackingCode, "sdk_url">;

const PLACEHOLDER = "YOUR_WRITE_KEY"; // as the API writes it where it does not know the key
const KINDS: readonly { id: Kind; label: string; about: string }[] = [
  { id: "html", label: "HTML", about: "Paste this into the head of every page. Page views are tracked from then on." },
  { id: "npm", label: "npm", about: "For an application that is built: save it as a module and import it once." },
  { id: "curl", label: "curl", about: "One event from a terminal: the quickest way to see something arrive." },
  { id: "python", label: "Python", about: "One event from a program, with the standard library alone." },
];

interface SnippetsProps {
  projectId: string;
  writeKey: string | null;
  onKey: (key: string) => void;
}

export function Snippets({ projectId, writeKey, onKey }: SnippetsProps) {
  const code = useQuery(trackingCodeQuery(projectId));
  const [kind, setKind] = useState<Kind>("html");
  const mayMake = useMay("admin");
  if (code.isPending) return <Skeleton className="h-40" />;
  if (code.isError) return <ErrorNotice error={code.error} onRetry={() => void code.refetch()} />;
  const tabs = KINDS.map(({ id, label, about }) => ({
    id,
    label,
    content: (
      <>
        <p className="mb-2 text-sm text-quiet">{about}</p>
        <Code label={label} text={writeKey ? code.data[id].replaceAll(PLACEHOLDER, writeKey) : code.data[id]} />
      </>
    ),
  }));
  return (
    <>
      {!writeKey && (mayMake ? <NeedsKey projectId={projectId} onKey={onKey} /> : <AskForKey />)}
      <Tabs label="Kind of snippet" tabs={tabs} chosen={kind} onChoose={setKind} />
    </>
  );
}

const AskForKey = () => (
  <p className="mb-3 rounded-md bg-warn-soft p-3 text-sm">
    Put a write key in place of <code>{PLACEHOLDER}</code>. Admins and owners make one, under Settings; it is shown to them once.
  </p>
);

function NeedsKey({ projectId, onKey }: Omit<SnippetsProps, "writeKey">) {
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/projects/{project_id}/api-keys", {
          params: { path: { project_id: projectId } },
          body: { name: "Set-up page", kind: "write" },
        }),
      ),
    onSuccess: ({ api_key: key }) => {
      if (key) onKey(key);
      void client.invalidateQueries({ queryKey: ["api-keys", projectId] });
    },
  });
  return (
    <div className="mb-3 flex flex-col gap-2 rounded-md bg-warn-soft p-3 text-sm sm:flex-row sm:items-center">
      <p className="flex-1">
        A key is shown once, when it is made. Put yours in place of <code>{PLACEHOLDER}</code>, or make another.
      </p>
      <Button isBusy={make.isPending} onClick={() => make.mutate()}>
        Make a write key
      </Button>
      {make.error && <ErrorNotice error={make.error} />}
    </div>
  );
}
