"""What is kept of a UTC day's events for ever: how many there were of each type, minute by minute.

Promises: counts only ever grow by events that were not counted before, and the sum over any whole minutes (five minutes
once the day is older than MINUTE_DAYS) is the number of events. Distinct persons cannot be added up: of the local days
that touch this one they are counted when its events are about to go, and kept as they were. No person is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

MINUTES: Final = 1440  # of a UTC day
MINUTE_DAYS: Final = 2  # so many days after it a day's minutes are kept one by one
COARSE_MINUTES: Final = 5  # then in fives: every time zone's hours and days begin at a multiple of it since 1972
EVERY: Final = ""  # stands for any event type; none is empty

Counts = Mapping[str, Mapping[int, int]]  # by event type and the minute of the day


@dataclass(frozen=True, slots=True)
class LocalDay:
    """Distinct persons and sessions of a local day, by event type and of EVERY one; microseconds, half-open."""

    start_us: int
    end_us: int
    users: Mapping[str, int]
    sessions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DayRollup:
    """A day. `is_whole`: no event of it had expired before it was first counted.

    `local_days` begin in it; an event that comes later to one of them takes it away: nobody can tell whose it was.
    """

    grain_minutes: int
    counts: Counts
    is_whole: bool = True
    local_days: tuple[LocalDay, ...] = ()


def with_events(day: DayRollup, added: Counts) -> DayRollup:
    """The same with more events."""
    counts = {event_type: dict(minutes) for event_type, minutes in day.counts.items()}
    for event_type, minutes in added.items():
        mine = counts.setdefault(event_type, {})
        for minute, count in minutes.items():
            start = minute - minute % day.grain_minutes
            mine[start] = mine.get(start, 0) + count
    return replace(day, counts=counts)


def coarsened(day: DayRollup) -> DayRollup:
    """The same in steps of COARSE_MINUTES."""
    return with_events(replace(day, grain_minutes=COARSE_MINUTES, counts={}), day.counts)


def without_local_days(day: DayRollup, start_us: int, end_us: int) -> DayRollup:
    """The same without the local days that touch a range."""
    left = tuple(one for one in day.local_days if one.end_us <= start_us or one.start_us >= end_us)
    return replace(day, local_days=left)
