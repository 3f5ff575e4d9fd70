import { clsx } from "clsx";
import type { Job } from "@/api/types";
import { plural } from "@/format/numbers";
import { formatDuration, formatMoment } from "@/format/times";
import { changedInWords, jobInWords, stateInWords, type Tone } from "./job_words";

interface JobListProps {
  jobs: readonly Job[];
  isAlive: boolean;
  timezone: string;
}

const HEADS = ["Job", "How it is", "Last run", "Next run"];
const TONES: Record<Tone, string> = { good: "bg-good-soft text-good", bad: "bg-danger-soft text-danger", quiet: "bg-sunken text-quiet" };

/** A line a job; on phones its parts stand below each other. */
export function JobList({ jobs, isAlive, timezone }: JobListProps) {
  return (
    <div role="table" aria-label="Jobs" className="rounded-lg border border-line bg-surface text-sm">
      <div role="row" className={clsx(GRID, "hidden border-b border-line py-2 text-quiet md:grid")}>
        {HEADS.map((head) => (
          <span key={head} role="columnheader">
            {head}
          </span>
        ))}
      </div>
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} isAlive={isAlive} timezone={timezone} />
      ))}
    </div>
  );
}

const GRID = "grid gap-x-6 gap-y-1.5 px-4 md:grid-cols-[minmax(0,5fr)_minmax(0,2fr)_minmax(0,4fr)_minmax(0,3fr)]";

function JobLine({ job, isAlive, timezone }: { job: Job; isAlive: boolean; timezone: string }) {
  const { name, about } = jobInWords(job);
  const { tone, words } = stateInWords(job);
  return (
    <div role="row" className={clsx(GRID, "border-b border-line py-3 last:border-0")}>
      <div role="rowheader">
        <p className="font-medium">{name}</p>
        <p className="text-quiet">{about}</p>
      </div>
      <div role="cell">
        <span className={clsx("rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap", TONES[tone])}>{words}</span>
        {job.running_since && <span className="mt-1 block text-quiet">since {formatMoment(job.running_since, timezone)}</span>}
        {job.failed_count > 0 && <span className="mt-1 block text-quiet">{plural(job.failed_count, "failure")} so far</span>}
      </div>
      <div role="cell">
        <LastRun job={job} timezone={timezone} />
      </div>
      <div role="cell">
        <p>
          <OnPhones>Next run: </OnPhones>
          {isAlive ? formatMoment(job.next_run_at, timezone) : "when a scheduler runs"}
        </p>
        <p className="text-quiet">{job.trigger}</p>
        {job.lag_seconds > 0 && (
          <p className="text-quiet">
            {job.id === "flush" ? "the oldest event waits for" : "late by"} {formatDuration(job.lag_seconds)}
          </p>
        )}
      </div>
    </div>
  );
}

/** What the column says where there are columns. */
const OnPhones = ({ children }: { children: string }) => <span className="text-quiet md:hidden">{children}</span>;

function LastRun({ job: { last_run: run, last_look_at: lookedAt }, timezone }: { job: Job; timezone: string }) {
  if (!run) {
    return (
      <p className="text-quiet">
        <OnPhones>Last run: </OnPhones>
        {lookedAt ? `Nothing to do so far; last looked ${formatMoment(lookedAt, timezone)}` : "None yet"}
      </p>
    );
  }
  const did = changedInWords(run.changed);
  return (
    <>
      <p>
        <OnPhones>Last run: </OnPhones>
        {formatMoment(run.began_at, timezone)}
        {run.duration_seconds !== null && `, took ${formatDuration(run.duration_seconds)}`}
        {run.is_overdue && ", longer than it may"}
      </p>
      {run.result === "ok" && <p className="break-words text-quiet">{did || "nothing to do"}</p>}
      {run.result === "interrupted" && <p className="text-danger">It was cut off; the next run mends what it left.</p>}
      {run.error && <p className="break-words text-danger">{run.error}</p>}
    </>
  );
}
