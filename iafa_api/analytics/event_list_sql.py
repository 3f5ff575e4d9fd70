"""SQL that shows single events, with the file that holds each."""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from pathlib import Path
from typing import Any

from iafa_api.domain.filters import ENRICHED
from iafa_api.domain.stored_event import Arrival, StoredEvent

NEWEST_FIRST = "ORDER BY ingested_at DESC, segment DESC, place DESC"
COLUMNS = f"""
    id, event_type, user_id, anonymous_id, session_id, properties, url, referrer, user_agent, ip_address,
    epoch_us(created_at), epoch_us(client_timestamp), epoch_us(ingested_at), segment, place,
    struct_pack({", ".join(f"{name} := {name}" for name in ENRICHED)}), filename
"""


def newest_sql(events: str, offset: int, limit: int) -> str:
    """The events after the `offset` newest ones."""
    return f"SELECT {COLUMNS} FROM ({events}) {NEWEST_FIRST} LIMIT {limit:d} OFFSET {offset:d}"


def since_sql(events: str, since: str) -> str:
    """The events that arrived at this moment (microseconds) or later, oldest first."""
    moment = f"make_timestamptz(CAST({since} AS BIGINT))"
    return f"SELECT {COLUMNS} FROM ({events}) WHERE ingested_at >= {moment} ORDER BY ingested_at, segment, place"


def by_id_sql(events: str, event_id: str) -> str:
    """The one event with an id."""
    return f"SELECT {COLUMNS} FROM ({events}) WHERE id = {event_id} LIMIT 1"


def event_of(row: tuple[Any, ...], root: Path) -> StoredEvent:
    """A row of `COLUMNS` as a value; files are named as they lie under `root`."""
    *shown, ingested_at, segment, place, enriched, file = row
    context = {key: value for key, value in enriched.items() if value is not None}
    name = None if file is None else Path(file).relative_to(root).as_posix()
    return StoredEvent(*[*shown, Arrival(ingested_at, segment, place), context, name])
