"""The local calendar of a time zone as periods: hours, days, weeks and months that follow each other without a gap.

A period is half-open, in microseconds, and named by its local start (`2026-01-31`, or for hours
`2026-01-31T13:00:00+01:00`). Days are as long as their clock makes them, and one that a zone skips is no period: the
next one follows. A period begins with the *first* local midnight of its first day, so a clock that goes back over
midnight does not bring yesterday back. An hour that occurs twice is two periods; where the clock is moved by less than
an hour, or within one, a period begins with the move. The SQL of every question gets its boundaries from here: there
is one calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from iafa_api.domain.faults import refuse
from iafa_api.domain.time_range import first_us, local_day

INTERVALS: Final = ("hour", "day", "week", "month")
MAX_PERIODS: Final = 10_000  # of one question: a year of hours; an answer holds several figures of each

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000
_HOUR_US: Final = 3600 * _SECOND_US
# Python's calendar ends with these years; a period more at either end must still have a name.
_EARLIEST_US: Final = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST_US: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which periods are meant: one of INTERVALS, weeks that start on `monday` or `sunday`."""

    zone: ZoneInfo
    interval: str
    week_start: str = "monday"


@dataclass(frozen=True, slots=True)
class Period:
    """`start_us` belongs to it, `end_us` does not."""

    start_us: int
    end_us: int
    label: str


def period_at(calendar: Calendar, time_us: int) -> Period:
    """The period that contains a moment; InvalidInput for `interval` outside the years 2 to 9998."""
    if not _EARLIEST_US <= time_us < _LATEST_US:
        raise refuse(("interval",), "Must be left out, or asked for within the years 2 to 9998.")
    return _hour_at(calendar.zone, time_us) if calendar.interval == "hour" else _days_at(calendar, time_us)


def previous_period(calendar: Calendar, period: Period) -> Period:
    return period_at(calendar, period.start_us - 1)


def next_period(calendar: Calendar, period: Period) -> Period:
    return period_at(calendar, period.end_us)


def periods_between(calendar: Calendar, start_us: int, end_us: int) -> tuple[Period, ...]:
    """Every period that the half-open range touches, each one whole; InvalidInput for `interval` past MAX_PERIODS."""
    found: list[Period] = []
    next_us = start_us
    while next_us < end_us:
        if len(found) == MAX_PERIODS:
            raise refuse(("interval",), f"Must be longer: the range has more than {MAX_PERIODS} {calendar.interval}s.")
        found.append(period_at(calendar, next_us))
        next_us = found[-1].end_us
    return tuple(found)


def last_periods(calendar: Calendar, count: int, time_us: int) -> tuple[Period, ...]:
    """The `count` periods that end with the one that contains a moment, in the order of time."""
    found = [period_at(calendar, time_us)]
    while len(found) < count:
        found.append(previous_period(calendar, found[-1]))
    return tuple(reversed(found))


def _days_at(calendar: Calendar, time_us: int) -> Period:
    first = _first_day(calendar, local_day(time_us, calendar.zone))
    while first_us(first, calendar.zone) > time_us:
        first = _first_day(calendar, first - timedelta(days=1))
    while (end_us := first_us(after := _following(calendar, first), calendar.zone)) <= time_us:
        first = after
    return Period(first_us(first, calendar.zone), end_us, first.isoformat())


def _first_day(calendar: Calendar, day: date) -> date:
    if calendar.interval == "month":
        return day.replace(day=1)
    if calendar.interval == "week":
        return day - timedelta(days=(day.weekday() + (calendar.week_start == "sunday")) % 7)
    return day


def _following(calendar: Calendar, first: date) -> date:
    if calendar.interval == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if calendar.interval == "week" else 1)


def _hour_at(zone: ZoneInfo, time_us: int) -> Period:
    offset_us = _offset_us(zone, time_us)
    start_us = time_us - (time_us + offset_us) % _HOUR_US
    end_us = start_us + _HOUR_US
    if _offset_us(zone, start_us) != offset_us:
        start_us = _first_second(start_us, time_us, lambda moment: _offset_us(zone, moment) == offset_us)
    if _offset_us(zone, end_us - 1) != offset_us:
        end_us = _first_second(time_us, end_us - 1, lambda moment: _offset_us(zone, moment) != offset_us)
    return Period(start_us, end_us, _local(zone, start_us).isoformat(timespec="seconds"))


def _first_second(before_us: int, after_us: int, is_after: Callable[[int], bool]) -> int:
    """The whole second from which `is_after` holds: not yet at `before_us`, and at `after_us`."""
    before, after = before_us // _SECOND_US, after_us // _SECOND_US
    while after - before > 1:
        middle = (before + after) // 2
        if is_after(middle * _SECOND_US):
            after = middle
        else:
            before = middle
    return after * _SECOND_US


def _offset_us(zone: ZoneInfo, time_us: int) -> int:
    offset = _local(zone, time_us).utcoffset()
    assert offset is not None
    return offset // _MICROSECOND


def _local(zone: ZoneInfo, time_us: int) -> datetime:
    return (_EPOCH + time_us * _MICROSECOND).astimezone(zone)
