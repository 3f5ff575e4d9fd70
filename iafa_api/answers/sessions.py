"""The questions about sessions and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api import clock
from iafa_api.analytics.sessions import (
    PersonSession,
    change_of_sessions,
    count_sessions,
    list_sessions,
    sessions_table,
)
from iafa_api.answers.cohorts import find_cohorts
from iafa_api.answers.questions import answer_question, ask_source
from iafa_api.domain.project import Project
from iafa_api.domain.session_question import person_sessions_from_json, sessions_from_json
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services


def answer_sessions(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    metadata_position: int,
    timezone: str | None = None,
    with_archive: bool = False,
) -> dict[str, Any]:
    """The answer of the API to a question as `domain.session_question` reads it. InvalidInput names what is wrong with
    it; QueryTimeout and Unavailable say to try again."""
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = sessions_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
    previous = question.previous

    def figures(source: EventSource) -> tuple[dict[str, Any], int]:
        counted = count_sessions(services.engine, source, question)
        table = sessions_table(question, counted)
        if previous is not None:
            before = sessions_table(previous, count_sessions(services.engine, source, previous))
            table |= {"previous": before, "change_percent": change_of_sessions(table, before)}
        return table, counted.events

    return {
        "date_range": {"start": question.time_range.start, "end": question.time_range.end},
        **answer_question(
            services,
            project,
            {"kind": "sessions", **question.asked, "timezone": timezone, "include_archive": with_archive},
            figures,
            start_us=None,  # what was cut off before the range, and what goes on after it, belongs to its sessions
            end_us=None,
            metadata_position=metadata_position,
            now_us=now_us,
            with_archive=with_archive,
        ),
    }


def list_person_sessions(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    timezone: str | None = None,
    with_archive: bool = False,
) -> list[dict[str, Any]]:
    """One person's sessions that start in the range, in the order of their start."""
    now_us = services.now_us()
    timezone = timezone or project.timezone
    question = person_sessions_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
    asked = {**question.sessions.asked, "timezone": timezone}
    found = ask_source(
        services,
        project.id,
        lambda source: list_sessions(services.engine, source, question),
        start_us=None,
        end_us=None,
        with_archive=with_archive,
        cohorts=find_cohorts(services, project, asked, now_us=now_us),
    )
    return [_shown(session) for session in found]


def _shown(session: PersonSession) -> dict[str, Any]:
    return {
        "start": clock.format_time(session.start_us),
        "end": clock.format_time(session.end_us),
        "seconds": (session.end_us - session.start_us) / clock.MICROSECONDS,
        "events": session.events,
        "entry_item": session.entry_item,
        "exit_item": session.exit_item,
        "session_id": session.session_id,
    }
