"""The scheduler process: one lock, one APScheduler, the table of jobs. `iafa scheduler` or `python -m scheduler`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from iafa_api import clock
from iafa_api.bootstrap import bootstrap
from iafa_api.errors import NotFound
from iafa_api.logs import configure_logs
from iafa_api.settings import Settings, load_settings
from iafa_api.upkeep.job_runs import Run
from iafa_api.upkeep.presence import be_present
from iafa_api.upkeep.scheduler_lock import hold_scheduler_lock
from scheduler.jobs import make_jobs, sweep
from scheduler.runner import JobRunner, tell
from scheduler.triggers import Daily, Every

BEAT_SECONDS = 1.0  # how often it says that it is alive, looks for requests and at runs that take too long
STANDBY_LOOK_SECONDS = 0.5  # how long after the death of a scheduler its stand-by may notice
log = structlog.get_logger("iafa.scheduler")


def run_scheduler(settings: Settings, *, is_standby: bool = False) -> None:
    """Run the jobs until SIGINT or SIGTERM; then finish those that run, flush once more, and return.

    Where another scheduler runs on the same data directory: wait until it is gone, as a stand-by; else Conflict.
    """
    configure_logs(settings.log_level)
    data_dir = settings.data_dir.resolve()
    stopping, has_said = threading.Event(), threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _setter(stopping))
    with ExitStack() as standing_by:

        def wait() -> bool:
            if not has_said.is_set():
                has_said.set()
                log.info("standing by")
            return not stopping.wait(STANDBY_LOOK_SECONDS)

        if is_standby:
            standing_by.enter_context(be_present(data_dir, "standby"))
        with hold_scheduler_lock(data_dir, wait=wait if is_standby else None) as is_held:
            standing_by.close()
            if is_held:
                _run_jobs(settings, stopping)


def run_job_alone(settings: Settings, job_id: str) -> Run:
    """Run one job now, in the place of a scheduler: Conflict where one runs, NotFound with the names of the jobs."""
    configure_logs(settings.log_level)
    data_dir = settings.data_dir.resolve()
    with hold_scheduler_lock(data_dir), be_present(data_dir, "jobs"):
        services = bootstrap(settings)
        try:
            jobs = {job.id: job for job in make_jobs(services, settings)}
            if job_id not in jobs:
                raise NotFound(f"There is no job {job_id!r}; there are {', '.join(sorted(jobs))}.")
            return JobRunner(data_dir, list(jobs.values())).run(jobs[job_id], is_asked=True)
        finally:
            services.close()


def require_no_other_scheduler(data_dir: Path) -> None:
    """Conflict where a scheduler runs on this data directory."""
    with hold_scheduler_lock(data_dir):
        pass


def _run_jobs(settings: Settings, stopping: threading.Event) -> None:
    services = bootstrap(settings)
    # before the first flush; where the manifest is not the right one nothing starts
    tell("sweep", sweep(services, settings))
    jobs = {job.id: job for job in make_jobs(services, settings)}
    runner = JobRunner(services.data_dir, list(jobs.values()))
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(len(jobs))},
        # Late is better than never: a machine that slept at 03:30 does at nine, once, what was due then.
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    for job in jobs.values():
        scheduler.add_job(
            runner.run,
            _apscheduler_trigger(job.trigger),
            args=[job],
            id=job.id,
            next_run_time=_moment(runner.first_run_at(job)),
        )
    runner.beat()
    with be_present(services.data_dir, "jobs"), be_present(services.data_dir, "scheduler"):
        scheduler.start()
        log.info("started", jobs=list(jobs))
        while not stopping.wait(BEAT_SECONDS):
            for job_id in runner.list_wanted():
                scheduler.modify_job(job_id, next_run_time=_moment(clock.now_us()))
            runner.beat()
        scheduler.shutdown(wait=True)
        for job in jobs.values():  # what was accepted in the last second is flushed before the lights go out
            if job.runs_at_the_end:
                runner.run(job)
        runner.beat()
        services.close()
        log.info("stopped")


def _apscheduler_trigger(trigger: Every | Daily) -> BaseTrigger:
    if isinstance(trigger, Every):
        return IntervalTrigger(seconds=trigger.seconds, timezone="UTC")
    hour, minute = trigger.hour_minute
    return CronTrigger(hour=hour, minute=minute, timezone="UTC")


def _moment(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us / clock.MICROSECONDS, UTC)


def _setter(event: threading.Event) -> Callable[[int, FrameType | None], None]:
    def handle(signum: int, frame: FrameType | None) -> None:
        event.set()

    return handle


if __name__ == "__main__":
    from_settings = load_settings()
    run_scheduler(from_settings, is_standby=from_settings.second_scheduler == "standby")
