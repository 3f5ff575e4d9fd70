import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { HistoryEntry, Project } from "@/api/types";
import { useMay } from "@/app/may";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { EmptyState, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { stillDeleted } from "./deleted";
import { actorInWords } from "./entry_words";
import { deletionsQuery, memberNamesQuery } from "./history_queries";
import { historyOf, kindOf, subjectOf } from "./kinds";
import { Undelete } from "./Undelete";

/** What of this project was deleted and can come back, and other projects that were. */
export function DeletedTab({ project }: { project: Project }) {
  const deletions = useInfiniteQuery(deletionsQuery);
  const names = useQuery(memberNamesQuery);
  if (deletions.isPending || names.isPending) return <Skeleton className="h-48" />;
  if (deletions.isError) return <ErrorNotice error={deletions.error} onRetry={() => void deletions.refetch()} />;
  const found = stillDeleted(deletions.data.pages.flat()).filter((entry) => entry.project_id === null || entry.project_id === project.id);
  return (
    <>
      {found.length === 0 && !deletions.hasNextPage && (
        <EmptyState title="Nothing is deleted">
          Funnels, reports, dashboards, cohorts, metrics, event schemas and projects that somebody deletes are listed here, and can
          be brought back with all of their history.
        </EmptyState>
      )}
      {found.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {found.map((entry) => (
            <Deleted key={entry.seq} entry={entry} project={project} who={actorInWords(entry.actor, names.data ?? new Map())} />
          ))}
        </ul>
      )}
      {deletions.hasNextPage && (
        <Button className="mt-3" isBusy={deletions.isFetchingNextPage} onClick={() => void deletions.fetchNextPage()}>
          Look further back
        </Button>
      )}
    </>
  );
}

function Deleted({ entry, project, who }: { entry: HistoryEntry; project: Project; who: string }) {
  const { kind, id } = subjectOf(entry.stream);
  const may = useMay((kind && kindOf(kind).mayRestore) ?? "owner");
  if (!kind) return null;
  const history = historyOf(entry, project.id);
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
      <div className="min-w-0">
        <p className="break-words">
          <span className="inline-block text-quiet first-letter:uppercase">{kindOf(kind).words}</span> <strong>{entry.name}</strong>
        </p>
        <p className="text-sm text-quiet">
          {who} deleted it on {formatMoment(entry.at, project.timezone)}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-3">
        {history && (
          <Link className="link text-sm" to={history}>
            Its history<span className="sr-only"> ({entry.name})</span>
          </Link>
        )}
        {may && <Undelete subject={{ kind, id, projectId: project.id }} name={entry.name ?? "It"} />}
      </div>
    </li>
  );
}
