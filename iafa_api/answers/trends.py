"""The question of trends and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api.analytics.trends import change_of_trends, count_trends, trends_table
from iafa_api.answers.questions import answer_question
from iafa_api.domain.project import Project
from iafa_api.domain.trends import trends_from_json
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services


def answer_trends(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    timezone: str | None = None,
    with_archive: bool = False,
) -> dict[str, Any]:
    """The answer of the API to a question as `domain.trends` reads it. InvalidInput names what is wrong with it;
    QueryTimeout and Unavailable say to try again."""
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = trends_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
    previous = question.previous

    def figures(source: EventSource) -> tuple[dict[str, Any], int]:
        trends = count_trends(services.engine, source, question)
        table = trends_table(question, trends)
        if previous is not None:
            before = count_trends(services.engine, source, previous)
            table["previous"] = trends_table(previous, before)
            table["change_percent"] = change_of_trends(question, trends, before)
        return table, trends.events

    ranges = [question.time_range, *([] if previous is None else [previous.time_range])]
    return {
        "date_range": {"start": question.time_range.start, "end": question.time_range.end},
        **answer_question(
            services,
            project,
            {"kind": "trends", **question.asked, "timezone": timezone, "include_archive": with_archive},
            figures,
            start_us=None if question.looks_back else min(one.start_us for one in ranges),
            end_us=max(one.end_us for one in ranges),
            metadata_position=metadata_position,
            now_us=now_us,
            with_archive=with_archive,
            is_timeless=True,
        ),
    }
