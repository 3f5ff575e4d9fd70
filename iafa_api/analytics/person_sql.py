"""SQL about persons: who was seen, and one person's events."""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections.abc import Sequence

from iafa_api.analytics.event_list_sql import COLUMNS
from iafa_api.analytics.event_sql import Parameters

COUNT = "SELECT count(*) FROM seen"


def seen_sql(events: str, prefix: str, parameters: Parameters) -> str:
    """Everybody of whom an id begins so, with how many events they have and when the first and last one was."""
    found = ""
    if prefix:
        text = parameters.name(prefix)
        begins = " OR ".join(f"starts_with({column}, {text})" for column in ("user_id", "anonymous_id", "person[2:]"))
        found = f"HAVING bool_or(coalesce({begins}, false))"
    return f"""
        CREATE TEMP TABLE seen AS
        SELECT person, count(*) AS events, epoch_us(min(created_at)) AS first_us, epoch_us(max(created_at)) AS last_us
        FROM ({events}) GROUP BY person {found}"""


def newest_seen_sql(offset: int, limit: int) -> str:
    """Those of whom something was heard last."""
    return f"SELECT * FROM seen ORDER BY last_us DESC, person LIMIT {limit:d} OFFSET {offset:d}"


def counts_sql(events: str, is_theirs: str) -> str:
    """By event type how many events there are, and when the first and last one was."""
    return f"""
        SELECT event_type, count(*), epoch_us(min(created_at)), epoch_us(max(created_at))
        FROM ({events}) WHERE {is_theirs} GROUP BY event_type ORDER BY count(*) DESC, event_type"""


def events_of_sql(events: str, is_theirs: str, offset: int, limit: int) -> str:
    """The newest events by when they happened, and of one moment by arrival."""
    return f"""
        SELECT {COLUMNS} FROM ({events}) WHERE {is_theirs}
        ORDER BY created_at DESC, ingested_at DESC, segment DESC, place DESC LIMIT {limit:d} OFFSET {offset:d}"""


def is_of(person: str, users: Sequence[str], visitors: Sequence[str], parameters: Parameters) -> str:
    """Whether an event is this person's; the ids say which ones can be, before anything is joined."""
    ids = [
        f"{column} IN (SELECT unnest({parameters.name(list(some))}))"
        for column, some in (("user_id", users), ("anonymous_id", visitors))
        if some
    ]
    return f"({' OR '.join(ids)}) AND person = {parameters.name(person)}"
