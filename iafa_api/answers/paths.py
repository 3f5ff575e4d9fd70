"""The question of paths and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api.analytics.paths import count_paths, paths_table
from iafa_api.answers.questions import answer_question
from iafa_api.domain.path_question import paths_from_json
from iafa_api.domain.project import Project
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services


def answer_paths(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    timezone: str | None = None,
    with_archive: bool = False,
) -> dict[str, Any]:
    """The answer of the API to a question as `domain.path_question` reads it. InvalidInput names what is wrong with it;
    QueryTimeout and Unavailable say to try again."""
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = paths_from_json(document, timezone=timezone, now_us=now_us)

    def figures(source: EventSource) -> tuple[dict[str, Any], int]:
        paths = count_paths(services.engine, source, question)
        return paths_table(paths), paths.events

    return {
        "date_range": {"start": question.time_range.start, "end": question.time_range.end},
        **answer_question(
            services,
            project,
            {"kind": "paths", **question.asked, "timezone": timezone, "include_archive": with_archive},
            figures,
            start_us=question.time_range.start_us,
            end_us=question.time_range.end_us,
            metadata_position=metadata_position,
            now_us=now_us,
            with_archive=with_archive,
            is_timeless=True,
        ),
    }
