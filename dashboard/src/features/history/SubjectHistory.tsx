import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { ApiError } from "@/api/error";
import type { HistoryEntry } from "@/api/types";
import { NotFoundPage } from "@/app/NotFoundPage";
import { useHasRole, useMay } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { formatMoment } from "@/format/times";
import { Button, ButtonLink } from "@/ui/Button";
import { Pager } from "@/ui/Pager";
import { ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { Entries } from "./Entries";
import { Entry } from "./Entry";
import { actorInWords } from "./entry_words";
import { ENTRIES_PER_PAGE, memberNamesQuery, subjectQuery, type Subject } from "./history_queries";
import { kindAt, kindOf } from "./kinds";
import { Restore } from "./Restore";
import { Undelete } from "./Undelete";
import { WholeNote } from "./WholeNote";

/** All versions of one thing, also of one that is deleted. */
export function Page() {
  const { kind: address = "", subjectId = "" } = useParams();
  const project = useProject();
  const kind = kindAt(address);
  if (!kind) return <NotFoundPage />;
  return <Versions key={`${kind}-${subjectId}`} subject={{ kind, id: subjectId, projectId: project.id }} />;
}

function Versions({ subject }: { subject: Subject }) {
  const project = useProject();
  const { words, page: pageOf, mayRestore = "owner" } = kindOf(subject.kind);
  const [page, setPage] = useState(1);
  const [restored, setRestored] = useState<number | null>(null);
  const newest = useQuery(subjectQuery(subject, 1, 1));
  const entries = useQuery(subjectQuery(subject, page));
  const names = useQuery(memberNamesQuery);
  const now = newest.data?.[0];
  useTitle(now?.name ? `History of ${now.name}` : "History");
  const isDeleted = now?.type.endsWith(".deleted") ?? false;
  const canRestore = useMay(mayRestore) && subject.kind !== "user";
  const mayReadAll = useHasRole("admin");
  const error = newest.error ?? entries.error;
  if (error instanceof ApiError && error.status === 404) return <NotFoundPage />;
  if (error) {
    return (
      <>
        <PageHead title={`History of this ${words}`} />
        <ErrorNotice error={error} onRetry={() => void Promise.all([newest.refetch(), entries.refetch()])} />
      </>
    );
  }
  if (!entries.data || !now || names.isPending) return <Skeleton className="h-80" />;
  const known = names.data ?? new Map<string, string>();
  return (
    <>
      <PageHead title={now.name ?? "Without a name"} about={`Every version of this ${words}: who changed what, when, and how it was before.`}>
        {!isDeleted && pageOf && <ButtonLink to={`/projects/${project.id}/${pageOf(subject.id)}`}>Open it</ButtonLink>}
        {mayReadAll && <ButtonLink to={`/projects/${project.id}/history`}>All history</ButtonLink>}
      </PageHead>
      <WholeNote />
      {isDeleted && <DeletedNotice entry={now} who={actorInWords(now.actor, known)} timezone={project.timezone} subject={subject} canRestore={canRestore} />}
      <div aria-busy={entries.isPlaceholderData}>
        <Entries entries={entries.data} timezone={project.timezone}>
          {(entry) => (
            <Entry entry={entry} names={known} projectId={project.id} timezone={project.timezone} isOwn>
              {entry.version === now.version && <span className="text-quiet">This is how it is now</span>}
              {canRestore && !isDeleted && entry.version !== now.version && !entry.type.endsWith(".deleted") && (
                <Button className="!min-h-7 !px-2.5 !py-0.5" onClick={() => setRestored(entry.version)}>
                  Restore this version …<span className="sr-only"> (version {entry.version})</span>
                </Button>
              )}
            </Entry>
          )}
        </Entries>
      </div>
      <Pager page={page} onPage={setPage} hasMore={entries.data.length === ENTRIES_PER_PAGE} back="Newer" on="Older" />
      {restored !== null && <Restore subject={subject} version={restored} newest={now} onClose={() => setRestored(null)} />}
    </>
  );
}

interface DeletedNoticeProps {
  entry: HistoryEntry;
  who: string;
  timezone: string;
  subject: Subject;
  canRestore: boolean;
}

function DeletedNotice({ entry, who, timezone, subject, canRestore }: DeletedNoticeProps) {
  return (
    <div className="mb-4 flex flex-wrap items-center justify-between gap-3 rounded-md bg-sunken px-4 py-3">
      <p>
        <strong>Deleted.</strong> {who} deleted it on {formatMoment(entry.at, timezone)}. Nothing of it is lost
        {canRestore ? ": bring it back, and it is as it was." : "."}
      </p>
      {canRestore && <Undelete subject={subject} name={entry.name ?? "It"} />}
    </div>
  );
}
