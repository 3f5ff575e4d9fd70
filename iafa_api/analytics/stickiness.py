"""Stickiness: how many units are active in exactly (or at least) one, two, three … periods of a range."""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, count_sql, looked_at_sql
from iafa_api.analytics.period_sql import by_number_sql, in_period_sql, is_one_of_sql, number_units_sql, unit_sql
from iafa_api.domain.stickiness import StickinessQuestion
from iafa_api.lake.event_source import EventSource

_SIGNS: Final = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True)
class StickinessCounts:
    """`exactly[k - 1]` units are active in exactly k periods. `events`: those of the range that pass the filter."""

    exactly: tuple[int, ...]
    events: int


def count_stickiness(engine: DuckdbEngine, source: EventSource, question: StickinessQuestion) -> StickinessCounts:
    engine.require_patterns([question.filter, question.event.filter])
    exactly = [0] * len(question.periods)
    if not exactly:
        return StickinessCounts((), 0)
    with engine.asking(source) as ask:
        parameters = Parameters()
        events, condition = ask.events(parameters), _condition(question, parameters)
        ask.run(number_units_sql(events, condition, question.count_by, parameters), parameters.values)
        parameters = Parameters()
        for periods, units in ask.run(_by_periods(question, ask.events(parameters), parameters), parameters.values):
            exactly[periods - 1] = units
        parameters = Parameters()
        events = ask.events(parameters)
        looked_at = looked_at_sql(question.time_range, question.filter, parameters)
        [(looked_at_count,)] = ask.run(count_sql(events, looked_at), parameters.values)
    return StickinessCounts(tuple(exactly), looked_at_count)


def stickiness_table(question: StickinessQuestion, counts: StickinessCounts) -> dict[str, Any]:
    data = list(counts.exactly)
    if question.cumulative:
        data = list(accumulate(reversed(data)))[::-1]
    return {"data": data, "persons": sum(counts.exactly)}


def _condition(question: StickinessQuestion, parameters: Parameters) -> str:
    looked_at = looked_at_sql(question.time_range, question.filter, parameters)
    return f"{looked_at} AND {is_one_of_sql(question.event, parameters)}"


def _by_periods(question: StickinessQuestion, events: str, parameters: Parameters) -> str:
    name = unit_sql(question.count_by, parameters)
    found = f"SELECT {name} AS name, created_at FROM ({events}) WHERE {_condition(question, parameters)}"
    placed = in_period_sql(by_number_sql(found), question.periods, parameters)
    enough = f"count(*) {_SIGNS[question.criteria.operator]} {parameters.name(question.criteria.value)}"
    return f"""
        SELECT periods, count(*) FROM (
            SELECT unit, count(*) AS periods FROM (
                SELECT unit, CAST(period AS SMALLINT) AS period FROM ({placed}) GROUP BY ALL HAVING {enough})
            GROUP BY unit)
        GROUP BY periods"""
