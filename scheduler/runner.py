"""Runs jobs and writes down what became of them; one run of a job at a time is the caller's to see to.

Promises: a job that fails ends this run and not the scheduler. A disk that takes no records keeps no job from running:
it may be the flush that makes room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from iafa_api import clock
from iafa_api.upkeep.job_runs import JobRuns, JobStatus, Mark, Run, list_asked, read_status, tell_changed, tell_error
from scheduler.jobs import ALARMS, Job
from scheduler.triggers import Daily

log = structlog.get_logger("iafa.scheduler")


class JobRunner:
    """The jobs of one scheduler, or of a command in its place; it holds the scheduler's lock."""

    def __init__(self, data_dir: Path, jobs: Sequence[Job]) -> None:
        self._data_dir = data_dir
        self._runs = JobRuns(data_dir)
        self._jobs = {job.id: job for job in jobs}
        self._began: dict[str, float] = {}
        self._called_overdue: set[str] = set()
        self._is_silent = False
        earlier = read_status(data_dir)
        known = {status.id: status for status in earlier.jobs} if earlier else {}
        now = clock.now_us()
        self._status = {job.id: _status_of(job, known.get(job.id), now) for job in jobs}
        self._try(self._runs.recover)

    def first_run_at(self, job: Job) -> int:
        """When a job is due first: what came due, or did not come to its end, while there was no scheduler, at once."""
        return self._status[job.id].due_at

    def run(self, job: Job, *, is_asked: bool = False) -> Run:
        """Run a job; asked for by a request or by the caller, it is run whether it is time or not."""
        mark = self._try(lambda: self._runs.begin(job.id)) or Mark(clock.now_us())
        is_asked = is_asked or bool(mark.asked)
        self._note(job.id, looked_at=mark.began_at, due_at=job.trigger.next_after(mark.began_at))
        began = self._began[job.id] = clock.monotonic()
        result, error, changed = "ok", None, {}
        try:
            changed = dict((job.run_now or job.run)() if is_asked else job.run())
        except Exception as failure:
            log.exception("failed", job=job.id)
            result, error = "failed", tell_error(failure)
            self._note(job.id, failed_count=self._status[job.id].failed_count + 1)
        else:
            tell(job.id, changed)
            self._note(job.id, succeeded_at=mark.began_at)
        seconds = clock.monotonic() - began
        self._began.pop(job.id)
        self._called_overdue.discard(job.id)
        is_overdue = seconds > job.expected_seconds
        ended_at = mark.began_at + int(seconds * clock.MICROSECONDS)  # the wall clock may have been set meanwhile
        run = Run(mark.began_at, ended_at, result, tell_changed(changed), error, is_overdue, mark.asked)
        is_news = changed or error or is_asked or is_overdue or isinstance(job.trigger, Daily)
        self._try(lambda: self._runs.end(job.id, run if is_news else None))
        return run

    def beat(self) -> None:
        """Say how things stand, and complain once of each run that takes too long."""
        for job_id, began in list(self._began.items()):
            job, seconds = self._jobs[job_id], clock.monotonic() - began
            if seconds > job.expected_seconds and job_id not in self._called_overdue:
                self._called_overdue.add(job_id)
                log.error("overdue", job=job_id, seconds=round(seconds), expected_seconds=job.expected_seconds)
        status = [
            replace(self._status[job.id], waiting_count=job.waiting_count and job.waiting_count())
            for job in self._jobs.values()
        ]
        self._try(lambda: self._runs.write_status(status))

    def list_wanted(self) -> list[str]:
        """The jobs that somebody asks for and that do not run now."""
        wanted = {job_id for _, job_id in self._try(lambda: list_asked(self._data_dir)) or ()}
        return [job_id for job_id in self._jobs if job_id in wanted and job_id not in self._began]

    def _note(self, job_id: str, **changes: Any) -> None:
        self._status[job_id] = replace(self._status[job_id], **changes)

    def _try(self, write: Callable[[], Any]) -> Any:
        """Write a record, or say once that none can be written."""
        try:
            written = write()
        except OSError:
            if not self._is_silent:
                log.exception("runs cannot be recorded")
            self._is_silent = True
            return None
        self._is_silent = False
        return written


def tell(job_id: str, changed: Mapping[str, Any]) -> None:
    """Log what a job did: as an error where a person must look at it."""
    if ALARMS & changed.keys():
        log.error("look at this", job=job_id, **changed)
    elif changed:
        log.info("done", job=job_id, **changed)


def _status_of(job: Job, known: JobStatus | None, now_us: int) -> JobStatus:
    if known is None or known.succeeded_at is None:
        due_at = now_us if isinstance(job.trigger, Daily) else job.trigger.next_after(now_us)
    else:  # not later than a first run would be: the clock may have been set back
        due_at = min(job.trigger.next_after(known.succeeded_at), job.trigger.next_after(now_us))
    fresh = JobStatus(job.id, job.trigger.in_words, job.expected_seconds, max(due_at, now_us))
    if known is None:
        return fresh
    return replace(fresh, looked_at=known.looked_at, succeeded_at=known.succeeded_at, failed_count=known.failed_count)
