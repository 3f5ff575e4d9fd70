"""What lifecycle asks: in each period, who is new, who stays, who comes back and who falls silent.

`lifecycle_from_json` promises a question that can be answered, or `InvalidInput` whose `errors` name each field that is
wrong. What the figures mean: docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iafa_api.domain.asked_events import AskedEvents, read_count_by, read_events, read_interval
from iafa_api.domain.faults import Faults
from iafa_api.domain.filters import Filter, read_filter
from iafa_api.domain.periods import Calendar, Period, periods_between, previous_period
from iafa_api.domain.time_range import TimeRange, parse_range, zone_named


@dataclass(frozen=True, slots=True)
class LifecycleQuestion:
    """`periods` are those shown, in order: the range, widened to whole ones; `before` is the one before
    the first (None where the clock left out all of the range, and there is no period).

    `count_by` is None for persons, else the column or property that is counted. `asked` is the question in JSON, with
    everything that was left out filled in.
    """

    event: AskedEvents
    time_range: TimeRange
    before: Period | None
    periods: tuple[Period, ...]
    filter: Filter | None
    count_by: str | None
    asked: Mapping[str, Any] = field(compare=False, default_factory=dict)


def lifecycle_from_json(
    document: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int
) -> LifecycleQuestion:
    faults = Faults()
    event = read_events(document, "event", faults)
    interval = read_interval(document, faults)
    tree = read_filter(document.get("filter"), faults, ("filter",))
    count_by = read_count_by(document, faults)
    faults.require_none()
    start, end = document.get("start_date"), document.get("end_date")
    time_range = parse_range(start, end, timezone=timezone, now_us=now_us)
    calendar = Calendar(zone_named(timezone), interval, week_start)
    asked = {
        "event": document["event"],
        "interval": interval,
        "start_date": time_range.start,
        "end_date": time_range.end,
        "filter": document.get("filter"),
        "count_by": document.get("count_by") or "users",
    }
    periods = periods_between(calendar, time_range.start_us, time_range.end_us)
    before = previous_period(calendar, periods[0]) if periods else None
    return LifecycleQuestion(event, time_range, before, periods, tree, count_by, asked)
