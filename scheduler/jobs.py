"""The table of jobs: what runs by the clock, how often, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from iafa_api import clock
from iafa_api.ingest.flush import is_due, run_flush, run_sweep
from iafa_api.services import Services
from iafa_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """A job; `run` says what it changed, for the log, and {} where there was nothing to do."""

    id: str
    every_seconds: float
    run: Callable[[], Mapping[str, Any]]


def make_jobs(services: Services, settings: Settings) -> tuple[Job, ...]:
    """The jobs over these services."""
    return (
        Job("flush", 1, lambda: _flush_if_due(services, settings)),
        Job("snapshots", 5, lambda: {"written": True} if services.store.write_snapshots() else {}),
    )


def sweep(services: Services, settings: Settings) -> int:
    """Remove the files that nothing names; before the first flush. Tells how many went."""
    grace_us = 10 * settings.query_timeout * clock.MICROSECONDS  # no question reads a file for longer
    return run_sweep(services.buffer, services.manifest, services.data_dir, grace_us=grace_us)


def _flush_if_due(services: Services, settings: Settings) -> Mapping[str, Any]:
    is_time = is_due(
        services.buffer.pending(),
        clock.now_us(),
        buffer_size=settings.event_buffer_size,
        interval_seconds=settings.event_flush_interval,
    )
    if not is_time:
        return {}
    result = run_flush(services.buffer, services.manifest, services.data_dir)
    if result.version is None:
        return {}
    changed = {
        "events": result.event_count,
        "duplicates": result.duplicate_count,
        "files": result.file_count,
    }
    return changed | ({"damaged": result.damaged} if result.damaged else {})
