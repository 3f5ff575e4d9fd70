"""POST /analytics/sessions and /analytics/sessions/list: how people's visits go, and one person's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_smorest import Page

from iafa_api.answers.sessions import answer_sessions, list_person_sessions
from iafa_api.domain.path_items import EVENT_TYPE, GROUPS_MAX
from iafa_api.domain.periods import INTERVALS
from iafa_api.domain.session_question import CUTS
from iafa_api.rest.asker import MAY_ASK
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import (
    AS_CSV,
    COMPARE,
    AnswerSchema,
    QuestionSchema,
    question_of,
    shown,
    who_and_project,
)
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("sessions", __name__, url_prefix="/analytics", description="Questions about the events")
FIGURES = ("sessions", "persons", "events", "average_seconds", "bounce_rate")


class CutSchema(QuestionSchema):
    by = ma.fields.String(
        allow_none=True,
        metadata={"enum": list(CUTS), "description": "gap (default): cut by pauses; session_id: the client's own."},
    )
    gap_minutes = ma.fields.Integer(
        strict=True, allow_none=True, metadata={"description": "A longer pause cuts. Default: 30."}
    )


class SessionsBodySchema(CutSchema):
    interval = ma.fields.String(allow_none=True, metadata={"enum": list(INTERVALS), "description": "Asks for a trend."})
    compare = ma.fields.Raw(allow_none=True, metadata=COMPARE)


class SessionListBodySchema(CutSchema):
    user_id = ma.fields.String(metadata={"description": "Whose sessions; with all that is joined to them."})
    anonymous_id = ma.fields.String(metadata={"description": "A visitor without a user, in place of user_id."})
    item = ma.fields.String(
        metadata={"description": f"{EVENT_TYPE} (default), url (its path), a column, properties.NAME or user.NAME."}
    )
    path_groups = ma.fields.List(
        ma.fields.String(), allow_none=True, metadata={"maxItems": GROUPS_MAX, "description": "Such as /product/*."}
    )


class SessionsPeriodSchema(StrictSchema):
    period = ma.fields.String(metadata={"description": "Its local start."})
    sessions = ma.fields.Integer()
    persons = ma.fields.Integer()
    events = ma.fields.Integer()


class SessionsFiguresSchema(StrictSchema):
    sessions = ma.fields.Integer(metadata={"description": "Those that start in the range, whole."})
    persons = ma.fields.Integer()
    events = ma.fields.Integer()
    average_seconds = ma.fields.Float(allow_none=True, metadata={"description": "From the first event to the last."})
    bounce_rate = ma.fields.Float(allow_none=True, metadata={"description": "Percent of sessions of one event."})
    periods = ma.fields.List(ma.fields.String(), metadata={"description": "Where interval was asked."})
    trend = ma.fields.List(ma.fields.Nested(SessionsPeriodSchema))


class SessionsAnswerSchema(SessionsFiguresSchema, AnswerSchema):
    previous = ma.fields.Nested(SessionsFiguresSchema, metadata={"description": "Of the range that was compared with."})
    change_percent = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Float(allow_none=True), metadata={"description": "null from nothing."}
    )


class SessionSchema(StrictSchema):
    start = ma.fields.String()
    end = ma.fields.String()
    seconds = ma.fields.Float()
    events = ma.fields.Integer()
    entry_item = ma.fields.String(allow_none=True, metadata={"description": "Of the first event that has one."})
    exit_item = ma.fields.String(allow_none=True, metadata={"description": "Of the last event that has one."})
    session_id = ma.fields.String(allow_none=True, metadata={"description": "Of sessions by session_id."})


@blueprint.route("/sessions", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(SessionsBodySchema)
@blueprint.response(200, SessionsAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def answer(body: dict[str, Any]) -> Any:
    """How many sessions start, of how many persons, how long they are and how many bounce."""
    who, project = who_and_project(body)
    found = answer_sessions(services(), project, metadata_position=who.catalog.position, **question_of(body))
    return shown(found, sessions_rows)


@blueprint.route("/sessions/list", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(SessionListBodySchema)
@blueprint.response(200, SessionSchema(many=True))
@blueprint.paginate(Page)
def list_of_person(body: dict[str, Any]) -> list[dict[str, Any]]:
    """One person's sessions that start in the range, the first one first, page by page."""
    who, project = who_and_project(body)
    who.note_personal_read(project.id, "a person's sessions")
    return list_person_sessions(services(), project, **question_of(body))


def sessions_rows(found: Mapping[str, Any]) -> Rows:
    """A row per period, where an interval was asked for, and one for the whole range."""
    yield ["range", "period", *FIGURES]
    for name, figures in (("current", found), ("previous", found.get("previous"))):
        if figures is not None:
            rows = [*figures.get("trend", []), {"period": "total", **figures}]
            yield from ([name, row["period"], *(row.get(figure) for figure in FIGURES)] for row in rows)
