"""/identify and /alias: who is whom, told with a write key. Through the same door as events, at the price of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import current_app
from flask_smorest.error_handler import ErrorSchema

from iafa_api import clock
from iafa_api.domain import tracked_event as rules
from iafa_api.ingest.identity_calls import (
    ALIAS,
    IDENTIFY,
    CheckedCall,
    check_alias,
    check_identify,
    store_call,
)
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.event_door import EventDoor, KnownKey
from iafa_api.rest.tracking import Moment, note_arrival, read_tracked_body, say_limit

blueprint = StrictBlueprint("identities", __name__, description="Who is whom among a project's visitors and users")
blueprint.after_request(say_limit)


def _id(description: str, **more: Any) -> ma.fields.String:
    return ma.fields.String(
        validate=ma.validate.Length(0 if more.get("allow_none") else 1, rules.USER_ID_MAX),
        metadata={"description": description},
        **more,
    )


class _CallSchema(StrictSchema):
    id = _id("Of the call: one that comes again with it does not count.", allow_none=True)
    user_id = _id("The user.", required=True)
    timestamp = Moment(allow_none=True, metadata={"description": "From when on it counts. Default: now."})


class IdentifySchema(_CallSchema):
    anonymous_id = _id("Of the visitor whose events are the user's.", allow_none=True)
    traits = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Raw(allow_none=True),
        allow_none=True,
        metadata={"description": "What is known of the user; the last value of each counts, null takes it away."},
    )


class AliasSchema(_CallSchema):
    previous_id = _id("Another user who is the same person: answers call both `user_id`.", required=True)


class RefusedLinkSchema(StrictSchema):
    field = ma.fields.String()
    id = ma.fields.String()
    reason = ma.fields.String()


class TakenSchema(StrictSchema):
    status = ma.fields.Constant("accepted")
    refused = ma.fields.List(
        ma.fields.Nested(RefusedLinkSchema),
        metadata={"description": "Ids that were not joined, such as guest or null; the rest of the call counts."},
    )


def _documented(body: type[StrictSchema]) -> dict[str, Any]:
    errors = {
        "400": "The body is not JSON, or not gzip as it says",
        "401": "The key is unknown, revoked or not a write key",
        "403": "The project does not allow this origin",
        "413": "More than a call may carry",
        "422": "Not valid, or nothing of it could be taken; see errors",
        "429": "The key's limit is overdrawn; see Retry-After",
        "503": "It cannot be stored now; see Retry-After",
    }
    types = ("application/json", "text/plain")
    return {
        "security": [{"apiKey": []}, {"apiKeyInAddress": []}],
        "parameters": [
            {"in": "header", "name": "Content-Encoding", "schema": {"type": "string", "enum": ["gzip", "identity"]}}
        ],
        "requestBody": {"required": True, "content": {name: {"schema": body} for name in types}},
        "responses": {
            "200": {"description": "Durable", "content": {"application/json": {"schema": TakenSchema}}},
            **{
                status: {"description": text, "content": {"application/json": {"schema": ErrorSchema}}}
                for status, text in errors.items()
            },
        },
    }


@blueprint.route("/identify", methods=["POST"])
@blueprint.doc(**_documented(IdentifySchema))
def identify() -> dict[str, Any]:
    """Say who an anonymous visitor is, what is known of a user, or both. The answer means that it is durable.

    The events of a visitor without an owner, past and future, are the user's; of one who is another user's, those from
    `timestamp` on. Ids that stand for nobody (such as `guest`, `null`, `undefined`, `0`) are never joined, and told.
    """
    return _take(IDENTIFY, check_identify)


@blueprint.route("/alias", methods=["POST"])
@blueprint.doc(**_documented(AliasSchema))
def alias() -> dict[str, Any]:
    """Say that two users are one person, with all they did and will do. The answer means that it is durable."""
    return _take(ALIAS, check_alias)


def _take(door_name: str, check: Callable[[bytes, int], CheckedCall]) -> dict[str, Any]:
    def store(known: KnownKey) -> CheckedCall:
        checked = check(read_tracked_body(), clock.now_us())
        if checked.call is not None:
            checked.call.actor = known.actor
            store_call(checked.call, door_name, buffer=services().buffer, project_id=known.project.id)
        return checked

    door: EventDoor = current_app.extensions["iafa_event_door"]
    taken = door.take_call(note_arrival("single"), store)
    return {"status": "accepted", "refused": [asdict(link) for link in taken.refused]}
