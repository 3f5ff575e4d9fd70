"""Metrics from events: their figures by period, what roll-ups keep of a day, and which events those have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.analytics import metric_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.metric_sql import Held
from iafa_api.analytics.sums import add_parts
from iafa_api.analytics.trends import Figure, count_trends
from iafa_api.domain.amounts import NOTHING, Amount, add_up, figure_of
from iafa_api.domain.funnel import OTHER
from iafa_api.domain.metrics import DIMENSION_LIMIT, UNITS, MetricQuestion
from iafa_api.domain.periods import Period
from iafa_api.domain.rolled_figures import SUMS, RolledFigure
from iafa_api.domain.rollups import EVERY, VALUES_KEPT, Amounts, Counts, LocalDay, cut_values
from iafa_api.domain.trends import Series, TrendsQuestion
from iafa_api.domain.value_breakdown import ValueBreakdown
from iafa_api.lake.event_source import EventSource


@dataclass(frozen=True, slots=True)
class Rolled:
    """What is told by roll-ups alone: `cells` by value and the place of the period, `rest` of values that cannot be
    told apart any more. The figures of the periods `instead` are those here, whatever events there still are."""

    cells: Mapping[str, Mapping[int, Amount]] = field(default_factory=dict)
    rest: Mapping[int, Amount] = field(default_factory=dict)
    instead: Collection[int] = ()


NOTHING_ROLLED: Final = Rolled()


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A figure of each period, and of the range. `is_rest`: of all values past the limit; `value` is OTHER then."""

    value: str
    data: tuple[Figure, ...]
    total: Figure
    is_rest: bool = False


def list_segments(engine: DuckdbEngine, source: EventSource) -> list[tuple[int, str]]:
    """The UTC days of the source's events and the segments they came by, each pair once."""
    with engine.asking(source) as ask:
        parameters = Parameters()
        return [(day, name) for day, name in ask.run(metric_sql.segments(ask.events(parameters)), parameters.values)]


def count_minutes(engine: DuckdbEngine, source: EventSource, held: Held) -> dict[int, Counts]:
    """By UTC day the events that no roll-up has."""
    found: dict[int, dict[str, dict[int, int]]] = {}
    with engine.asking(source) as ask:
        parameters = Parameters()
        sql = metric_sql.minutes(ask.events(parameters), held, parameters)
        for day, event_type, minute, count in ask.run(sql, parameters.values):
            found.setdefault(day, {}).setdefault(event_type, {})[minute] = count
    return dict(found)


def count_figure(
    engine: DuckdbEngine,
    source: EventSource,
    figure: RolledFigure,
    held: Held,
    known: Collection[str],
    *,
    grain_minutes: int,
    with_new_values: bool,
) -> tuple[dict[str, Amounts], Amounts]:
    """What a day's events that no roll-up has add to a figure: by value and minute, and of all other values by minute.

    The values are those that are `known`, and `with_new_values` as many others as a roll-up keeps.
    """
    with engine.asking(source) as ask:
        parameters = Parameters()
        sql = metric_sql.minute_atoms(figure, ask.events(parameters), held, grain_minutes, parameters)
        ask.run(sql, parameters.values)
        kept = list(known)
        if with_new_values:
            greatest = ask.run(metric_sql.greatest(figure), {"limit": VALUES_KEPT})
            kept += [value for (value,) in greatest if value not in known]
        rows = ask.run(metric_sql.minute_lines(figure), {"kept": kept, "rest": len(kept)})
    cells: dict[str, dict[int, Amount]] = {}
    rest: dict[int, Amount] = {}
    for (line, minute), amount in _amounts(rows, is_sum=figure.number is not None).items():
        (rest if line == len(kept) else cells.setdefault(kept[line], {}))[minute] = amount
    return dict(cells), rest


def count_local_day(
    engine: DuckdbEngine, source: EventSource, period: Period, figures: Sequence[RolledFigure]
) -> LocalDay:
    """The distinct persons and sessions of a period, and those that these figures count."""
    with engine.asking(source) as ask:
        parameters = Parameters()
        start, end = parameters.name(period.start_us), parameters.name(period.end_us)
        rows = ask.run(metric_sql.distinct(start, end, ask.events(parameters)), parameters.values)
        counted, cut = {}, []
        for figure in figures:
            parameters = Parameters()
            start, end = parameters.name(period.start_us), parameters.name(period.end_us)
            sql = metric_sql.distinct_of(figure, start, end, ask.events(parameters), parameters)
            counted[figure.key], is_cut = cut_values(dict(ask.run(sql, parameters.values)))
            cut += [figure.key] if is_cut else []
    users = {event_type or EVERY: count for event_type, count, _ in rows if count}
    sessions = {event_type or EVERY: count for event_type, _, count in rows if count}
    return LocalDay(period.start_us, period.end_us, users, sessions, counted, tuple(cut))


def count_metric(
    engine: DuckdbEngine, source: EventSource, question: MetricQuestion, held: Held, rolled: Rolled
) -> tuple[list[MetricLine], int]:
    """A line of each value of the dimension, the greatest first, and one of those past the limit; without a dimension
    one of all. And of how many events, or numbers, they are made.

    `rolled` are events that roll-ups have, and only such may be `held`.
    """
    measure = question.metric.measure
    if not question.periods:
        return [MetricLine(EVERY, (), measure.of_nothing)], 0
    if measure.kind not in metric_sql.FIGURES:
        return _measure(engine, source, question)
    engine.require_patterns([question.metric.events.filter])
    if source.files or source.tail.num_rows:
        kept, has_more, figures, events = _count(engine, source, question, held, rolled)
    else:  # an engine without events has its price, too
        kept, has_more = _rank(question, {}, rolled)
        figures, events = {}, 0
    places = {value: line for line, value in enumerate(kept)}
    for value, cells in rolled.cells.items():
        _add_line(figures, places.get(value, len(kept)), cells)
    _add_line(figures, len(kept), rolled.rest)
    if measure.kind not in UNITS:  # which are no events
        events += sum(count for cells in (*rolled.cells.values(), rolled.rest) for count, _ in cells.values())
    lines = [
        MetricLine(
            value,
            tuple(figure_of(figures.get((line, period), NOTHING), measure) for period in range(len(question.periods))),
            figure_of(figures.get((line, None), NOTHING), measure),
            is_rest=line == len(kept),
        )
        for line, value in enumerate([*kept, OTHER] if has_more else kept)
    ]
    return lines, events


def _count(
    engine: DuckdbEngine, source: EventSource, question: MetricQuestion, held: Held, rolled: Rolled
) -> tuple[list[str], bool, dict[tuple[int, int | None], Amount], int]:
    """What `_rank` says, the amounts of the events by line and period (None: all), and how many they are."""
    kind = question.metric.kind
    is_sum = kind in SUMS
    with engine.asking(source) as ask:
        parameters = Parameters()
        ask.run(metric_sql.period_atoms(question, ask.events(parameters), held, parameters), parameters.values)
        [(events,)] = ask.run(metric_sql.COUNT)
        if rolled.instead:
            ask.run(metric_sql.LEAVE_OUT, {"periods": list(rolled.instead)})
        found = {} if question.dimension is None else _amounts(ask.run(metric_sql.totals(kind)), is_sum=is_sum)
        kept, has_more = _rank(question, {value: amount for (value, _), amount in found.items()}, rolled)
        rows = ask.run(metric_sql.lines(kind), {"kept": kept, "rest": len(kept)})
        ask.run("DROP TABLE atoms")
    return kept, has_more, _amounts(rows, is_sum=is_sum), events


def _rank(question: MetricQuestion, totals: Mapping[str, Amount], rolled: Rolled) -> tuple[list[str], bool]:
    """The values that have a line of their own, the greatest first, and whether there are others."""
    if question.dimension is None:
        return [EVERY], False
    sums = dict(totals)
    for value, cells in rolled.cells.items():
        sums[value] = add_up((sums.get(value, NOTHING), *cells.values()))
    figures = {value: figure_of(amount, question.metric.measure) for value, amount in sums.items()}
    ranked = sorted(figures, key=lambda value: (figures[value] is None, -(figures[value] or 0), value))
    return ranked[:DIMENSION_LIMIT], len(ranked) > DIMENSION_LIMIT or bool(rolled.rest)


def _add_line(figures: dict[tuple[int, int | None], Amount], line: int, cells: Mapping[int, Amount]) -> None:
    """Add to a line what roll-ups have of it."""
    for period, amount in cells.items():
        for key in ((line, period), (line, None)):
            figures[key] = add_up((figures.get(key, NOTHING), amount))


def _amounts(rows: Iterable[tuple[Any, ...]], *, is_sum: bool) -> dict[tuple[Any, Any], Amount]:
    """By the first two columns what the others count."""
    if is_sum:
        return add_parts(rows)
    return {(one, other): (count, 0) for one, other, count in rows}


def _measure(engine: DuckdbEngine, source: EventSource, question: MetricQuestion) -> tuple[list[MetricLine], int]:
    """The same of a measure that no roll-up has: a trend of one series."""
    metric = question.metric
    breakdown = None if question.dimension is None else ValueBreakdown((question.dimension,), DIMENSION_LIMIT)
    series = (Series(metric.events, metric.measure),)
    trends = count_trends(engine, source, TrendsQuestion(series, question.time_range, question.periods, (), breakdown))
    if breakdown is None:
        [line] = trends.series
        return [MetricLine(EVERY, line.data, line.total)], trends.events
    return [MetricLine(one.value[0], one.line.data, one.line.total) for one in trends.by_value], trends.events
