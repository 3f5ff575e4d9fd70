import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiKey, Project } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useMay } from "@/app/may";
import { formatDate, formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { PlusIcon } from "@/ui/icons";
import { Pager } from "@/ui/Pager";
import { Card, EmptyState, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { keysQuery, PAGE_SIZE } from "./project_queries";
import { NewKey } from "./NewKey";
import { RevokeKey } from "./RevokeKey";

/** The keys that write events and read figures; what a key is itself is told only when it is made. */
export function Keys({ project }: { project: Project }) {
  const [page, setPage] = useState(1);
  const [isMaking, setIsMaking] = useState(false);
  const { asOf } = useSight();
  const mayEdit = useMay("admin");
  const keys = useQuery(keysQuery(project.id, asOf, page));
  return (
    <Card>
      <div className="mb-3 flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-prose text-sm text-quiet">
          A write key sends events, and nothing else: it may stand in a page. A read key asks for figures without an account: keep it on a
          server. {!mayEdit && !asOf && "Admins and owners make and revoke them."}
        </p>
        {mayEdit && (
          <Button look="primary" onClick={() => setIsMaking(true)}>
            <PlusIcon />
            New key
          </Button>
        )}
      </div>
      {keys.isPending && <Skeleton className="h-24" />}
      {keys.isError && <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && page === 1 && (
        <EmptyState title="No key">Nothing can send events to this project. {mayEdit && "Make a write key, and put it into your pages."}</EmptyState>
      )}
      {keys.data && keys.data.length > 0 && (
        <ul aria-label="Keys" className="divide-y divide-line border-t border-line">
          {keys.data.map((key) => (
            <KeyLine key={key.id} apiKey={key} project={project} mayRevoke={mayEdit} />
          ))}
        </ul>
      )}
      <Pager page={page} onPage={setPage} hasMore={keys.data?.length === PAGE_SIZE} />
      {isMaking && <NewKey project={project} onClose={() => setIsMaking(false)} />}
    </Card>
  );
}

function KeyLine({ apiKey, project, mayRevoke }: { apiKey: ApiKey; project: Project; mayRevoke: boolean }) {
  const [isAsking, setIsAsking] = useState(false);
  const { name, kind, prefix, created_at: createdAt, last_used_at: usedAt } = apiKey;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium break-words">
          {name}
          <span className="ml-2 rounded bg-sunken px-1.5 py-0.5 text-xs font-medium whitespace-nowrap text-quiet">{kind} key</span>
        </p>
        <p className="font-mono text-sm text-quiet">{prefix}…</p>
      </div>
      <p className="flex-1 basis-56 text-sm text-quiet">
        {usedAt ? `Last used ${formatMoment(usedAt, project.timezone)}, to the hour` : "Never used"}
        <span className="block">Made {formatDate(createdAt, project.timezone)}</span>
      </p>
      {mayRevoke && (
        <Button look="danger" aria-label={`Revoke ${name}`} onClick={() => setIsAsking(true)}>
          Revoke
        </Button>
      )}
      {isAsking && <RevokeKey project={project} apiKey={apiKey} onClose={() => setIsAsking(false)} />}
    </li>
  );
}
