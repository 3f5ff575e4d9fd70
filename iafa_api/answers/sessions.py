"""The questions about sessions and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api import clock
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.sessions import (
    PersonSession,
    change_of_sessions,
    count_sessions,
    list_sessions,
    sessions_table,
)
from iafa_api.answers.cohorts import find_cohorts
from iafa_api.answers.questions import Figures, Kind, ask_source, part_view
from iafa_api.domain.project import Project
from iafa_api.domain.session_question import SessionsQuestion, person_sessions_from_json, sessions_from_json
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services


def _sessions(engine: DuckdbEngine, source: EventSource, question: SessionsQuestion) -> Figures:
    counted = count_sessions(engine, source, question)
    table = sessions_table(question, counted)
    if question.previous is not None:
        before = sessions_table(question.previous, count_sessions(engine, source, question.previous))
        table |= {"previous": before, "change_percent": change_of_sessions(table, before)}
    return table, counted.events


# What was cut off before the range, and what goes on after it, belongs to its sessions.
answer_sessions = Kind("sessions", sessions_from_json, _sessions, lambda question: (None, None)).answer


def list_person_sessions(
    services: Services,
    project: Project,
    document: Mapping[str, Any],
    *,
    timezone: str | None = None,
) -> list[dict[str, Any]]:
    """One person's sessions that start in the range, in the order of their start."""
    now_us = services.now_us()
    timezone = timezone or project.timezone
    document, view = part_view(document, timezone)
    question = person_sessions_from_json(document, timezone=timezone, week_start=project.week_start, now_us=now_us)
    asked = {**question.sessions.asked, "timezone": timezone}
    found = ask_source(
        services,
        project.id,
        lambda source: list_sessions(services.engine, source, question),
        start_us=None,
        end_us=None,
        view=view,
        cohorts=find_cohorts(services, project, asked, now_us=now_us),
    )
    return [shown_session(session) for session in found]


def shown_session(session: PersonSession) -> dict[str, Any]:
    """A session as the API shows it."""
    return {
        "start": clock.format_time(session.start_us),
        "end": clock.format_time(session.end_us),
        "seconds": (session.end_us - session.start_us) / clock.MICROSECONDS,
        "events": session.events,
        "entry_item": session.entry_item,
        "exit_item": session.exit_item,
        "session_id": session.session_id,
    }
