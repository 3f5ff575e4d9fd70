"""What is kept of a UTC day's events for ever: how many there were of each type, minute by minute, and defined figures.

Promises: what is kept only ever grows by events that were not counted before, and adds up over any whole minutes (five
minutes once the day is older than MINUTE_DAYS) to the figure of the events. Distinct persons cannot be added up: of the
local days that touch this one, and of their hours, they are counted when its events are about to go, and kept as they
were. No person is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from iafa_api.domain.amounts import NOTHING, Amount, add_up

MINUTES: Final = 1440  # of a UTC day
MINUTE_DAYS: Final = 2  # so many days after it a day's minutes are kept one by one
COARSE_MINUTES: Final = 5  # then in fives: every time zone's hours and days begin at a multiple of it since 1972
HOUR_MINUTES: Final = 60  # kept beside them, as most questions need no more
EVERY: Final = ""  # stands for any event type; none is empty
VALUES_KEPT: Final = 50  # of a dimension a day; the others are one rest

Counts = Mapping[str, Mapping[int, int]]  # by event type and the minute of the day
Amounts = Mapping[int, Amount]  # by the minute of the day


@dataclass(frozen=True, slots=True)
class LocalDay:
    """Distinct persons and sessions of a local day or hour, by event type and of EVERY one; microseconds, half-open.

    `figures` are those that the project defines: by key, and by value of the dimension (EVERY: of all). Of the keys in
    `cut` there are more values than are kept.
    """

    start_us: int
    end_us: int
    users: Mapping[str, int]
    sessions: Mapping[str, int]
    figures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    cut: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DayRollup:
    """A day. `is_whole`: no event of it had expired before it was first counted.

    `local_days` and their hours begin in it; an event that comes later to one of them takes it away: nobody can tell
    whose it was.
    """

    grain_minutes: int
    counts: Counts
    is_whole: bool = True
    local_days: tuple[LocalDay, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureDay:
    """A day of a defined figure, by value of its dimension (EVERY: of all), and `rest`: all other values in one.

    A value is kept with all of its events, or has none of them outside the rest.
    """

    grain_minutes: int
    cells: Mapping[str, Amounts]
    rest: Amounts


def grain_of(day: int, today: int) -> int:
    """The steps in which a day is kept."""
    return 1 if day >= today - MINUTE_DAYS else COARSE_MINUTES


def with_events(day: DayRollup, added: Counts) -> DayRollup:
    """The same with more events."""
    counts = {event_type: dict(minutes) for event_type, minutes in day.counts.items()}
    for event_type, minutes in added.items():
        mine = counts.setdefault(event_type, {})
        for minute, count in minutes.items():
            start = minute - minute % day.grain_minutes
            mine[start] = mine.get(start, 0) + count
    return replace(day, counts=counts)


def coarsened(day: DayRollup, grain_minutes: int = COARSE_MINUTES) -> DayRollup:
    """The same in longer steps."""
    return with_events(replace(day, grain_minutes=grain_minutes, counts={}), day.counts)


def without_local_days(day: DayRollup, start_us: int, end_us: int) -> DayRollup:
    """The same without the local days that touch a range."""
    left = tuple(one for one in day.local_days if one.end_us <= start_us or one.start_us >= end_us)
    return replace(day, local_days=left)


def with_amounts(day: FigureDay, cells: Mapping[str, Amounts], rest: Amounts) -> FigureDay:
    """The same with more events; of too many values those with the smallest sums, or the fewest events, go together."""
    grain = day.grain_minutes
    whole = {
        value: _joined(grain, day.cells.get(value, {}), cells.get(value, {}))
        for value in day.cells.keys() | cells.keys()
    }
    weights = {value: add_up(minutes.values())[::-1] for value, minutes in whole.items()}
    ranked = sorted(whole, key=lambda value: (weights[value], value), reverse=True)
    going = [whole[value] for value in ranked[VALUES_KEPT:]]
    return FigureDay(
        grain, {value: whole[value] for value in ranked[:VALUES_KEPT]}, _joined(grain, day.rest, rest, *going)
    )


def coarsened_figure(day: FigureDay, grain_minutes: int = COARSE_MINUTES) -> FigureDay:
    """The same in longer steps."""
    return with_amounts(FigureDay(grain_minutes, {}, {}), day.cells, day.rest)


def cut_values(figures: Mapping[str, int]) -> tuple[Mapping[str, int], bool]:
    """The greatest figures of values, as many as are kept, and whether there are more."""
    ranked = sorted(figures, key=lambda value: (-figures[value], value))
    return {value: figures[value] for value in ranked[:VALUES_KEPT]}, len(ranked) > VALUES_KEPT


def _joined(grain_minutes: int, *parts: Amounts) -> dict[int, Amount]:
    found: dict[int, Amount] = {}
    for part in parts:
        for minute, amount in part.items():
            start = minute - minute % grain_minutes
            found[start] = add_up((found.get(start, NOTHING), amount))
    return found
