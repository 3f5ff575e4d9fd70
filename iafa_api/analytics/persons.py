"""The persons of a source: who was seen last, and what one of them did."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iafa_api.analytics import event_list_sql, person_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.sessions import NumberedSession, list_touching
from iafa_api.domain.stored_event import StoredEvent
from iafa_api.lake.event_source import EventSource


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """A person by key, and their events; times are microseconds."""

    key: str
    event_count: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class History:
    """What one person did: all of it in counts by event type, and some of the events, newest first.

    `sessions` are those that the listed events are of, whole and in the order of their start; `session_count` is of all
    there are.
    """

    seen: SeenPerson
    event_types: Mapping[str, int]
    events: Sequence[StoredEvent]
    sessions: Sequence[NumberedSession] = ()
    session_count: int = 0

    def session_of(self, event: StoredEvent) -> int:
        """The number of the session that a listed event is of: no two share a moment."""
        at = bisect_right(self.sessions, event.created_at, key=lambda one: one.session.start_us)
        return self.sessions[at - 1].number


def list_seen(
    engine: DuckdbEngine, source: EventSource, prefix: str, *, offset: int, limit: int
) -> tuple[list[SeenPerson], int]:
    """Those of whom an id begins with `prefix`, the last seen first, and how many there are."""
    with engine.asking(source) as ask:
        parameters = Parameters()
        ask.run(person_sql.seen_sql(ask.events(parameters), prefix, parameters), parameters.values)
        rows = ask.run(person_sql.newest_seen_sql(offset, limit))
        [(count,)] = ask.run(person_sql.COUNT)
        ask.run("DROP TABLE seen")
    return [SeenPerson(*row) for row in rows], count


def read_history(
    engine: DuckdbEngine,
    source: EventSource,
    root: Path,
    key: str,
    users: Sequence[str],
    visitors: Sequence[str],
    *,
    offset: int,
    limit: int,
) -> History | None:
    """What the person did who is these users and visitors; None where they did nothing."""

    def is_theirs(parameters: Parameters) -> str:
        return person_sql.is_of(key, users, visitors, parameters)

    with engine.asking(source) as ask:
        parameters = Parameters()
        counts = ask.run(person_sql.counts_sql(ask.events(parameters), is_theirs(parameters)), parameters.values)
        if not counts:
            return None
        parameters = Parameters()
        stored = ask.events(parameters, with_file=True)
        rows = ask.run(person_sql.events_of_sql(stored, is_theirs(parameters), offset, limit), parameters.values)
        first_us, last_us = min(row[2] for row in counts), max(row[3] for row in counts)
        events = [event_list_sql.event_of(row, root) for row in rows]
        # A page behind the last one has no events; how many sessions there are is told there, too.
        low, high = (events[-1].created_at, events[0].created_at) if events else (first_us, first_us)
        sessions, session_count = list_touching(ask, is_theirs, low, high)
    seen = SeenPerson(key, sum(row[1] for row in counts), first_us, last_us)
    return History(seen, {row[0]: row[1] for row in counts}, events, sessions if events else [], session_count)
