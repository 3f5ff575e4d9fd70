"""What a report is: a question of a kind, saved with a name, and asked again about its own range or another.

`READERS` is the table of the kinds: each reads its question as it is read when it is asked, so that what can be saved
can be answered. A further kind is a line in it; a metric is read beside the project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from iafa_api.domain.faults import refuse
from iafa_api.domain.filters import parse_filter
from iafa_api.domain.funnel_json import FUNNEL_KEYS, LEAST_STAGES_ASKED, funnel_from_json, to_json
from iafa_api.domain.funnel_options import read_options
from iafa_api.domain.lifecycle import lifecycle_from_json
from iafa_api.domain.metrics import find_metric, metric_question
from iafa_api.domain.path_question import paths_from_json
from iafa_api.domain.project import Project
from iafa_api.domain.retention import retention_from_json
from iafa_api.domain.session_question import sessions_from_json
from iafa_api.domain.stickiness import stickiness_from_json
from iafa_api.domain.time_range import parse_range
from iafa_api.domain.trends import trends_from_json
from iafa_api.errors import NotFound

Reader = Callable[..., Any]
RANGE: Final = ("start_date", "end_date")
RANGE_OF_METRIC: Final = ("start_time", "end_time")


def read_question(
    kind: str, question: Mapping[str, Any], project: Project, *, now_us: int, metrics: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The question in the form that is stored; `metrics` are those that the project defines.

    InvalidInput names what could not be answered.
    """
    if "project_id" in question:
        raise refuse(("project_id",), "Must be left out: a report asks about its own project.")
    timezone = question.get("timezone") or project.timezone
    if kind == "metric":
        _read_metric(question, metrics, timezone=timezone, now_us=now_us)
    else:
        READERS[kind](question, timezone=timezone, week_start=project.week_start, now_us=now_us)
    if kind != "funnel":
        return dict(question)
    definition, beside = _parts(question)
    return to_json(funnel_from_json(definition, least_stages=LEAST_STAGES_ASKED)) | beside


def question_about(kind: str, question: Mapping[str, Any], start: str | None, end: str | None) -> dict[str, Any]:
    """The question about another range, where one is named; of retention, whose periods are its own, up to its end."""
    if kind == "retention":
        if start is not None:
            raise refuse(("start_date",), "Must be left out: retention goes back by its periods from end_date.")
        return {**question, **({} if end is None else {"last_period_contains": end})}
    named = zip(RANGE_OF_METRIC if kind == "metric" else RANGE, (start, end), strict=True)
    return {**question, **{name: day for name, day in named if day is not None}}


def _read_funnel(question: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int) -> None:
    definition, beside = _parts(question)
    read_options(beside, funnel_from_json(definition, least_stages=LEAST_STAGES_ASKED))
    parse_range(beside.get("start_date"), beside.get("end_date"), timezone=timezone, now_us=now_us)
    parse_filter(beside.get("filter"))


def _read_metric(
    question: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]], *, timezone: str, now_us: int
) -> None:
    try:
        metric = find_metric(question["name"], metrics)
    except NotFound as unknown:
        raise refuse(("name",), unknown.message) from None
    metric_question(
        metric,
        granularity=question.get("granularity"),
        start=question.get("start_time"),
        end=question.get("end_time"),
        dimension=question.get("dimension"),
        timezone=timezone,
        now_us=now_us,
    )


def _read_paths(question: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int) -> None:
    paths_from_json(question, timezone=timezone, now_us=now_us)


def _parts(question: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A funnel's definition, and what is asked about it."""
    definition = {name: value for name, value in question.items() if name in FUNNEL_KEYS}
    return definition, {name: value for name, value in question.items() if name not in FUNNEL_KEYS}


READERS: Final[Mapping[str, Reader]] = {
    "funnel": _read_funnel,
    "retention": retention_from_json,
    "lifecycle": lifecycle_from_json,
    "stickiness": stickiness_from_json,
    "trends": trends_from_json,
    "sessions": sessions_from_json,
    "paths": _read_paths,
}
KINDS: Final = (*READERS, "metric")  # which is read beside the project's own metrics
