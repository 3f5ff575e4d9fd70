"""SQL for metrics and roll-ups: events by minute or period, without those that a roll-up has.

A roll-up's events are known by day and segment: `held` names such pairs, and their rows are passed over, in whatever
file they are. Events of the tail are in no roll-up, as no flush has named their segments.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections.abc import Collection
from typing import Final

from iafa_api.analytics.event_sql import Parameters, looked_at_sql, property_sql
from iafa_api.analytics.period_sql import in_period_sql, is_one_of_sql
from iafa_api.domain.metrics import EVENTS, UNITS, MetricQuestion
from iafa_api.lake.layout import DAY_US

MINUTE_US: Final = 60_000_000
Held = Collection[tuple[int, str]]  # UTC days and segments
_DAY: Final = f"epoch_us(created_at) // {DAY_US}"

FIGURES: Final = {EVENTS: "CAST(sum(events) AS BIGINT)", **dict.fromkeys(UNITS, "count(DISTINCT unit)")}


def segments(events: str) -> str:
    """Which segments the events of each day came by."""
    return f"SELECT DISTINCT {_DAY}, segment FROM ({events})"


def minutes(events: str, held: Held, parameters: Parameters) -> str:
    """By day, event type and minute of the day, how many events there are."""
    return f"""
        SELECT {_DAY}, event_type, epoch_us(created_at) % {DAY_US} // {MINUTE_US}, count(*)
        FROM ({events}) WHERE {_is_new(held, parameters)} GROUP BY ALL"""


def atoms(question: MetricQuestion, events: str, held: Held, parameters: Parameters) -> str:
    """The table of what figures are made of: value of the dimension, period, and how many events (of which unit)."""
    value = "''" if question.dimension is None else f"coalesce({property_sql(question.dimension, parameters)}, '')"
    unit = UNITS.get(question.metric.kind, "NULL")
    there = f" AND {unit} IS NOT NULL" if question.metric.kind in UNITS else ""
    chosen = f"""
        SELECT created_at, {value} AS value, {unit} AS unit FROM ({events})
        WHERE {looked_at_sql(question.time_range, None, parameters)} AND {_is_new(held, parameters)}{there}
            AND {is_one_of_sql(question.metric.events, parameters)}"""
    placed = in_period_sql(chosen, question.periods, parameters)
    return f"CREATE TEMP TABLE atoms AS SELECT value, period, unit, count(*) AS events FROM ({placed}) GROUP BY ALL"


COUNT: Final = "SELECT CAST(coalesce(sum(events), 0) AS BIGINT) FROM atoms"


def totals(kind: str) -> str:
    """The figure of each value over the whole range."""
    return f"SELECT value, {FIGURES[kind]} FROM atoms GROUP BY value"


def lines(kind: str) -> str:
    """Of every value in `$kept`, by its place there, and of `$rest`, all others: period (NULL: all), figure."""
    return f"""
        SELECT line, period, {FIGURES[kind]} FROM (
            SELECT a.*, coalesce(kept.line, CAST($rest AS BIGINT)) AS line FROM atoms AS a LEFT JOIN (
                SELECT unnest(CAST($kept AS VARCHAR[])) AS value,
                    generate_subscripts(CAST($kept AS VARCHAR[]), 1) - 1 AS line
            ) AS kept USING (value))
        GROUP BY GROUPING SETS ((line, period), (line))"""


def distinct(start_us: str, end_us: str, events: str) -> str:
    """Distinct persons and sessions of a range, by event type and (NULL) of every one."""
    return f"""
        SELECT event_type, count(DISTINCT person), count(DISTINCT session_id) FROM ({events})
        WHERE created_at >= make_timestamptz(CAST({start_us} AS BIGINT))
            AND created_at < make_timestamptz(CAST({end_us} AS BIGINT))
        GROUP BY GROUPING SETS ((event_type), ())"""


def _is_new(held: Held, parameters: Parameters) -> str:
    if not held:
        return "true"
    pairs = parameters.name([f"{day} {segment}" for day, segment in held])
    return f"({_DAY} || ' ' || segment) NOT IN (SELECT unnest({pairs}))"
