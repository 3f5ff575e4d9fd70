"""What stickiness asks: how many persons are active in one, two, three … periods of a range.

`stickiness_from_json` promises a question that can be answered, or `InvalidInput` whose `errors` name each field that
is wrong. What the figures mean: docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.asked_events import AskedEvents, read_count_by, read_events, read_interval, read_whole_number
from iafa_api.domain.faults import MISSING, UNKNOWN, Faults
from iafa_api.domain.filters import Filter, read_filter
from iafa_api.domain.periods import MAX_PERIODS, Calendar, Period, periods_between
from iafa_api.domain.time_range import TimeRange, parse_range, zone_named

CRITERIA: Final = ("eq", "ne", "gt", "gte", "lt", "lte")
EVENTS_MAX: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Criteria:
    """How many events make a period with events one in which somebody is active."""

    operator: str
    value: int


@dataclass(frozen=True, slots=True)
class StickinessQuestion:
    """`periods` are those that the range touches, `period_length` calendar periods joined to one, the last as it comes.

    `cumulative`: at least so many periods in place of exactly so many. `count_by` is None for persons, else the column
    or property that is counted. `asked` is the question in JSON, with everything that was left out filled in.
    """

    event: AskedEvents
    time_range: TimeRange
    periods: tuple[Period, ...]
    criteria: Criteria
    cumulative: bool
    filter: Filter | None
    count_by: str | None
    asked: Mapping[str, Any] = field(compare=False, default_factory=dict)


def stickiness_from_json(
    document: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int
) -> StickinessQuestion:
    faults = Faults()
    event = read_events(document, "event", faults)
    interval = read_interval(document, faults)
    length = read_whole_number(document, "period_length", faults, default=1, least=1, most=MAX_PERIODS)
    criteria = _read_criteria(document.get("criteria"), faults)
    cumulative = document.get("cumulative") or False
    if cumulative not in (True, False):
        faults.add(("cumulative",), "Must be true or false.")
    tree = read_filter(document.get("filter"), faults, ("filter",))
    count_by = read_count_by(document, faults)
    faults.require_none()
    start, end = document.get("start_date"), document.get("end_date")
    time_range = parse_range(start, end, timezone=timezone, now_us=now_us)
    calendar = Calendar(zone_named(timezone), interval, week_start)
    asked = {
        "event": document["event"],
        "interval": interval,
        "period_length": length,
        "criteria": {"operator": criteria.operator, "value": criteria.value},
        "cumulative": cumulative,
        "start_date": time_range.start,
        "end_date": time_range.end,
        "filter": document.get("filter"),
        "count_by": document.get("count_by") or "users",
    }
    touched = periods_between(calendar, time_range.start_us, time_range.end_us)
    periods = tuple(_join(touched[first : first + length]) for first in range(0, len(touched), length))
    return StickinessQuestion(event, time_range, periods, criteria, cumulative, tree, count_by, asked)


def _join(periods: tuple[Period, ...]) -> Period:
    return Period(periods[0].start_us, periods[-1].end_us, periods[0].label)


def _read_criteria(document: object, faults: Faults) -> Criteria:
    found = Criteria("gte", 1)
    if document is None:
        return found
    if not isinstance(document, Mapping):
        faults.add(("criteria",), 'Must be such as {"operator": "gte", "value": 2}.')
        return found
    for key in document.keys() - {"operator", "value"}:
        faults.add(("criteria", str(key)), UNKNOWN)
    operator = document.get("operator", "gte")
    if operator not in CRITERIA:
        faults.add(("criteria", "operator"), f"Must be one of: {', '.join(CRITERIA)}.")
        operator = "gte"
    if document.get("value") is None:
        faults.add(("criteria", "value"), MISSING)
    return Criteria(
        operator,
        read_whole_number(document, "value", faults, default=1, least=0, most=EVENTS_MAX, path=("criteria",)),
    )
