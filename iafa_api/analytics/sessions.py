"""Sessions: how many start, of how many persons, how long they last and how many end at once; and one person's.

The percentage has two digits; the mean and the rate of nothing are null. A session that has no length still counts in
the mean. What the steps of the counting are is told in `session_sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from iafa_api import clock
from iafa_api.analytics import session_sql
from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, count_sql, filter_sql
from iafa_api.analytics.funnels import percent
from iafa_api.domain.comparison import change_percent
from iafa_api.domain.path_items import EVENT_TYPE, Items
from iafa_api.domain.session_question import EVERY_SESSION, PersonSessionsQuestion, SessionsQuestion
from iafa_api.lake.event_source import EventSource

COMPARED = ("sessions", "persons", "events", "average_seconds", "bounce_rate")


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """Of sessions that start in a period, or in the range; `bounces` are those of one event."""

    sessions: int = 0
    persons: int = 0
    events: int = 0
    length_us: int = 0
    bounces: int = 0


@dataclass(frozen=True, slots=True)
class Sessions:
    """The counts of the range and of each period, and how many events were looked at: all history."""

    total: SessionCounts
    by_period: tuple[SessionCounts, ...]
    events: int


@dataclass(frozen=True, slots=True)
class PersonSession:
    """One session; the items are those of its first and last event that have one."""

    start_us: int
    end_us: int
    events: int
    entry_item: str | None
    exit_item: str | None
    session_id: str | None


@dataclass(frozen=True, slots=True)
class NumberedSession:
    """A session and its place among all of its person's, from 1 on."""

    number: int
    session: PersonSession


def count_sessions(engine: DuckdbEngine, source: EventSource, question: SessionsQuestion) -> Sessions:
    engine.require_patterns([question.filter])
    found: dict[int | None, list[int]] = {}
    with engine.asking(source) as ask:
        parameters = Parameters()
        events = ask.events(parameters)
        [(looked_at,)] = ask.run(count_sql(events, filter_sql(question.filter, parameters)), parameters.values)
        ask.run(session_sql.MET)
        parameters = Parameters()
        ask.run(session_sql.units(question, ask.events(parameters), parameters), parameters.values)
        parameters = Parameters()
        ask.run(session_sql.marked(question, ask.events(parameters), parameters), parameters.values)
        for part in session_sql.parts_sql("unit", looked_at):
            parameters = Parameters()
            ask.run(session_sql.numbered(question, part, parameters), parameters.values)
            parameters = Parameters()
            ask.run(session_sql.started(question, parameters), parameters.values)
            for period, *figures in ask.run(session_sql.FIGURES):
                before = found.get(period, [0] * len(figures))
                found[period] = [one + int(more or 0) for one, more in zip(before, figures, strict=True)]
            if question.gap_us is None:
                ask.run(session_sql.MEET)
        if question.gap_us is None:
            for period, persons in ask.run(session_sql.PERSONS):
                found.setdefault(period, [0] * 5)[1] = persons
    periods = range(len(question.periods or ()))
    nothing = SessionCounts()
    counts = {period: SessionCounts(*figures) for period, figures in found.items()}
    return Sessions(counts.get(None, nothing), tuple(counts.get(period, nothing) for period in periods), looked_at)


def sessions_table(question: SessionsQuestion, counted: Sessions) -> dict[str, Any]:
    total = counted.total
    seconds = Fraction(total.length_us, clock.MICROSECONDS)
    table: dict[str, Any] = {
        "sessions": total.sessions,
        "persons": total.persons,
        "events": total.events,
        "average_seconds": float(seconds / total.sessions) if total.sessions else None,
        "bounce_rate": percent(total.bounces, total.sessions) if total.sessions else None,
    }
    if question.periods is not None:
        table["periods"] = [period.label for period in question.periods]
        table["trend"] = [
            {"period": period.label, "sessions": one.sessions, "persons": one.persons, "events": one.events}
            for period, one in zip(question.periods, counted.by_period, strict=True)
        ]
    return table


def change_of_sessions(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: change_percent(now[name], before[name]) for name in COMPARED}


def list_sessions(
    engine: DuckdbEngine, source: EventSource, question: PersonSessionsQuestion
) -> Sequence[PersonSession]:
    """One person's sessions, in the order of their start."""
    engine.require_patterns([question.sessions.filter])
    with engine.asking(source) as ask:
        parameters = Parameters()
        sql = session_sql.of_person(
            question.sessions,
            question.items,
            question.user_id,
            question.anonymous_id,
            ask.events(parameters),
            parameters,
        )
        return [PersonSession(*row) for row in ask.run(sql, parameters.values)]


def list_touching(
    ask: Asking, is_theirs: Callable[[Parameters], str], first_us: int, last_us: int
) -> tuple[list[NumberedSession], int]:
    """Of a person's sessions those with a moment between these two, whole, in the order of their start; and how many
    the person has. Cut as where nothing else is asked for; items are event types."""
    parameters = Parameters()
    events, theirs = ask.events(parameters), is_theirs(parameters)
    sql = session_sql.touching(EVERY_SESSION, Items(EVENT_TYPE), theirs, first_us, last_us, events, parameters)
    rows = ask.run(sql, parameters.values)
    return [NumberedSession(row[0], PersonSession(*row[1:-1])) for row in rows], rows[0][-1] if rows else 0
