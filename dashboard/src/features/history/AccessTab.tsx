import { useQuery } from "@tanstack/react-query";
import type { Project } from "@/api/types";
import { formatMoment } from "@/format/times";
import { Pager } from "@/ui/Pager";
import { EmptyState, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { spoken } from "@/ui/diff_words";
import { accessQuery, ENTRIES_PER_PAGE, memberNamesQuery } from "./history_queries";

const WORDS: Record<string, string> = {
  sign_in_failed: "Sign-in failed",
  access_refused: "Access refused",
  personal_data_read: "Personal data read",
  export: "Export",
  quarantine_replayed: "Quarantine replayed",
};

interface AccessTabProps {
  project: Project;
  page: number;
  onPage: (page: number) => void;
}

/** What was tried and looked at. It stands beside the log of changes, and is no part of its proof. */
export function AccessTab({ project, page, onPage }: AccessTabProps) {
  const access = useQuery(accessQuery(page));
  const names = useQuery(memberNamesQuery);
  if (access.isPending || names.isPending) return <Skeleton className="h-48" />;
  if (access.isError) return <ErrorNotice error={access.error} onRetry={() => void access.refetch()} />;
  if (access.data.length === 0 && page === 1) {
    return (
      <EmptyState title="Nothing yet">
        Sign-ins that failed, access that was refused, exports, and who read personal data are noted here.
      </EmptyState>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm" aria-label="Access log" aria-busy={access.isPlaceholderData}>
        {access.data.map(({ at, kind, actor_id: actor, detail }, place) => (
          <li key={`${at}-${place}`} className="grid gap-x-4 px-4 py-2 sm:grid-cols-[11rem_11rem_minmax(0,1fr)]">
            <time dateTime={at} className="text-quiet">
              {formatMoment(at, project.timezone)}
            </time>
            <span className="font-medium">{WORDS[kind] ?? spoken(kind)}</span>
            <span className="break-words">
              {actor ? (names.data?.get(actor) ?? "Somebody") : "Not signed in"}: {detail}
            </span>
          </li>
        ))}
      </ul>
      <Pager page={page} onPage={onPage} hasMore={access.data.length === ENTRIES_PER_PAGE} back="Newer" on="Older" />
    </>
  );
}
