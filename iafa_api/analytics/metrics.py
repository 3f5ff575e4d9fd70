"""Metrics from events: their figures by period, events by minute for the roll-ups, and which events those have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iafa_api.analytics import metric_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.metric_sql import Held
from iafa_api.analytics.trends import Figure, count_trends
from iafa_api.domain.funnel import OTHER
from iafa_api.domain.metrics import DIMENSION_LIMIT, MetricQuestion
from iafa_api.domain.periods import Period
from iafa_api.domain.rollups import EVERY, Counts, LocalDay
from iafa_api.domain.trends import Series, TrendsQuestion
from iafa_api.domain.value_breakdown import ValueBreakdown
from iafa_api.lake.event_source import EventSource

Cells = Mapping[str, Mapping[int, int]]  # by value and period


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A figure of each period, and of the range. `value` of those past the limit is OTHER."""

    value: str
    data: tuple[Figure, ...]
    total: Figure


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


def count_local_day(engine: DuckdbEngine, source: EventSource, period: Period) -> LocalDay:
    """The distinct persons and sessions of a period."""
    with engine.asking(source) as ask:
        parameters = Parameters()
        start, end = parameters.name(period.start_us), parameters.name(period.end_us)
        rows = ask.run(metric_sql.distinct(start, end, ask.events(parameters)), parameters.values)
    users = {event_type or EVERY: count for event_type, count, _ in rows if count}
    sessions = {event_type or EVERY: count for event_type, _, count in rows if count}
    return LocalDay(period.start_us, period.end_us, users, sessions)


def count_metric(
    engine: DuckdbEngine, source: EventSource, question: MetricQuestion, held: Held, rolled: Cells
) -> tuple[list[MetricLine], int]:
    """A line of each value of the dimension, the greatest first, and one of those past the limit; without a dimension
    one of all. And of how many events they are made.

    `rolled` are events that roll-ups have, and only such may be `held`.
    """
    kind = question.metric.kind
    if not question.periods:
        return [MetricLine(EVERY, (), question.metric.measure.of_nothing)], 0
    if kind not in metric_sql.FIGURES:
        return _measure(engine, source, question)
    engine.require_patterns([question.metric.events.filter])
    with engine.asking(source) as ask:
        parameters = Parameters()
        ask.run(metric_sql.atoms(question, ask.events(parameters), held, parameters), parameters.values)
        totals: dict[str, int] = dict(ask.run(metric_sql.totals(kind)))
        [(events,)] = ask.run(metric_sql.COUNT)
        for value, cells in rolled.items():
            totals[value] = totals.get(value, 0) + sum(cells.values())
        ranked = sorted(totals, key=lambda value: (-totals[value], value))
        kept = [EVERY] if question.dimension is None else ranked[:DIMENSION_LIMIT]
        figures: dict[tuple[int, int | None], int] = {}
        for line, period, figure in ask.run(metric_sql.lines(kind), {"kept": kept, "rest": len(kept)}):
            figures[line, period] = figure
        ask.run("DROP TABLE atoms")
    places = {value: line for line, value in enumerate(kept)}
    for value, cells in rolled.items():
        line = places.get(value, len(kept))
        for period, count in cells.items():
            events += count
            for key in ((line, period), (line, None)):
                figures[key] = figures.get(key, 0) + count
    shown = kept if len(ranked) <= len(kept) else [*kept, OTHER]
    lines = [
        MetricLine(
            value,
            tuple(figures.get((line, period), 0) for period in range(len(question.periods))),
            figures.get((line, None), 0),
        )
        for line, value in enumerate(shown)
    ]
    return lines, events


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
