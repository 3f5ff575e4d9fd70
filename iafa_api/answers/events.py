"""Single events of a project: the newest ones, what arrives from now on, and the one with an id.

Of the files only those are opened that may hold what is asked for, by the times and days that the manifest knows.
"""

from __future__ import annotations

import numpy as np

from iafa_api.analytics.stored_events import StoredEvents
from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.domain.data_view import EVERY_EVENT
from iafa_api.domain.stored_event import StoredEvent
from iafa_api.ingest.tail import read_source
from iafa_api.lake import hash_runs, id_index
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.hash_runs import BrokenRun
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.services import Services

NO_DAY = -(1 << 40)


def list_newest_events(
    services: Services, project_id: str, *, offset: int, limit: int
) -> tuple[list[StoredEvent], int]:
    """The events after the `offset` that arrived last, newest first, and how many there are in all."""

    def ask() -> tuple[list[StoredEvent], int]:
        source = _read(services, project_id)
        count = source.tail.num_rows + sum(file.row_count for file in source.data_files)
        needed = plan_newest(source.data_files, offset + limit)
        source = source.narrow(lambda file: file.last_ingested_at >= needed)
        return _events(services, source).newest(offset=offset, limit=limit), count

    return ask_of_snapshot(ask)


def list_events_since(services: Services, project_id: str, since_us: int) -> list[StoredEvent]:
    """The events that arrived at this moment or later, oldest first."""

    def ask() -> list[StoredEvent]:
        source = _read(services, project_id).narrow(lambda file: file.last_ingested_at >= since_us)
        return _events(services, source).since(since_us)

    return ask_of_snapshot(ask)


def find_event(services: Services, project_id: str, event_id: str) -> StoredEvent | None:
    """The event with an id, in the file or the segment that holds it now; None where there is none."""

    def ask() -> StoredEvent | None:
        source = _read(services, project_id)
        waiting = _events(services, source.narrow(lambda file: False)).find(event_id)
        if waiting is not None:
            return waiting
        # After the source: what was flushed before it was read is known to the runs by now.
        day = _stored_day(services, project_id, event_id)
        if day == NO_DAY:
            return None
        return _events(services, source.narrow(lambda file: day in (None, file.day))).find(event_id)

    return ask_of_snapshot(ask)


def plan_newest(files: tuple[DataFile, ...], count: int) -> int:
    """The moment from which on files hold at least the `count` newest of their events; 0 where all are needed."""
    held = 0
    for file in sorted(files, key=lambda file: file.first_ingested_at, reverse=True):
        held += file.row_count
        if held >= count:
            return file.first_ingested_at
    return 0


def _read(services: Services, project_id: str) -> EventSource:
    return read_source(services.buffer, services.manifest, services.data_dir, project_id, view=EVERY_EVENT)


def _events(services: Services, source: EventSource) -> StoredEvents:
    return StoredEvents(services.engine, source, services.data_dir)


def _stored_day(services: Services, project_id: str, event_id: str) -> int | None:
    """The UTC day of a stored event, NO_DAY where none has the id; None where that cannot be told."""
    runs = services.manifest.snapshot(project_id, first_day=0, last_day=-1).runs
    wanted = hash_runs.hash_texts([event_id], np.zeros(1))
    try:
        return int(hash_runs.find_values(id_index.load_runs(services.data_dir, runs), wanted, missing=NO_DAY)[0])
    except BrokenRun:
        return None
