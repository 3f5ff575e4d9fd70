"""The table of jobs: what runs by the clock, when, and the function that does it.

A row is made in `make_jobs`, over the services and from the settings:

    Job("expiry", Daily(settings.expiry_at), lambda: expire(services), expected_seconds=600)

`run` says what it changed, as names and counts, and {} where there was nothing to do; it may be killed at any step and
must then leave nothing half done. It never overlaps itself. Each run that changed something or failed is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iafa_api import clock
from iafa_api.ingest.flush import STUCK_SECONDS, is_due, run_flush
from iafa_api.ingest.quarantine import QuarantineLimits, run_quarantine_expiry
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake import layout
from iafa_api.metadata.erasures import finish_erasures
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.proof import CHECKPOINT_SECONDS, run_checkpoint
from iafa_api.metadata.prunings import run_prunings
from iafa_api.services import Services
from iafa_api.settings import Settings
from iafa_api.upkeep.backup import EVENTS, METADATA
from iafa_api.upkeep.kept_backups import KeptBackups
from iafa_api.upkeep.lake_care import compact, expire, list_deleted
from iafa_api.upkeep.rollup_care import run_rollups
from scheduler.triggers import Daily, Every

LOCK_SECONDS = 60.0  # the flush and the sweep wait for each other; longer than either takes
REMOVER_SECONDS = (
    600.0  # sweep, compaction and expiry as well: longer than a merge or an archiving of a few files takes
)
SWEEP_SECONDS = 600
COMPACTION_SECONDS = 60  # as often as a project writes a file by default
ROLLUP_SECONDS = 10  # what is not counted yet is read from files by every question about a metric
FORGET_SECONDS = 600
BACKUP_LOOK_SECONDS = 300  # how often it is asked whether an hour, or a day, has passed since the last one


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `run` says what it changed, for the log and the record, and {} where there was nothing to do.

    What it says under a name of `ALARMS` is for a person to look at. A run that takes longer than `expected_seconds` is
    overdue: that is said, the run goes on. `run_now` is for a person who asks, where `run` would first look whether it
    is time. `waiting_count` is how much waits for it, as far as its last look has seen.
    """

    id: str
    trigger: Every | Daily
    run: Callable[[], Mapping[str, Any]]
    expected_seconds: float
    runs_at_the_end: bool = False
    run_now: Callable[[], Mapping[str, Any]] | None = None
    waiting_count: Callable[[], int] | None = None


ALARMS = frozenset({"damaged", "stuck", "lost", "refused"})


def make_jobs(services: Services, settings: Settings) -> tuple[Job, ...]:
    """The jobs over these services."""
    flush, compaction = _Flush(services, settings), _Compaction(services, settings)
    rollups = _Rollups(services, settings)
    return (
        *_make_backup_jobs(services, settings),
        Job(
            "flush",
            Every(1),
            flush.run_if_due,
            expected_seconds=300,
            runs_at_the_end=True,
            run_now=flush.run,
            waiting_count=lambda: flush.waiting_count,
        ),
        Job(
            "checkpoints",
            Every(CHECKPOINT_SECONDS),
            lambda: run_checkpoint(services.proof),
            expected_seconds=60,
            runs_at_the_end=True,
        ),
        Job(
            "snapshots",
            Every(5),
            lambda: {"written": True} if services.store.write_snapshots() else {},
            expected_seconds=60,
            runs_at_the_end=True,
        ),
        Job("compaction", Every(COMPACTION_SECONDS), compaction.run, expected_seconds=600),
        Job("expiry", Daily(settings.expiry_at), lambda: expire_events(services, settings), expected_seconds=3600),
        Job("rollups", Every(ROLLUP_SECONDS), rollups.run, expected_seconds=120),
        Job("sweep", Every(SWEEP_SECONDS), lambda: sweep(services, settings), expected_seconds=300),
        Job("quarantine", Daily(settings.expiry_at), lambda: expire_quarantine(services), expected_seconds=60),
        Job("forget", Every(FORGET_SECONDS), lambda: forget(services), expected_seconds=60),
    )


def _make_backup_jobs(services: Services, settings: Settings) -> list[Job]:
    if not settings.backup_dir:
        return []
    vaults = Path(settings.backup_vault_dir) if settings.backup_vault_dir else None
    jobs = []
    for part in (METADATA, EVENTS):
        kept = KeptBackups(services.data_dir, Path(settings.backup_dir), part, vault_dir=vaults)
        jobs.append(
            Job(
                f"backup-{part}",
                Every(BACKUP_LOOK_SECONDS),
                kept.run_if_due,
                expected_seconds=3600,
                run_now=kept.run,
            )
        )
    return jobs


def sweep(services: Services, settings: Settings) -> Mapping[str, Any]:
    """Remove the files that nothing names; for the first time before the first flush."""
    grace_us = 10 * settings.query_timeout * clock.MICROSECONDS  # no question reads a file for longer
    result = run_sweep(
        services.buffer, services.manifest, services.data_dir, grace_us=grace_us, lock_seconds=REMOVER_SECONDS
    )
    if not result.removed_count:
        return {}
    return {"files": result.removed_count} | ({"lost": result.lost} if result.lost else {})


def expire_events(services: Services, settings: Settings) -> Mapping[str, Any]:
    """Take out the events that are past their projects' days."""
    result = expire(services, is_archiving=settings.expired_events == "archive", lock_seconds=REMOVER_SECONDS)
    done = {"files": result.file_count, "events": result.row_count, "archived": result.archived_count}
    return {name: count for name, count in done.items() if count} | (
        {"refused": tuple(sorted(result.refused))} if result.refused else {}
    )


def expire_quarantine(services: Services) -> Mapping[str, Any]:
    """Let go of the refused events that came in more than 30 days ago."""
    count = run_quarantine_expiry(services.manifest, services.data_dir, clock.now_us(), lock_seconds=LOCK_SECONDS)
    return {"events": count} if count else {}


def forget(services: Services) -> Mapping[str, Any]:
    """Take back the invitations whose time is over, destroy the keys of the erased that a crash has left, and drop
    the attempts and sessions that are over."""
    expired_count = services.invitations.revoke_expired(Cause(Actor("system"), clock.new_id()))
    keys = finish_erasures(services.store.current(), services.vault)
    dropped = run_prunings(services.store, Cause(Actor("system"), clock.new_id()))
    done: dict[str, int] = {"expired_invitations": expired_count, "keys": len(keys), **dropped}
    return {name: count for name, count in done.items() if count}


class _Flush:
    """The flush when it is due. What waits behind a stuck writer makes it due once in STUCK_SECONDS, not for ever."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._services = services
        self._settings = settings
        self._stuck: tuple[str, ...] = ()
        self._stuck_since = 0.0
        self.waiting_count = 0

    def run_if_due(self) -> Mapping[str, Any]:
        """Flush if so many events wait, or one so long."""
        if self._stuck and clock.monotonic() - self._stuck_since >= STUCK_SECONDS:
            self._stuck = ()
        pending = self._services.buffer.pending(without=self._stuck)
        self.waiting_count = pending.event_count
        is_time = is_due(
            pending,
            clock.now_us(),
            buffer_size=self._settings.event_buffer_size,
            interval_seconds=self._settings.event_flush_interval,
        )
        return self.run() if is_time else {}

    def run(self) -> Mapping[str, Any]:
        """Flush what waits."""
        result = run_flush(
            self._services.buffer,
            self._services.manifest,
            self._services.data_dir,
            quarantine_limits=QuarantineLimits(self._settings.quarantine_events, self._settings.quarantine_bytes),
            lock_seconds=LOCK_SECONDS,
        )
        is_news = bool(result.stuck) and set(result.stuck) != set(self._stuck)
        if is_news:
            self._stuck_since = clock.monotonic()
        self._stuck = result.stuck
        changed: dict[str, Any] = {}
        if result.version is not None:
            changed = {
                "events": result.event_count,
                "duplicates": result.duplicate_count,
                "files": result.file_count,
            }
        if result.refused_count:
            changed["rejected"] = result.refused_count
        if result.damaged:
            changed["damaged"] = result.damaged
        if is_news:
            changed["stuck"] = result.stuck
        return changed


class _Compaction:
    """The compaction. A file that it cannot merge is told once, not in every run."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._services = services
        self._settings = settings
        self._refused: frozenset[str] = frozenset()

    def run(self) -> Mapping[str, Any]:
        """Merge and split for a while."""
        result = compact(self._services, free_disk_bytes=self._settings.free_disk_bytes, lock_seconds=REMOVER_SECONDS)
        news = frozenset(result.refused) - self._refused
        self._refused |= news
        done: dict[str, Any] = {
            "merges": result.merge_count,
            "files_before": result.removed_count,
            "files_after": result.added_count,
            "events": result.row_count,
            "merges_waiting": result.waiting_count,
            "refused": tuple(sorted(news)),
        }
        return {name: value for name, value in done.items() if value}


class _Rollups:
    """The roll-ups. A day that cannot be counted is told once, not in every run."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._services = services
        self._settings = settings
        self._refused: frozenset[tuple[str, int]] = frozenset()

    def run(self) -> Mapping[str, Any]:
        """Count what the flushes brought, late events too, and let go of what is past its days."""
        now = clock.now_us()
        deleted = list_deleted(self._services.store.current(), now)
        result = run_rollups(self._services, now_us=now, keep_days=self._settings.rollup_days, deleted=deleted)
        news = result.refused.keys() - self._refused
        self._refused = frozenset(result.refused)
        done: dict[str, Any] = {
            "days": result.day_count,
            "figures": result.figure_count,
            "forgotten": result.forgotten_count,
            "refused": tuple(f"{project_id} {layout.day_to_date(day)}" for project_id, day in sorted(news)),
        }
        return {name: value for name, value in done.items() if value}
