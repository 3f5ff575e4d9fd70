"""Events by unit and period as SQL: what the questions about people who come back count from.

A unit is who or what is counted: a person, a session, or the value of a property; events without one are left out. The
boundaries of periods come from `domain.periods` as parameters, so that SQL has no calendar of its own.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections.abc import Sequence

from iafa_api.analytics.event_sql import Parameters, filter_sql, property_sql
from iafa_api.domain.asked_events import AskedEvents
from iafa_api.domain.filters import Filter
from iafa_api.domain.periods import Period

# The order in which events of one instant came in.
ARRIVAL = "created_at, ingested_at, segment, place"


def unit_sql(count_by: str | None, parameters: Parameters) -> str:
    """Who or what an event is counted for; NULL where there is none."""
    return "person" if count_by is None else property_sql(count_by, parameters)


def number_units_sql(events: str, condition: str, count_by: str | None, parameters: Parameters) -> str:
    """Makes `units`: a number for each unit that has events of this condition. Names take many times the memory."""
    unit = unit_sql(count_by, parameters)
    return f"""
        CREATE TEMP TABLE units AS SELECT name, CAST(row_number() OVER () AS INTEGER) AS unit FROM (
            SELECT DISTINCT {unit} AS name FROM ({events}) WHERE {condition} AND name IS NOT NULL)"""


def by_number_sql(events: str) -> str:
    """The events with the number of their `name` as `unit`; those without a name are left out."""
    return f"SELECT e.* EXCLUDE (name), u.unit FROM ({events}) AS e JOIN units AS u ON u.name = e.name"


def is_one_of_sql(asked: AskedEvents, parameters: Parameters) -> str:
    """Whether an event is of those that are asked for."""
    typed = "true" if asked.event_type is None else f"event_type = {parameters.name(asked.event_type)}"
    return f"({typed} AND {filter_sql(asked.filter, parameters)})"


def looked_at_until_sql(start_us: int | None, end_us: int, tree: Filter | None, parameters: Parameters) -> str:
    """Whether an event lies before `end_us` (and not before `start_us`) and passes the question's filter."""
    start = "true" if start_us is None else f"created_at >= {_moment(start_us, parameters)}"
    return f"{start} AND created_at < {_moment(end_us, parameters)} AND {filter_sql(tree, parameters)}"


def in_period_sql(events: str, periods: Sequence[Period], parameters: Parameters, *, first: int = 0) -> str:
    """The events with their `period`: numbered from `first`, NULL before the first one.

    The events must lie before the end of the last one. Time is cut into equal parts, as long as the longest period, and
    each part joined to the few periods that it touches: an ASOF join would sort all events.
    """
    origin_us, part_us = periods[0].start_us, max(period.end_us - period.start_us for period in periods)
    touched = [
        (part, period.start_us, period.end_us, number)
        for number, period in enumerate(periods, first)
        for part in range((period.start_us - origin_us) // part_us, (period.end_us - 1 - origin_us) // part_us + 1)
    ]
    columns = zip(("part", "start_us", "end_us", "period"), zip(*touched, strict=True), strict=True)
    bounds = ", ".join(
        f"unnest(CAST({parameters.name(list(values))} AS BIGINT[])) AS {name}" for name, values in columns
    )
    return f"""
        SELECT e.*, b.period FROM ({events}) AS e LEFT JOIN (SELECT {bounds}) AS b
            ON b.part = (epoch_us(e.created_at) - {origin_us}) // {part_us}
            AND b.start_us <= epoch_us(e.created_at) AND b.end_us > epoch_us(e.created_at)"""


def _moment(time_us: int, parameters: Parameters) -> str:
    return f"make_timestamptz(CAST({parameters.name(time_us)} AS BIGINT))"
