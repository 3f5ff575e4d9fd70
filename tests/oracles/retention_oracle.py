"""What retention answers, slowly: every unit, every cohort, every later period, by the words of the definition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.retention import RetentionQuestion
from tests.oracles.activity import Event, arrival, is_one_of, lies_in, unit_of, value_of

Traits = Mapping[Any, Mapping[str, str]]


def retention_figures(rows: Sequence[Event], question: RetentionQuestion, traits: Traits) -> dict[str, Any]:
    """The answer's figures; `traits` by person."""
    periods = question.periods
    history = [one for one in rows if matches(question.filter, one)]
    units = {unit_of(one, question.count_by) for one in history} - {None}
    rows_of: dict[Any, list[list[list[Any]]]] = defaultdict(lambda: _cells(len(periods)))
    everybody = _cells(len(periods))
    entering: dict[Any, set[Any]] = defaultdict(set)
    for unit in units:
        own = [one for one in history if unit_of(one, question.count_by) == unit]
        joining = [one for one in own if is_one_of(one, question.cohort_event)]
        returning = [one for one in own if is_one_of(one, question.return_event)]
        cohorts = _cohorts(joining, question)
        if not cohorts:
            continue
        value = _value(joining, question, traits)
        entering[value].add(unit)
        came = [
            sum(1 for one in returning if lies_in(one, period)) >= question.minimum_occurrences for period in periods
        ]
        for cohort in cohorts:
            for later in range(len(periods) - cohort):
                is_in = came[cohort + later] or (question.cumulative and any(came[cohort + later :]))
                if later == 0 or is_in:
                    rows_of[value][cohort][later].append(unit)
                    everybody[cohort][later].append(unit)
    incomplete = [period.end_us > question.now_us for period in periods]
    matrix = _sizes(everybody)
    found = {
        "matrix": matrix,
        "rates": _rates(matrix),
        "weighted_average": [_average(matrix, incomplete, later) for later in range(len(periods))],
        "incomplete": incomplete,
    }
    if question.breakdown is not None:
        ranked = sorted(entering, key=lambda value: (-len(entering[value]), value))
        shown, others = ranked[: question.breakdown.limit], ranked[question.breakdown.limit :]
        matrices = [(list(value), _sizes(rows_of[value])) for value in shown]
        if others:
            joined = _cells(len(periods))
            for value in others:
                for cohort, row in enumerate(rows_of[value]):
                    for later, cell in enumerate(row):
                        joined[cohort][later] += cell
            matrices.append((["$other"], _sizes(joined)))
        found["breakdown"] = [{"value": value, "matrix": one, "rates": _rates(one)} for value, one in matrices]
    return found


def _cohorts(joining: Sequence[Event], question: RetentionQuestion) -> list[int]:
    shown = [number for number, period in enumerate(question.periods) if any(lies_in(one, period) for one in joining)]
    if question.cohort_rule == "recurring":
        return shown
    if question.cohort_rule == "first_in_range":
        return shown[:1]
    first = min((one["created_at"] for one in joining), default=None)
    return [
        n for n, period in enumerate(question.periods) if first is not None and period.start_us <= first < period.end_us
    ]


def _value(joining: Sequence[Event], question: RetentionQuestion, traits: Traits) -> tuple[str, ...]:
    if question.breakdown is None:
        return ()
    shown = [one for one in joining if any(lies_in(one, period) for period in question.periods)]
    first = min(shown, key=arrival)
    values = []
    for name in question.breakdown.properties:
        if name.startswith("user."):
            values.append(traits.get(unit_of(first, None), {}).get(name.removeprefix("user.")))
        else:
            values.append(value_of(first, name))
    return tuple(value or "" for value in values)


def _cells(count: int) -> list[list[list[Any]]]:
    return [[[] for _ in range(count - cohort)] for cohort in range(count)]


def _sizes(cells: list[list[list[Any]]]) -> list[list[int]]:
    return [[len(cell) for cell in row] for row in cells]


def _rates(matrix: list[list[int]]) -> list[list[float | None]]:
    return [[_percent(cell, row[0]) for cell in row] for row in matrix]


def _average(matrix: list[list[int]], incomplete: Sequence[bool], later: int) -> float | None:
    rows = [row for cohort, row in enumerate(matrix) if len(row) > later and not incomplete[cohort + later]]
    return _percent(sum(row[later] for row in rows), sum(row[0] for row in rows))


def _percent(part: int, whole: int) -> float | None:
    """Two digits, halves upwards; null of nothing."""
    if whole == 0:
        return None
    return int(Fraction(10_000 * part, whole) + Fraction(1, 2)) / 100
