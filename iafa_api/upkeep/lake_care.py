"""Compaction and expiry over the services: for the clock, and for a person at the command line.

What projects keep is the metadata's to say: a project that it does not know keeps its events.
"""

from __future__ import annotations

from collections.abc import Mapping

from iafa_api import clock
from iafa_api.lake.compaction import BUDGET_SECONDS, CompactionResult, run_compaction
from iafa_api.lake.expiry import DELETED, ExpiryResult, Retention, plan_expiry, run_expiry
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.metadata.projections import State
from iafa_api.metadata.projects import UNDELETE_US
from iafa_api.services import Services
from iafa_api.upkeep.rollup_care import find_uncounted, take_stock


def compact(
    services: Services, *, free_disk_bytes: int, lock_seconds: float, budget_seconds: float = BUDGET_SECONDS
) -> CompactionResult:
    """Merge and split files, for about so long; no merge is begun that could leave less than `free_disk_bytes`."""
    return run_compaction(
        services.manifest,
        services.data_dir,
        budget_seconds=budget_seconds,
        free_disk_bytes=free_disk_bytes,
        lock_seconds=lock_seconds,
    )


def expire(services: Services, *, is_archiving: bool, lock_seconds: float) -> ExpiryResult:
    """Take out the events that are past their projects' days, and all of projects deleted too long ago to come back.

    What roll-ups tell of events that go is counted before.
    """
    now = clock.now_us()
    state = services.store.current()
    planned = plan_expiry(services.manifest.list_live(DataFile), list_retentions(state, now), now)
    going = [file for file, rule in planned if rule != DELETED]
    stock = take_stock(services, going, list_zones(state), now)
    return run_expiry(
        services.manifest,
        services.data_dir,
        lambda: list_retentions(services.store.current(), now),
        now_us=now,
        is_archiving=is_archiving,
        lock_seconds=lock_seconds,
        hold_back=lambda files: find_uncounted(services, files, stock.refused),
    )


def list_retentions(state: State, now_us: int) -> Mapping[str, Retention]:
    """How long each project keeps its events, by id; `is_deleted` once a deletion cannot be taken back any more."""
    return {
        project_id: Retention(document["retention_days"], _is_gone(document.get("deleted_at"), now_us))
        for project_id, document in state.documents["projects"].items()
    }


def list_zones(state: State) -> Mapping[str, str]:
    """The time zone of each project, by id."""
    return {project_id: document["timezone"] for project_id, document in state.documents["projects"].items()}


def list_deleted(state: State, now_us: int) -> frozenset[str]:
    """The projects whose deletion cannot be taken back any more."""
    return frozenset(key for key, one in list_retentions(state, now_us).items() if one.is_deleted)


def _is_gone(deleted_at: str | None, now_us: int) -> bool:
    return deleted_at is not None and now_us - clock.parse_time(deleted_at) > UNDELETE_US
