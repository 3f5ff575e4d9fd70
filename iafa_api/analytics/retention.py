"""Retention: the matrix of cohorts and those of them who came back, its rates and its weighted average.

Row i is the cohort of period i, column k those of it who came back k periods later. Percentages have two digits; a
rate of nothing is null. What the steps of the counting are is told in `retention_sql`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from iafa_api.analytics import retention_sql
from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, count_sql
from iafa_api.analytics.funnels import percent
from iafa_api.domain.funnel import OTHER
from iafa_api.domain.retention import RetentionQuestion
from iafa_api.lake.event_source import EventSource

NO_LIMIT: Final = 1  # without a breakdown all units are in the group of place 0

Matrix = list[list[int]]


@dataclass(frozen=True, slots=True)
class RetentionCounts:
    """The matrix of all, one per value of the breakdown (in order), and how many events were looked at."""

    matrix: Matrix
    by_value: tuple[tuple[tuple[str, ...], Matrix], ...]
    events: int


def count_retention(engine: DuckdbEngine, source: EventSource, question: RetentionQuestion) -> RetentionCounts:
    engine.require_patterns([question.filter, question.cohort_event.filter, question.return_event.filter])
    limit = {"limit": NO_LIMIT if question.breakdown is None else question.breakdown.limit}
    with engine.asking(source) as ask:
        parameters = Parameters()
        ask.run(retention_sql.units(question, ask.events(parameters), parameters), parameters.values)
        parameters = Parameters()
        ask.run(retention_sql.seen(question, ask.events(parameters), parameters), parameters.values)
        ask.run(retention_sql.members(question))
        values = _make_groups(ask, question)
        matrices: dict[int, Matrix] = {}
        for place, period, units in ask.run(retention_sql.SIZES, limit):
            matrices.setdefault(place, _zeros(question))[period][0] = units
        returns = retention_sql.LAST_RETURNS if question.cumulative else retention_sql.RETURNS
        for place, period, later, units in ask.run(returns, limit):
            matrices[place][period][later] = units
        parameters = Parameters()
        events = ask.events(parameters)
        looked_at = retention_sql.looked_at(question, parameters)
        [(looked_at_count,)] = ask.run(count_sql(events, looked_at), parameters.values)
    if question.cumulative:
        matrices = {place: [_or_later(row) for row in matrix] for place, matrix in matrices.items()}
    total = [
        [sum(cells) for cells in zip(*rows, strict=True)]
        for rows in zip(_zeros(question), *matrices.values(), strict=True)
    ]
    if len(values) < len(matrices) and question.breakdown is not None:
        values.append((OTHER,))
    by_value = tuple((value, matrices[place]) for place, value in enumerate(values))
    return RetentionCounts(total, by_value, looked_at_count)


def retention_table(question: RetentionQuestion, counts: RetentionCounts) -> dict[str, Any]:
    """The answer's figures; `incomplete` are the periods that end after now."""
    incomplete = [period.end_us > question.now_us for period in question.periods]
    table: dict[str, Any] = {
        "periods": [period.label for period in question.periods],
        "matrix": counts.matrix,
        "rates": _rates(counts.matrix),
        "weighted_average": _weighted_average(counts.matrix, incomplete),
        "incomplete": incomplete,
    }
    if question.breakdown is not None:
        table["breakdown"] = [
            {"value": list(value), "matrix": matrix, "rates": _rates(matrix)} for value, matrix in counts.by_value
        ]
    return table


def _make_groups(ask: Asking, question: RetentionQuestion) -> list[tuple[str, ...]]:
    """Makes the table of groups; answers the values that have a row of their own, in order."""
    if question.breakdown is None:
        ask.run(retention_sql.NO_GROUPS)
        return []
    ask.run(retention_sql.FIRSTS)
    parameters = Parameters()
    events = ask.events(parameters)
    ask.run(retention_sql.valued(question, question.breakdown, events, parameters), parameters.values)
    ask.run(retention_sql.RANKED)
    ask.run(retention_sql.GROUPS)
    return [tuple(value) for (value,) in ask.run(retention_sql.VALUES, {"limit": question.breakdown.limit})]


def _zeros(question: RetentionQuestion) -> Matrix:
    count = len(question.periods)
    return [[0] * (count - period) for period in range(count)]


def _or_later(row: list[int]) -> list[int]:
    """From who came back last so many periods later to who did in that one or a later one."""
    return [row[0], *list(accumulate(reversed(row[1:])))[::-1]]


def _rates(matrix: Matrix) -> list[list[float | None]]:
    return [[_rate(cell, row[0]) for cell in row] for row in matrix]


def _weighted_average(matrix: Matrix, incomplete: Sequence[bool]) -> list[float | None]:
    count = len(matrix)
    averages = []
    for later in range(count):
        rows = [row for period, row in enumerate(matrix[: count - later]) if not incomplete[period + later]]
        averages.append(_rate(sum(row[later] for row in rows), sum(row[0] for row in rows)))
    return averages


def _rate(part: int, whole: int) -> float | None:
    return None if whole == 0 else percent(part, whole)
