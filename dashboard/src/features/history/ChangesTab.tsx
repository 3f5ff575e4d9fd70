import { useQuery } from "@tanstack/react-query";
import type { Project } from "@/api/types";
import { EmptyState, ErrorNotice, Skeleton } from "@/ui/surfaces";
import { Pager } from "@/ui/Pager";
import { Entries } from "./Entries";
import { Entry } from "./Entry";
import { Filters } from "./Filters";
import { askedEvents, type HistoryView } from "./filters";
import { ENTRIES_PER_PAGE, eventsQuery, memberNamesQuery } from "./history_queries";

interface ChangesTabProps {
  project: Project;
  view: HistoryView;
  onChange: (change: Partial<HistoryView>) => void;
}

export function ChangesTab({ project, view, onChange }: ChangesTabProps) {
  const events = useQuery(eventsQuery(askedEvents(view, project.timezone), view.page));
  const names = useQuery(memberNamesQuery);
  return (
    <>
      <Filters view={view} onChange={onChange} />
      {(events.isPending || names.isPending) && <Skeleton className="h-80" />}
      {events.isError && <ErrorNotice error={events.error} onRetry={() => void events.refetch()} />}
      {events.data?.length === 0 && (
        <EmptyState title="No such change">
          {view.page > 1 ? "The list ends before this page." : "Nothing that these filters name was changed. Clear one of them, or choose more days."}
        </EmptyState>
      )}
      {events.data && !names.isPending && (
        <div aria-busy={events.isPlaceholderData}>
          <Entries entries={events.data} timezone={project.timezone}>
            {(entry) => <Entry entry={entry} names={names.data ?? new Map()} projectId={project.id} timezone={project.timezone} />}
          </Entries>
        </div>
      )}
      <Pager page={view.page} onPage={(page) => onChange({ page })} hasMore={events.data?.length === ENTRIES_PER_PAGE} back="Newer" on="Older" />
    </>
  );
}
