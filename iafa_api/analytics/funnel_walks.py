"""Who walked how far through a funnel: every unit's journey from the engine, and the chain of it that counts.

From these walks all that a funnel can be asked is told: counts, times, breakdowns, trends, and who stands behind each.
The plain ordered funnel has a faster road to its counts (`ordered_funnel`), which a property test holds to this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iafa_api.analytics import journey_sql
from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.funnel_chains import Journey, Times, find_chain, find_entries, rules_of
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.lake.event_source import EventSource

LOOK_EVERY = 500  # units between two looks at the clock


@dataclass(frozen=True, slots=True)
class Walk:
    """The chain that counts for a unit, and every moment at which it may enter."""

    unit: str
    times: Times
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnitJourney:
    """A unit's events; `values` are those of the breakdown's properties on each event."""

    unit: str
    journey: Journey
    values: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Journeys:
    """The journeys of all units that enter, how many events the question looks at, and a check of the time left."""

    units: list[UnitJourney]
    events: int
    require_time: Callable[[], None]


def read_journeys(engine: DuckdbEngine, source: EventSource, question: FunnelQuestion) -> Journeys:
    """Ask the engine. Errors as those of `DuckdbEngine`."""
    definition = question.definition
    engine.require_patterns([question.filter, *(stage.filter for stage in definition.stages)])
    engine.require_patterns(exclusion.filter for exclusion in definition.exclusions)
    with engine.asking(source) as ask:
        find_first_times(ask, question)
        parameters = Parameters()
        sql = journey_sql.matched(question, last_moment(question), ask.events(parameters), parameters)
        ask.run(sql, parameters.values)
        parameters = Parameters()
        ask.run(journey_sql.units(question, parameters), parameters.values)
        return Journeys(list(_read(ask, question)), _count_events(ask, question), ask.require_time)


def find_first_times(ask: Asking, question: FunnelQuestion) -> None:
    """Make the tables of the events that first-time stages accept."""
    for number, stage in enumerate(question.definition.stages):
        if stage.first_time_only:
            parameters = Parameters()
            sql = journey_sql.first_times(number, stage, question, ask.events(parameters), parameters)
            ask.run(sql, parameters.values)


def last_moment(question: FunnelQuestion) -> int | None:
    """The moment before which events may belong to a chain; None where there is none."""
    end_us, window = question.time_range.end_us, question.definition.window
    if question.completion == "in_range":
        return end_us
    return None if window is None else end_us + window.microseconds


def walk_all(question: FunnelQuestion, units: Sequence[UnitJourney], require_time: Callable[[], None]) -> list[Walk]:
    """The walks of all units that are in the funnel."""
    rules = rules_of(question.definition)
    walks = []
    for number, unit in enumerate(units):
        if number % LOOK_EVERY == 0:
            require_time()
        entries = find_entries(rules, unit.journey, question.time_range.end_us)
        times = find_chain(rules, unit.journey, entries, require_time)
        if times is not None:
            walks.append(Walk(unit.unit, times, tuple(unit.journey.times[entry] for entry in entries)))
    return walks


def _read(ask: Asking, question: FunnelQuestion) -> Iterator[UnitJourney]:
    [(count,)] = ask.run(journey_sql.COUNT)
    ask.require_rows(count)
    names = [name for (name,) in ask.run(journey_sql.UNITS)]
    found = ask.columns(journey_sql.journeys(question.breakdown))
    number = found["number"]
    starts = np.searchsorted(number, np.arange(len(names) + 1)).tolist()
    times, masks, excluded = (found[name].tolist() for name in ("time_us", "mask", "excluded"))
    properties = question.breakdown.properties if question.breakdown else ()
    columns = [_texts(found[f"value{place}"]) for place in range(len(properties))]
    values = list(zip(*columns, strict=True)) if columns else []
    for name, start, end in zip(names, starts, starts[1:], strict=False):
        journey = Journey(times[start:end], masks[start:end], excluded[start:end])
        yield UnitJourney(name, journey, tuple(values[start:end]))


def _texts(column: object) -> list[str | None]:
    """A column of texts as NumPy gives it, missing ones as None."""
    array: Any = np.ma.asarray(column)
    return [
        None if is_missing else value for value, is_missing in zip(array.data, np.ma.getmaskarray(array), strict=True)
    ]


def _count_events(ask: Asking, question: FunnelQuestion) -> int:
    return ask.count_events(question.time_range, question.filter)
