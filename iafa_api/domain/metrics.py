"""What a metric's question is: a named figure in each minute, five minutes, hour or day of a range.

Some metrics are always there, others a project defines. `metric_question` promises a question that can be answered, or
`InvalidInput` that names the parameter. Minutes are those of UTC, which are those of every time zone; hours and days
are the local calendar's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from iafa_api.domain.asked_events import AskedEvents, read_events_at
from iafa_api.domain.faults import Faults, refuse
from iafa_api.domain.filters import is_property
from iafa_api.domain.periods import MAX_PERIODS, Calendar, Period, periods_between
from iafa_api.domain.time_range import TimeRange, local_day, parse_range, zone_named
from iafa_api.domain.trends import Measure, read_measure
from iafa_api.errors import InvalidInput, NotFound

EVENTS: Final = "events"
UNITS: Final = {"users": "person", "sessions": "session_id"}  # what is counted once a period, by kind
MINUTES: Final = {"minute": 1, "five_minutes": 5}
GRANULARITIES: Final = (*MINUTES, "hour", "day")
DEFAULT_DAYS: Final = {"minute": 1, "five_minutes": 2, "hour": 7, "day": 30}  # with less than 3000 points each
DIMENSION_LIMIT: Final = 25  # values; those past them are one more
ANY_EVENT: Final = AskedEvents(None)
_MINUTE_US: Final = 60_000_000
_PARAMETERS: Final = {"start_date": "start_time", "end_date": "end_time", "interval": "granularity"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure of some events. `definition` is what a project said of it, None of one that is always there.

    `dimensions` are those by which it is rolled up, beside what it is of all.
    """

    name: str
    measure: Measure
    events: AskedEvents = ANY_EVENT
    granularities: tuple[str, ...] = GRANULARITIES
    definition: Mapping[str, Any] | None = None
    dimensions: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.measure.kind


BUILT_IN: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("events", Measure(EVENTS)),
        Metric("sessions", Measure("sessions")),
        Metric("daily_active_users", Measure("users"), granularities=("day",)),
    )
}


@dataclass(frozen=True, slots=True)
class MetricQuestion:
    """`periods` are those that the range touches; events outside the range do not count in them."""

    metric: Metric
    granularity: str
    time_range: TimeRange
    periods: tuple[Period, ...]
    dimension: str | None = None


def find_metric(name: str, definitions: Sequence[Mapping[str, Any]]) -> Metric:
    """The one of a name; NotFound says which there are."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    for document in definitions:
        if document["name"] == name:
            return defined_metric(document)
    names = ", ".join([*BUILT_IN, *(document["name"] for document in definitions)])
    raise NotFound(f"There is no metric {name[:64]!r}. There are: {names}.")


def defined_metric(document: Mapping[str, Any]) -> Metric:
    """The one of a definition that was read when it was saved."""
    faults = Faults()
    events = read_events_at({each: document[each] for each in ("event_type", "filter")}, faults, ())
    measure = read_measure(document["measure"], faults, ("measure",))
    faults.require_none()
    told = {each: document[each] for each in ("id", "version", "event_type", "measure", "filter", "unit")}
    dimensions = tuple(document.get("dimensions") or ())  # there were none in the first definitions
    return Metric(document["name"], measure, events, definition=told, dimensions=dimensions)


def metric_question(
    metric: Metric,
    *,
    granularity: str | None,
    start: str | None,
    end: str | None,
    dimension: str | None,
    timezone: str,
    now_us: int,
) -> MetricQuestion:
    granularity = granularity or metric.granularities[-1]
    if granularity not in metric.granularities:
        raise refuse(("granularity",), f"Must be one of: {', '.join(metric.granularities)}.")
    if dimension is not None and not is_property(dimension):
        raise refuse(("dimension",), "Must be a column, properties.NAME or user.NAME.")
    zone = zone_named(timezone)
    if start is None and end is None:
        first = local_day(now_us, zone) - timedelta(days=DEFAULT_DAYS[granularity] - 1)
        start = first.isoformat()
    try:
        time_range = parse_range(start, end, timezone=timezone, now_us=now_us)
        periods = _periods(zone, granularity, time_range)
    except InvalidInput as error:
        raise InvalidInput(
            error.message, errors={_PARAMETERS.get(key, key): said for key, said in (error.errors or {}).items()}
        ) from None
    return MetricQuestion(metric, granularity, time_range, periods, dimension)


def _periods(zone: ZoneInfo, granularity: str, asked: TimeRange) -> tuple[Period, ...]:
    if granularity not in MINUTES:
        return periods_between(Calendar(zone, granularity), asked.start_us, asked.end_us)
    length_us = MINUTES[granularity] * _MINUTE_US
    starts = range(asked.start_us - asked.start_us % length_us, asked.end_us, length_us)
    if len(starts) > MAX_PERIODS:
        raise refuse(("granularity",), f"Must be longer: the range has more than {MAX_PERIODS} of them.")
    return tuple(Period(start, start + length_us, _label(zone, start)) for start in starts)


def _label(zone: ZoneInfo, time_us: int) -> str:
    moment = _EPOCH + timedelta(microseconds=time_us)
    try:
        return moment.astimezone(zone).isoformat(timespec="seconds")
    except OverflowError:
        raise refuse(("end_date",), "Must lie within the years 2 to 9998.") from None
