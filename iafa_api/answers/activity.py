"""The questions about people who come back, and their answers: retention, lifecycle, stickiness.

Each answer is what the API shows. InvalidInput names what is wrong with a question; QueryTimeout and Unavailable say to
try again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api.analytics.lifecycle import count_lifecycle, lifecycle_table
from iafa_api.analytics.retention import count_retention, retention_table
from iafa_api.analytics.stickiness import count_stickiness, stickiness_table
from iafa_api.answers.questions import answer_question
from iafa_api.domain.lifecycle import lifecycle_from_json
from iafa_api.domain.project import Project
from iafa_api.domain.retention import retention_from_json
from iafa_api.domain.stickiness import stickiness_from_json
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services

Figures = tuple[dict[str, Any], int]


def answer_retention(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    timezone: str | None = None,
    with_archive: bool = False,
) -> dict[str, Any]:
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = retention_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)

    def figures(source: EventSource) -> Figures:
        counts = count_retention(services.engine, source, question)
        return retention_table(question, counts), counts.events

    return answer_question(
        services,
        project,
        _asked("retention", question.asked, timezone, project, with_archive),
        figures,
        start_us=question.looks_from_us,
        end_us=question.periods[-1].end_us,
        metadata_position=metadata_position,
        now_us=now_us,
        with_archive=with_archive,
    )


def answer_lifecycle(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    timezone: str | None = None,
    with_archive: bool = False,
) -> dict[str, Any]:
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = lifecycle_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
    asked_range = question.time_range

    def figures(source: EventSource) -> Figures:
        counts = count_lifecycle(services.engine, source, question)
        return lifecycle_table(question, counts), counts.events

    return {
        "date_range": {"start": asked_range.start, "end": asked_range.end},
        **answer_question(
            services,
            project,
            _asked("lifecycle", question.asked, timezone, project, with_archive),
            figures,
            start_us=None,
            end_us=question.periods[-1].end_us if question.periods else asked_range.end_us,
            metadata_position=metadata_position,
            now_us=now_us,
            with_archive=with_archive,
        ),
    }


def answer_stickiness(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    timezone: str | None = None,
    with_archive: bool = False,
) -> dict[str, Any]:
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = stickiness_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
    asked_range = question.time_range

    def figures(source: EventSource) -> Figures:
        counts = count_stickiness(services.engine, source, question)
        return stickiness_table(question, counts), counts.events

    return {
        "date_range": {"start": asked_range.start, "end": asked_range.end},
        **answer_question(
            services,
            project,
            _asked("stickiness", question.asked, timezone, project, with_archive),
            figures,
            start_us=asked_range.start_us,
            end_us=asked_range.end_us,
            metadata_position=metadata_position,
            now_us=now_us,
            with_archive=with_archive,
        ),
    }


def _asked(kind: str, asked: Mapping[str, Any], timezone: str, project: Project, with_archive: bool) -> dict[str, Any]:
    """The question in full, so that it can be asked again whatever becomes of the project's settings."""
    calendar = {"timezone": timezone, "week_start": project.week_start}
    return {"kind": kind, **asked, **calendar, "include_archive": with_archive}
