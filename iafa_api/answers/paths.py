"""The question of paths and its answer."""

from __future__ import annotations

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.paths import count_paths, paths_table
from iafa_api.answers.questions import Figures, Kind
from iafa_api.domain.path_question import PathsQuestion, paths_from_json
from iafa_api.lake.event_source import EventSource


def _paths(engine: DuckdbEngine, source: EventSource, question: PathsQuestion) -> Figures:
    paths = count_paths(engine, source, question)
    return paths_table(paths), paths.events


answer_paths = Kind(
    "paths",
    # no calendar: paths have no periods
    lambda document, *, week_start, **told: paths_from_json(document, **told),
    _paths,
    lambda question: (question.time_range.start_us, question.time_range.end_us),
    is_timeless=True,
).answer
