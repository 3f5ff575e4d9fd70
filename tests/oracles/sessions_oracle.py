"""What sessions answer, slowly: every person's events are walked through, and cut where the definition says so."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.path_items import Items
from iafa_api.domain.session_question import SessionsQuestion
from tests.oracles.activity import Event, arrival, unit_of
from tests.oracles.paths_oracle import node_of_event

SECOND = 1_000_000


def sessions_figures(rows: Sequence[Event], question: SessionsQuestion) -> dict[str, Any]:
    """All figures of the answer, `trend` included where it was asked for."""
    sessions = [
        one for one in _cut(rows, question) if question.time_range.start_us <= _start(one) < question.time_range.end_us
    ]
    figures: dict[str, Any] = _counts(sessions)
    lengths = [Fraction(_end(one) - _start(one), SECOND) for one in sessions]
    bounces = sum(1 for one in sessions if len(one) == 1)
    figures["average_seconds"] = float(sum(lengths) / len(lengths)) if sessions else None
    figures["bounce_rate"] = (
        math.floor(Fraction(10_000 * bounces, len(sessions)) + Fraction(1, 2)) / 100 if sessions else None
    )
    if question.periods is not None:
        figures["periods"] = [period.label for period in question.periods]
        figures["trend"] = [
            {
                "period": period.label,
                **_counts([one for one in sessions if period.start_us <= _start(one) < period.end_us]),
            }
            for period in question.periods
        ]
    return figures


def person_sessions(
    rows: Sequence[Event], question: SessionsQuestion, items: Items, person: Any
) -> list[tuple[Any, ...]]:
    """(start, end, events, entry item, exit item, session_id) of one person's sessions, by their start."""
    found = []
    for session in _cut([one for one in rows if unit_of(one, None) == person], question):
        if question.time_range.start_us <= _start(session) < question.time_range.end_us:
            nodes = [node for one in session if (node := node_of_event(one, items)) is not None]
            ends = (nodes[0], nodes[-1]) if nodes else (None, None)
            name = session[0]["session_id"] if question.gap_us is None else None
            found.append((_start(session), _end(session), len(session), *ends, name))
    return sorted(found, key=lambda one: (one[0], one[5] or ""))


def _cut(rows: Sequence[Event], question: SessionsQuestion) -> list[list[Event]]:
    by_unit: dict[Any, list[Event]] = defaultdict(list)
    for one in sorted(rows, key=arrival):
        if matches(question.filter, one):
            by_unit[unit_of(one, None) if question.gap_us is not None else one["session_id"]].append(one)
    by_unit.pop(None, None)
    if question.gap_us is None:
        return list(by_unit.values())
    return [session for events in by_unit.values() for session in cut_by_pauses(events, question.gap_us)]


def cut_by_pauses(events: Sequence[Event], gap_us: int) -> list[list[Event]]:
    """One person's events, in order, cut wherever a pause is longer than the gap."""
    sessions: list[list[Event]] = []
    for one in events:
        if sessions and one["created_at"] - sessions[-1][-1]["created_at"] <= gap_us:
            sessions[-1].append(one)
        else:
            sessions.append([one])
    return sessions


def _counts(sessions: Sequence[Sequence[Event]]) -> dict[str, int]:
    return {
        "sessions": len(sessions),
        "persons": len({unit_of(event, None) for session in sessions for event in session}),
        "events": sum(len(session) for session in sessions),
    }


def _start(session: Sequence[Event]) -> int:
    return min(int(one["created_at"]) for one in session)


def _end(session: Sequence[Event]) -> int:
    return max(int(one["created_at"]) for one in session)
