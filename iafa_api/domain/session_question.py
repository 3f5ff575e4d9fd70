"""What is asked about sessions: how many start in a range, of whom, how long; and one person's sessions.

`sessions_from_json` promises a question that can be answered, or `InvalidInput` whose `errors` name each field that is
wrong. What the figures mean: docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from iafa_api.domain.asked_events import read_whole_number
from iafa_api.domain.comparison import compared_range, read_comparison
from iafa_api.domain.faults import Faults, refuse
from iafa_api.domain.filters import Filter, read_filter
from iafa_api.domain.path_items import EVENT_TYPE, Items, read_items
from iafa_api.domain.periods import INTERVALS, Calendar, Period, periods_between
from iafa_api.domain.time_range import TimeRange, parse_range, zone_named

CUTS: Final = ("gap", "session_id")
DEFAULT_GAP_MINUTES: Final = 30
GAP_MINUTES_MAX: Final = 7 * 24 * 60
MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class SessionsQuestion:
    """Sessions that start in the range, cut where a person pauses for longer than `gap_us`, or by session_id (None).

    `periods` are those that the range touches, where an interval was asked for (else none). `asked` is the question in
    JSON, with everything that was left out filled in.
    """

    gap_us: int | None
    time_range: TimeRange
    periods: tuple[Period, ...] | None = None
    filter: Filter | None = None
    previous: SessionsQuestion | None = None
    asked: Mapping[str, Any] = field(compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonSessionsQuestion:
    """One person's sessions: those of the user `user_id`, or of the visitor `anonymous_id` without a user."""

    sessions: SessionsQuestion
    items: Items
    user_id: str | None
    anonymous_id: str | None


# All that a person ever did, cut as where nothing else is asked for.
EVERY_SESSION: Final = SessionsQuestion(DEFAULT_GAP_MINUTES * MINUTE_US, TimeRange(-(1 << 62), 1 << 62, "", ""))


def sessions_from_json(document: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int) -> SessionsQuestion:
    faults = Faults()
    cut = document.get("by") or CUTS[0]
    if cut not in CUTS:
        faults.add(("by",), f"Must be one of: {', '.join(CUTS)}.")
    gap = read_gap(document, "gap_minutes", faults)
    interval = document.get("interval")
    if interval is not None and interval not in INTERVALS:
        faults.add(("interval",), f"Must be one of: {', '.join(INTERVALS)}.")
    tree = read_filter(document.get("filter"), faults, ("filter",))
    compare = read_comparison(document.get("compare"), faults)
    faults.require_none()
    start, end = document.get("start_date"), document.get("end_date")
    time_range = parse_range(start, end, timezone=timezone, now_us=now_us)
    asked = {
        "by": cut,
        "gap_minutes": gap,
        "interval": interval,
        "compare": document.get("compare"),
        "filter": document.get("filter"),
        "start_date": time_range.start,
        "end_date": time_range.end,
    }

    def periods(asked_range: TimeRange) -> tuple[Period, ...] | None:
        if interval is None:
            return None
        calendar = Calendar(zone_named(timezone), interval, week_start)
        return periods_between(calendar, asked_range.start_us, asked_range.end_us)

    gap_us = gap * MINUTE_US if cut == CUTS[0] else None
    question = SessionsQuestion(gap_us, time_range, periods(time_range), tree, None, asked)
    if compare is None:
        return question
    earlier = compared_range(time_range, compare, timezone=timezone, now_us=now_us)
    return replace(question, previous=replace(question, time_range=earlier, periods=periods(earlier)))


def person_sessions_from_json(
    document: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int
) -> PersonSessionsQuestion:
    """The same of one person, who is named by `user_id` or `anonymous_id`; `item` is what they entered and left by."""
    user_id, anonymous_id = document.get("user_id"), document.get("anonymous_id")
    if (user_id is None) == (anonymous_id is None):
        raise refuse(("user_id",), "Must be given, or anonymous_id in its place.")
    faults = Faults()
    items = read_items({"item": EVENT_TYPE, **document}, faults)
    faults.require_none()
    sessions = sessions_from_json(document, timezone=timezone, week_start=week_start, now_us=now_us)
    return PersonSessionsQuestion(sessions, items, user_id, anonymous_id)


def read_gap(document: Mapping[str, Any], name: str, faults: Faults) -> int:
    """The longest pause within a session, in minutes."""
    return read_whole_number(document, name, faults, default=DEFAULT_GAP_MINUTES, least=1, most=GAP_MINUTES_MAX)
