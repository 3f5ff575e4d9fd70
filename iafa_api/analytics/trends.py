"""Trends: what each series counts in each period and over the whole range, formulas over that, and both by values.

A figure over the range is counted over the range (its distinct users, the median of its numbers) and not put together
from its periods; a formula's total is the formula over the totals. What the steps of the counting are is told in
`trends_sql`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iafa_api.analytics import trends_sql
from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, count_sql
from iafa_api.analytics.sums import add_parts
from iafa_api.domain.amounts import figure_of
from iafa_api.domain.comparison import change_percent
from iafa_api.domain.formulas import LETTERS, Formula, Number, compute
from iafa_api.domain.funnel import OTHER
from iafa_api.domain.trends import Measure, TrendsQuestion
from iafa_api.domain.value_breakdown import ValueBreakdown
from iafa_api.lake.event_source import EventSource

Figure = Number | None
Figures = Mapping[tuple[int | None, int | None], Figure]  # by line and period; None: over all of them


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of each period, and of the whole range."""

    data: tuple[Figure, ...]
    total: Figure


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A line of one value; of the series at a place, or of the first formula (None)."""

    series: int | None
    value: tuple[str, ...]
    line: Line


@dataclass(frozen=True, slots=True)
class Trends:
    """A line per series, one per formula, those by value in order, and how many events were looked at."""

    series: tuple[Line, ...]
    formulas: tuple[Line, ...]
    by_value: tuple[ValueLine, ...]
    events: int


def count_trends(engine: DuckdbEngine, source: EventSource, question: TrendsQuestion) -> Trends:
    engine.require_patterns([question.filter, *(series.events.filter for series in question.series)])
    count = len(question.periods)
    if not count:
        nothing = tuple(Line((), series.measure.of_nothing) for series in question.series)
        return Trends(nothing, tuple(_over(nothing, formula) for formula in question.formulas), (), 0)
    with engine.asking(source) as ask:
        series = []
        for place, one in enumerate(question.series):
            parameters = Parameters()
            ask.run(trends_sql.atoms(place, question, ask.events(parameters), parameters), parameters.values)
            found = _fold(one.measure, ask.run(trends_sql.figures(place, one.measure, by_value=False)))
            series.append(_line(found, None, count, one.measure))
        by_value = () if question.breakdown is None else tuple(_by_value(ask, question, question.breakdown))
        parameters = Parameters()
        events = ask.events(parameters)
        [(looked_at,)] = ask.run(count_sql(events, trends_sql.looked_at(question, parameters)), parameters.values)
    return Trends(tuple(series), tuple(_over(series, formula) for formula in question.formulas), by_value, looked_at)


def trends_table(question: TrendsQuestion, trends: Trends) -> dict[str, Any]:
    """The answer's figures; the moving average is taken of every line as it is shown."""
    table: dict[str, Any] = {
        "periods": [period.label for period in question.periods],
        "series": [_shown(question, line) for line in trends.series],
    }
    if question.formulas:
        lines = zip(question.formulas, trends.formulas, strict=True)
        table["formulas"] = [{"formula": formula.text, **_shown(question, line)} for formula, line in lines]
    if question.breakdown is not None:
        table["breakdown"] = [
            {
                **({} if one.series is None else {"series": one.series}),
                "value": list(one.value),
                **_shown(question, one.line),
            }
            for one in trends.by_value
        ]
    return table


def change_of_trends(question: TrendsQuestion, now: Trends, before: Trends) -> dict[str, float | None]:
    """By how many percent each total has changed: by the series' letter, and by the formula's text."""
    names = [*LETTERS[: len(now.series)], *(formula.text for formula in question.formulas)]
    pairs = zip((*now.series, *now.formulas), (*before.series, *before.formulas), strict=True)
    return {name: change_percent(one.total, other.total) for name, (one, other) in zip(names, pairs, strict=True)}


def _by_value(ask: Asking, question: TrendsQuestion, breakdown: ValueBreakdown) -> Iterable[ValueLine]:
    ask.run(trends_sql.values(len(question.series)))
    totals = []
    for place, series in enumerate(question.series):
        found = _fold(series.measure, ask.run(trends_sql.figures(place, series.measure, by_value=True)))
        totals.append({number: figure for (number, _), figure in found.items() if number is not None})
    if not question.formulas:
        for place in range(len(question.series)):
            ranked = _rank(totals[place])
            for value, lines in _lines(ask, question, breakdown, ranked, [place]):
                yield ValueLine(place, value, lines[place])
        return
    formula = question.formulas[0]
    numbers = set().union(*(totals[place] for place in formula.series))
    ranked = _rank(
        {
            number: compute(
                formula,
                [
                    found.get(number, series.measure.of_nothing)
                    for found, series in zip(totals, question.series, strict=True)
                ],
            )
            for number in numbers
        }
    )
    for value, lines in _lines(ask, question, breakdown, ranked, sorted(formula.series)):
        nothing = Line((None,) * len(question.periods), None)
        yield ValueLine(None, value, _over([lines.get(place, nothing) for place in range(len(totals))], formula))


def _rank(totals: Mapping[int, Figure]) -> list[int]:
    """The values' numbers, the greatest total first and those without one last; numbers have the values' order."""
    return sorted(totals, key=lambda number: (totals[number] is None, -(totals[number] or 0), number))


def _lines(
    ask: Asking, question: TrendsQuestion, breakdown: ValueBreakdown, ranked: Sequence[int], places: Iterable[int]
) -> list[tuple[tuple[str, ...], dict[int, Line]]]:
    """By value, in the order of their rank, and all past the limit in one: the lines of the series at `places`."""
    kept = list(ranked[: breakdown.limit])
    texts = {number: tuple(value) for number, value in ask.run(trends_sql.SHOWN, {"kept": kept})} if kept else {}
    named = [texts[number] for number in kept]
    if len(ranked) > len(kept):
        named.append((OTHER,) * len(breakdown.properties))
    found: dict[int, Figures] = {}
    for place in places if kept else ():
        measure = question.series[place].measure
        rows = ask.run(trends_sql.lines(place, measure), {"kept": kept, "rest": len(kept)})
        found[place] = _fold(measure, rows)
    count = len(question.periods)
    return [
        (
            value,
            {place: _line(figures, line, count, question.series[place].measure) for place, figures in found.items()},
        )
        for line, value in enumerate(named)
    ]


def _line(figures: Figures, line: int | None, count: int, measure: Measure) -> Line:
    def figure(period: int | None) -> Figure:
        return figures.get((line, period), measure.of_nothing)

    return Line(tuple(map(figure, range(count))), figure(None))


def _over(lines: Sequence[Line], formula: Formula) -> Line:
    data = zip(*(line.data for line in lines), strict=True)
    return Line(
        tuple(compute(formula, figures) for figures in data),
        compute(formula, [line.total for line in lines]),
    )


def _fold(measure: Measure, rows: Iterable[tuple[Any, ...]]) -> Figures:
    """The engine's rows as figures; those of a sum come in parts, which are added up without rounding."""
    if measure.kind not in ("sum", "average"):
        return {(line, period): _number(figure, measure) for line, period, figure in rows}
    return {key: figure_of(amount, measure) for key, amount in add_parts(rows).items()}


def _number(figure: Any, measure: Measure) -> Figure:
    return measure.of_nothing if figure is None else int(figure) if measure.of_nothing == 0 else float(figure)


def _shown(question: TrendsQuestion, line: Line) -> dict[str, Any]:
    return {"data": _averaged(line.data, question.moving_average), "total": line.total}


def _averaged(data: Sequence[Figure], length: int | None) -> list[Figure]:
    """Of each period the mean with the ones before it, of those there are; what has no figure counts nowhere."""
    if length is None:
        return list(data)
    mean: Callable[[list[Number]], Figure] = lambda there: math.fsum(there) / len(there) if there else None  # noqa: E731
    windows = (data[max(0, end - length) : end] for end in range(1, len(data) + 1))
    return [mean([figure for figure in window if figure is not None]) for window in windows]
