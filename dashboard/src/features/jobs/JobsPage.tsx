import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { SystemJobs } from "@/api/types";
import { useSight } from "@/app/as_of";
import { useHasRole } from "@/app/may";
import { useProject } from "@/app/project";
import { useTitle } from "@/app/title";
import { formatMoment } from "@/format/times";
import { EmptyState, ErrorNotice, PageHead, Skeleton } from "@/ui/surfaces";
import { JobList } from "./JobList";
import { jobsQuery } from "./jobs_query";

const LOOK_MILLISECONDS = 3000;

/** Whether what is done by the clock is done. */
export function Page() {
  useTitle("Jobs");
  const { timezone } = useProject();
  const { asOf } = useSight();
  const maySee = useHasRole("admin");
  const jobs = useQuery({ ...jobsQuery, enabled: maySee, refetchInterval: LOOK_MILLISECONDS });
  return (
    <>
      <PageHead title="Jobs" about="What the server does by the clock for all its projects, and whether it went well." />
      {asOf && <p className="mb-4 text-sm text-quiet">This page knows the present only.</p>}
      {!maySee && <EmptyState title="For admins and owners">Jobs are the whole server’s. Ask an admin of your organisation where events or figures seem late.</EmptyState>}
      {maySee && jobs.isPending && <Skeleton className="h-80" />}
      {jobs.isError && <ErrorNotice error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {jobs.data && (
        <div className="flex flex-col gap-4">
          <AboutScheduler scheduler={jobs.data.scheduler} timezone={timezone} />
          {jobs.data.jobs.length === 0 ? (
            <EmptyState title="No job has been seen">Jobs are listed once a scheduler has run on this server.</EmptyState>
          ) : (
            <JobList jobs={jobs.data.jobs} isAlive={jobs.data.scheduler.alive} timezone={timezone} />
          )}
        </div>
      )}
    </>
  );
}

function AboutScheduler({ scheduler, timezone }: { scheduler: SystemJobs["scheduler"]; timezone: string }) {
  const { alive, since, seen_at: seenAt, has_standby: hasStandby } = scheduler;
  if (alive) {
    return (
      <Notice tone="bg-good-soft">
        <strong className="text-good">The scheduler runs</strong>
        {since && `, since ${formatMoment(since, timezone)}.`} {hasStandby && "Another stands by, and takes over if this one stops."}
      </Notice>
    );
  }
  return (
    <Notice tone="bg-danger-soft">
      <strong className="text-danger">No scheduler runs.</strong> Events are still taken, and wait; backups and removals are not made.{" "}
      {seenAt && `It was last seen at ${formatMoment(seenAt, timezone)}. `}
      Start one with <code>iafa scheduler</code>; <code>iafa up</code> starts it with the server.
    </Notice>
  );
}

const Notice = ({ tone, children }: { tone: string; children: ReactNode }) => (
  <p role="status" className={`rounded-md p-3 text-sm ${tone}`}>
    {children}
  </p>
);
