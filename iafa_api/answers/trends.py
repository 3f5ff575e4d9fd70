"""The question of trends and its answer."""

from __future__ import annotations

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.trends import change_of_trends, count_trends, trends_table
from iafa_api.answers.questions import Figures, Kind
from iafa_api.domain.trends import TrendsQuestion, trends_from_json
from iafa_api.lake.event_source import EventSource


def _trends(engine: DuckdbEngine, source: EventSource, question: TrendsQuestion) -> Figures:
    trends = count_trends(engine, source, question)
    table = trends_table(question, trends)
    if question.previous is not None:
        before = count_trends(engine, source, question.previous)
        table["previous"] = trends_table(question.previous, before)
        table["change_percent"] = change_of_trends(question, trends, before)
    return table, trends.events


def _looks_at(question: TrendsQuestion) -> tuple[int | None, int]:
    ranges = [question.time_range, *([] if question.previous is None else [question.previous.time_range])]
    start_us = None if question.looks_back else min(one.start_us for one in ranges)
    return start_us, max(one.end_us for one in ranges)


answer_trends = Kind("trends", trends_from_json, _trends, _looks_at, is_timeless=True).answer
