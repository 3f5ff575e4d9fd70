"""The questions about people who come back, and their answers: retention, lifecycle, stickiness."""

from __future__ import annotations

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.lifecycle import count_lifecycle, lifecycle_table
from iafa_api.analytics.retention import count_retention, retention_table
from iafa_api.analytics.stickiness import count_stickiness, stickiness_table
from iafa_api.answers.questions import Figures, Kind
from iafa_api.domain.lifecycle import LifecycleQuestion, lifecycle_from_json
from iafa_api.domain.retention import RetentionQuestion, retention_from_json
from iafa_api.domain.stickiness import StickinessQuestion, stickiness_from_json
from iafa_api.lake.event_source import EventSource


def _retention(engine: DuckdbEngine, source: EventSource, question: RetentionQuestion) -> Figures:
    counts = count_retention(engine, source, question)
    return retention_table(question, counts), counts.events


def _lifecycle(engine: DuckdbEngine, source: EventSource, question: LifecycleQuestion) -> Figures:
    counts = count_lifecycle(engine, source, question)
    return lifecycle_table(question, counts), counts.events


def _lifecycle_looks_at(question: LifecycleQuestion) -> tuple[None, int]:
    """All history, to the end of the last period, which is shown whole."""
    return None, question.periods[-1].end_us if question.periods else question.time_range.end_us


def _stickiness(engine: DuckdbEngine, source: EventSource, question: StickinessQuestion) -> Figures:
    counts = count_stickiness(engine, source, question)
    return stickiness_table(question, counts), counts.events


answer_retention = Kind(
    "retention",
    retention_from_json,
    _retention,
    lambda question: (question.looks_from_us, question.periods[-1].end_us),
    has_range=False,
).answer
answer_lifecycle = Kind("lifecycle", lifecycle_from_json, _lifecycle, _lifecycle_looks_at).answer
answer_stickiness = Kind(
    "stickiness",
    stickiness_from_json,
    _stickiness,
    lambda question: (question.time_range.start_us, question.time_range.end_us),
).answer
