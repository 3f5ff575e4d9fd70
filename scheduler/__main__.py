"""The scheduler process: one lock, one APScheduler, the table of jobs. `iafa scheduler` or `python -m scheduler`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from filelock import FileLock, Timeout

from iafa_api import durable
from iafa_api.bootstrap import bootstrap
from iafa_api.errors import SettingsError
from iafa_api.logs import configure_logs
from iafa_api.settings import Settings, load_settings
from scheduler.jobs import ALARMS, Job, make_jobs, sweep
from scheduler.triggers import Daily, Every

log = structlog.get_logger("iafa.scheduler")


def run_scheduler(settings: Settings) -> None:
    """Run the jobs until SIGINT or SIGTERM; then finish those that run, flush once more, and return.

    SettingsError where another scheduler runs on the same data directory.
    """
    configure_logs(settings.log_level)
    services = bootstrap(settings)
    with _hold_lock(services.data_dir):
        _tell("sweep", sweep(services, settings))
        stopping = threading.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, _setter(stopping))
        jobs = make_jobs(services, settings)
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(len(jobs))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for job in jobs:
            scheduler.add_job(_guarded(job), _apscheduler_trigger(job.trigger), id=job.id)
        scheduler.start()
        log.info("started", jobs=[job.id for job in jobs])
        stopping.wait()
        scheduler.shutdown(wait=True)
        for job in jobs:  # what was accepted in the last second is flushed before the lights go out, if it is due
            if job.runs_at_the_end:
                _guarded(job)()
        services.close()
        log.info("stopped")


def require_no_other_scheduler(data_dir: Path) -> None:
    """SettingsError where a scheduler runs on this data directory."""
    durable.make_directory(data_dir / "run")
    with _hold_lock(data_dir):
        pass


@contextmanager
def _hold_lock(data_dir: Path) -> Iterator[None]:
    try:
        held = FileLock(data_dir / "run" / "scheduler.lock", mode=durable.FILE_MODE).acquire(timeout=0)
    except Timeout:
        raise SettingsError(f"Another scheduler runs on {data_dir} already.") from None
    with held:
        yield


def _apscheduler_trigger(trigger: Every | Daily) -> BaseTrigger:
    if isinstance(trigger, Every):
        return IntervalTrigger(seconds=trigger.seconds, timezone="UTC")
    hour, minute = trigger.hour_minute
    return CronTrigger(hour=hour, minute=minute, timezone="UTC")


def _guarded(job: Job) -> Callable[[], None]:
    """A job that logs what it did, and whose failure ends this run and not the scheduler."""

    def run() -> None:
        try:
            changed = job.run()
        except Exception:
            log.exception("failed", job=job.id)
        else:
            _tell(job.id, changed)

    return run


def _tell(job_id: str, changed: Mapping[str, Any]) -> None:
    if ALARMS & changed.keys():
        log.error("look at this", job=job_id, **changed)
    elif changed:
        log.info("done", job=job_id, **changed)


def _setter(event: threading.Event) -> Callable[[int, FrameType | None], None]:
    def handle(signum: int, frame: FrameType | None) -> None:
        event.set()

    return handle


if __name__ == "__main__":
    run_scheduler(load_settings())
