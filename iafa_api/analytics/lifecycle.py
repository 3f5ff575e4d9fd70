"""Lifecycle: in each period, who is new, who stays, who comes back and who falls silent.

Counted from one row per unit and period with activity: history before the periods shown is one period, as far back as
it goes (HISTORY), and the period before the first one shown is another (BEFORE).
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, count_sql
from iafa_api.analytics.period_sql import (
    by_number_sql,
    in_period_sql,
    is_one_of_sql,
    looked_at_until_sql,
    number_units_sql,
    unit_sql,
)
from iafa_api.domain.lifecycle import LifecycleQuestion
from iafa_api.lake.event_source import EventSource

HISTORY: Final = -2
BEFORE: Final = -1


@dataclass(frozen=True, slots=True)
class LifecycleCounts:
    """Units by period; `dormant` as a positive number. `events`: those looked at, history included."""

    new: tuple[int, ...]
    returning: tuple[int, ...]
    resurrecting: tuple[int, ...]
    dormant: tuple[int, ...]
    events: int


def count_lifecycle(engine: DuckdbEngine, source: EventSource, question: LifecycleQuestion) -> LifecycleCounts:
    engine.require_patterns([question.filter, question.event.filter])
    count = len(question.periods)
    by_period: list[list[int]] = [[0] * count for _ in range(4)]
    if not question.periods or question.before is None:
        return LifecycleCounts((), (), (), (), 0)
    with engine.asking(source) as ask:
        parameters = Parameters()
        events, condition = ask.events(parameters), _condition(question, parameters)
        ask.run(number_units_sql(events, condition, question.count_by, parameters), parameters.values)
        parameters = Parameters()
        ask.run(_active(question, ask.events(parameters), parameters), parameters.values)
        for period, *figures in ask.run(_STANDING):
            for kind, figure in enumerate(figures[:3]):
                if period >= 0:
                    by_period[kind][period] = figure
            if period >= BEFORE and period + 1 < count:
                by_period[3][period + 1] = figures[3]
        parameters = Parameters()
        events = ask.events(parameters)
        looked_at = looked_at_until_sql(None, question.periods[-1].end_us, question.filter, parameters)
        [(looked_at_count,)] = ask.run(count_sql(events, looked_at), parameters.values)
    new, returning, resurrecting, dormant = map(tuple, by_period)
    return LifecycleCounts(new, returning, resurrecting, dormant, looked_at_count)


def lifecycle_table(question: LifecycleQuestion, counts: LifecycleCounts) -> dict[str, Any]:
    """The answer's figures; who falls silent is a negative number, so that the columns of a chart stand on zero."""
    return {
        "periods": [period.label for period in question.periods],
        "new": list(counts.new),
        "returning": list(counts.returning),
        "resurrecting": list(counts.resurrecting),
        "dormant": [-persons for persons in counts.dormant],
    }


def _condition(question: LifecycleQuestion, parameters: Parameters) -> str:
    looked_at = looked_at_until_sql(None, question.periods[-1].end_us, question.filter, parameters)
    return f"{looked_at} AND {is_one_of_sql(question.event, parameters)}"


def _active(question: LifecycleQuestion, events: str, parameters: Parameters) -> str:
    assert question.before is not None
    name = unit_sql(question.count_by, parameters)
    found = f"SELECT {name} AS name, created_at FROM ({events}) WHERE {_condition(question, parameters)}"
    placed = in_period_sql(by_number_sql(found), (question.before, *question.periods), parameters, first=BEFORE)
    return f"""
        CREATE TEMP TABLE active AS
        SELECT DISTINCT unit, CAST(coalesce(period, {HISTORY}) AS SMALLINT) AS period FROM ({placed})"""


# By the period before in which the same unit was active, and the one after.
_STANDING = """
    SELECT period,
        count(*) FILTER (earlier IS NULL),
        count(*) FILTER (earlier = period - 1),
        count(*) FILTER (earlier < period - 1),
        count(*) FILTER (later IS NULL OR later > period + 1)
    FROM (
        SELECT period, lag(period) OVER w AS earlier, lead(period) OVER w AS later
        FROM active WINDOW w AS (PARTITION BY unit ORDER BY period))
    GROUP BY period"""
