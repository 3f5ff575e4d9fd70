"""How the scheduler and its jobs are, for every door that shows it: read from the files, nothing is written.

A run whose mark is there is running if anybody is alive who runs jobs, else it was interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from iafa_api import clock
from iafa_api.ingest import segments
from iafa_api.upkeep.job_runs import JobStatus, Run, read_mark, read_runs, read_status
from iafa_api.upkeep.presence import present_since

STATUS_US = 2 * clock.MICROSECONDS  # what is said once a second is up to this old: such a lag is none
SILENT_US = 60 * clock.MICROSECONDS  # it speaks each second, but for its stop, which waits for the jobs that run
State = Literal["never", "idle", "running", "overdue"]


@dataclass(frozen=True, slots=True)
class JobReport:
    """One job. `lag_seconds`: how late it is against its trigger; of the flush, how long the oldest event waits."""

    status: JobStatus
    state: State
    running_since: int | None
    last_run: Run | None
    lag_seconds: float


@dataclass(frozen=True, slots=True)
class SchedulerReport:
    """The scheduler (`alive_since` None: there is none) and the jobs of the last one there was."""

    alive_since: int | None
    seen_at: int | None
    has_standby: bool
    jobs: tuple[JobReport, ...]


def read_report(data_dir: Path, now_us: int) -> SchedulerReport:
    """How things are."""
    status = read_status(data_dir)
    is_anybody_there = present_since(data_dir, "jobs") is not None
    return SchedulerReport(
        alive_since=present_since(data_dir, "scheduler"),
        seen_at=status.beat_at if status else None,
        has_standby=present_since(data_dir, "standby") is not None,
        jobs=tuple(_report(data_dir, job, now_us, is_anybody_there) for job in (status.jobs if status else ())),
    )


def list_complaints(data_dir: Path, now_us: int) -> list[str]:
    """What a person should know, in words: no scheduler beside the API, a job that is overdue or did not end well."""
    report = read_report(data_dir, now_us)
    said = []
    if report.alive_since is None and present_since(data_dir, "api") is not None:
        said.append("the API runs and no scheduler does: events wait in the buffer")
    silent_us = now_us - (report.seen_at or now_us)
    if report.alive_since is not None and silent_us > SILENT_US:
        said.append(f"the scheduler is alive and has said nothing for {silent_us // clock.MICROSECONDS} s")
    for job in report.jobs:
        if job.state == "overdue":
            said.append(f"{job.status.id} runs for longer than the {job.status.expected_seconds:g} s it may take")
        run = job.last_run
        is_mended = run is not None and (job.status.succeeded_at or 0) > run.began_at
        if run is not None and run.result != "ok" and not is_mended:
            began = clock.format_time(run.began_at)[:19] + "Z"
            said.append(f"{job.status.id} {run.result} at {began}{f': {run.error}' if run.error else ''}")
    return said


def report_to_json(report: SchedulerReport) -> dict[str, Any]:
    """The report as the API and the command line give it."""
    return {
        "scheduler": {
            "alive": report.alive_since is not None,
            "since": _time(report.alive_since),
            "seen_at": _time(report.seen_at),
            "has_standby": report.has_standby,
        },
        "jobs": [
            {
                "id": job.status.id,
                "trigger": job.status.trigger,
                "state": job.state,
                "running_since": _time(job.running_since),
                "last_run": job.last_run and run_to_json(job.last_run),
                "last_look_at": _time(job.status.looked_at),
                "last_success_at": _time(job.status.succeeded_at),
                "next_run_at": _time(job.status.due_at),
                "lag_seconds": job.lag_seconds,
                "expected_seconds": job.status.expected_seconds,
                "failed_count": job.status.failed_count,
            }
            for job in report.jobs
        ],
    }


def run_to_json(run: Run) -> dict[str, Any]:
    """One run as the API and the command line give it."""
    seconds = None if run.ended_at is None else (run.ended_at - run.began_at) / clock.MICROSECONDS
    return {
        "began_at": _time(run.began_at),
        "ended_at": _time(run.ended_at),
        "duration_seconds": seconds,
        "result": run.result,
        "changed": dict(run.changed),
        "error": run.error,
        "is_overdue": run.is_overdue,
    }


def oldest_waiting_us(data_dir: Path) -> int | None:
    """Since when the oldest event in the buffer waits: a segment is opened with its first event."""
    opened = [found.header.opened_at for found in segments.list_segments(data_dir / "buffer") if found.header]
    return min(opened, default=None)


def _report(data_dir: Path, job: JobStatus, now_us: int, is_anybody_there: bool) -> JobReport:
    mark = read_mark(data_dir, job.id)
    last_run = next(reversed(read_runs(data_dir, job.id)), None)
    running_since = mark.began_at if mark and is_anybody_there else None
    if mark and not is_anybody_there and (last_run is None or last_run.began_at != mark.began_at):
        last_run = Run(mark.began_at, None, "interrupted", asked=mark.asked)
    state: State = "idle" if job.looked_at or last_run else "never"
    if running_since is not None:
        is_late = now_us - running_since > job.expected_seconds * clock.MICROSECONDS
        state = "overdue" if is_late else "running"
    late_since = oldest_waiting_us(data_dir) if job.id == "flush" else job.due_at
    late_us = 0 if late_since is None else now_us - late_since
    lag_seconds = late_us / clock.MICROSECONDS if late_us > STATUS_US else 0.0
    return JobReport(job, state, running_since, last_run, lag_seconds)


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else clock.format_time(time_us)
