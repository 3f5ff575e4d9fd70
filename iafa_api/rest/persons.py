"""/projects/{id}/persons: who was seen, and one person with all that is joined: traits, ids, events, sessions."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask_smorest.pagination import PaginationParameters

from iafa_api import clock
from iafa_api.analytics.persons import SeenPerson
from iafa_api.answers.persons import find_person, list_persons
from iafa_api.answers.sessions import shown_session
from iafa_api.domain.session_question import DEFAULT_GAP_MINUTES
from iafa_api.errors import NotFound
from iafa_api.lake.parquet import ANONYMOUS_KEY
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.events import StoredEventSchema, require_depth, shown_event
from iafa_api.rest.sessions import SessionSchema

blueprint = StrictBlueprint("persons", __name__, url_prefix="/projects", description="The persons behind the events")


class PersonSchema(StrictSchema):
    id = ma.fields.String(metadata={"description": "The user's id, else the visitor's."})
    is_anonymous = ma.fields.Boolean()
    traits = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    first_seen = ma.fields.String(allow_none=True, metadata={"description": "null where there is no event yet."})
    last_seen = ma.fields.String(allow_none=True)
    event_count = ma.fields.Integer()


class PersonEventSchema(StoredEventSchema):
    session = ma.fields.Integer(metadata={"description": "The number of its session."})


class PersonSessionSchema(SessionSchema):
    number = ma.fields.Integer(metadata={"description": "Among all of the person's, the first one is 1."})


class WholePersonSchema(PersonSchema):
    user_ids = ma.fields.List(ma.fields.String(), metadata={"description": "The users who are this person."})
    anonymous_ids = ma.fields.List(
        ma.fields.String(), metadata={"description": "The visitors whose events are theirs, all of them or some."}
    )
    event_types = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Integer(), metadata={"description": "How many events of each."}
    )
    events = ma.fields.List(
        ma.fields.Nested(PersonEventSchema), metadata={"description": "By when they happened, newest first; paged."}
    )
    session_count = ma.fields.Integer(
        metadata={"description": f"A pause of more than {DEFAULT_GAP_MINUTES} minutes cuts."}
    )
    sessions = ma.fields.List(
        ma.fields.Nested(PersonSessionSchema),
        metadata={"description": "Those of the events of this page, newest first, each whole; items are event types."},
    )


class PersonQuerySchema(ma.Schema):
    search = ma.fields.String(metadata={"description": "What one of the person's ids begins with."})

    class Meta:
        unknown = ma.EXCLUDE  # page and page_size have a schema of their own


@blueprint.route("/<project_id>/persons", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(PersonQuerySchema, location="query")
@blueprint.response(200, PersonSchema(many=True))
@blueprint.paginate()
def get_persons(
    query: dict[str, Any], pagination_parameters: PaginationParameters, project_id: str
) -> list[dict[str, Any]]:
    """Everybody who did anything, the last seen first."""
    who = asker()
    project = who.get_project(project_id)
    who.note_personal_read(project.id, "persons")
    found, count = list_persons(
        services(),
        project.id,
        query.get("search", ""),
        offset=pagination_parameters.first_item,
        limit=pagination_parameters.page_size,
    )
    pagination_parameters.item_count = count
    return [_shown(seen.key, seen, traits) for seen, traits in found]


@blueprint.route("/<project_id>/persons/<path:person_id>", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.response(200, WholePersonSchema)
@blueprint.paginate()
def get_person(pagination_parameters: PaginationParameters, project_id: str, person_id: str) -> dict[str, Any]:
    """One person, by any of their ids (a user's, else a visitor's), with a page of their events and its sessions.

    Sessions are those of /analytics/sessions/list where nothing else is asked for: cut on the whole history where the
    person pauses for longer than 30 minutes. One that goes on over the edge of a page is listed on both, whole.
    """
    who = asker()
    project = who.get_project(project_id)
    require_depth(pagination_parameters)
    person = find_person(
        services(),
        project.id,
        person_id,
        offset=pagination_parameters.first_item,
        limit=pagination_parameters.page_size,
    )
    if person is None:
        raise NotFound(f"The project has no person with the id {person_id[:64]!r}.")
    who.note_personal_read(project.id, "a person")
    history = person.history
    pagination_parameters.item_count = history.seen.event_count if history else 0
    return {
        **_shown(person.key, history.seen if history else None, person.traits),
        "user_ids": person.users,
        "anonymous_ids": person.visitors,
        "event_types": history.event_types if history else {},
        "events": [{**shown_event(one), "session": history.session_of(one)} for one in history.events]
        if history
        else [],
        "session_count": history.session_count if history else 0,
        "sessions": [
            {"number": one.number, **shown_session(one.session)}
            for one in reversed(history.sessions if history else ())
        ],
    }


def _shown(key: str, seen: SeenPerson | None, traits: Any) -> dict[str, Any]:
    return {
        "id": key[len(ANONYMOUS_KEY) :],
        "is_anonymous": key.startswith(ANONYMOUS_KEY),
        "traits": traits,
        "first_seen": seen and clock.format_time(seen.first_us),
        "last_seen": seen and clock.format_time(seen.last_us),
        "event_count": seen.event_count if seen else 0,
    }
