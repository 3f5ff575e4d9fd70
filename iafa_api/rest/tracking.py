"""/track and /track/batch as Flask views: the documentation, and the way of what `loop_door` does not take itself."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, current_app, g, request
from flask_smorest.error_handler import ErrorSchema

from iafa_api.domain import tracked_event as rules
from iafa_api.ingest.body import Form, parse_timestamp
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema, read_body
from iafa_api.rest.caller import client_ip
from iafa_api.rest.content_encoding import IDENTITY, inflate
from iafa_api.rest.event_door import Arrival, EventDoor
from iafa_api.rest.proxy_places import ProxyPlaces

LIMIT_HEADERS = {
    "RateLimit-Policy": {
        "description": 'Events a minute, as `"key";q=1000;w=60`; not sent where there is no limit.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left, and seconds until all of it is again, as `"key";r=998;t=1`.',
        "schema": {"type": "string"},
    },
}
blueprint = StrictBlueprint("tracking", __name__, description="Visitors' events come in")


def _require_no_control_character(text: str) -> None:
    if rules.has_control_character(text):
        raise ma.ValidationError("Control characters are not allowed.")


def _text(limit: int | None = None, **more: Any) -> ma.fields.String:
    length = None if limit is None else ma.validate.Length(1, limit)
    return ma.fields.String(validate=length, allow_none=True, **more)


class Moment(ma.fields.DateTime):
    """Read by the parser that reads every timestamp."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            return parse_timestamp(value)
        except ValueError:
            raise ma.ValidationError("Not a valid moment: ISO 8601 with an offset is.") from None


class TrackedEventSchema(StrictSchema):
    """One event, for the documentation: the same rules as `domain.tracked_event`, which a test holds it to."""

    id = _text(rules.ID_MAX, metadata={"description": "Counted once, however often it is sent. Default: a UUID."})
    event_type = ma.fields.String(
        required=True,
        validate=[
            ma.validate.Length(1, rules.EVENT_TYPE_MAX),
            _require_no_control_character,
        ],
    )
    user_id = _text(rules.USER_ID_MAX, metadata={"description": "This or anonymous_id is required."})
    anonymous_id = _text(rules.USER_ID_MAX)
    session_id = _text(rules.ID_MAX)
    timestamp = Moment(allow_none=True, metadata={"description": "With an offset. Default: now."})
    properties = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Raw(allow_none=True), allow_none=True)
    url = _text(metadata={"description": "Cut at 500 characters, like referrer and user_agent."})
    referrer = _text()
    user_agent = _text()
    ip_address = _text(metadata={"description": "Only a keyed hash of it is kept."})

    @ma.validates_schema
    def require_a_person(self, data: Any, **_: Any) -> None:
        """Whose event it is."""
        if data.get("user_id") is None and data.get("anonymous_id") is None:
            raise ma.ValidationError("One of user_id and anonymous_id is required.", "user_id")

    @ma.validates("properties")
    def require_shallow(self, value: Any, **_: Any) -> None:
        """Objects in objects, but not without end."""
        if rules.nests_deeper_than(value, rules.NESTING_MAX):
            raise ma.ValidationError(f"Nested deeper than {rules.NESTING_MAX} levels.")


class SingleEventSchema(TrackedEventSchema):
    sent_at = Moment(allow_none=True, metadata={"description": "The sender's clock, to set times right."})


class BatchSchema(StrictSchema):
    """A bare array of events is a batch, too."""

    events = ma.fields.List(ma.fields.Nested(TrackedEventSchema), required=True)
    sent_at = Moment(allow_none=True, metadata={"description": "The sender's clock, to set times right."})
    dropped = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, rules.DROPPED_MAX),
        metadata={"description": "Events this sender had to drop since its last batch that was answered."},
    )


BATCH_OR_ARRAY = {"oneOf": [BatchSchema, {"type": "array", "items": TrackedEventSchema}]}


class RefusedSchema(StrictSchema):
    index = ma.fields.Integer()
    id = ma.fields.String(allow_none=True)
    errors = ma.fields.Dict()


WARNINGS = {
    "description": "Taken, and not what the schema of their type demands: the first hundred. Left out where none is."
}


class AcceptedSchema(StrictSchema):
    status = ma.fields.Constant("accepted")
    id = ma.fields.String()
    warnings = ma.fields.List(ma.fields.Nested(RefusedSchema), metadata=WARNINGS)


class BatchAcceptedSchema(StrictSchema):
    accepted = ma.fields.Integer()
    rejected = ma.fields.Integer()
    errors = ma.fields.List(ma.fields.Nested(RefusedSchema), metadata={"description": "The first hundred."})
    warnings = ma.fields.List(ma.fields.Nested(RefusedSchema), metadata=WARNINGS)


def _documented(body: Any, answer: type[StrictSchema], **more: str) -> dict[str, Any]:
    """What flask-smorest's decorators would say of a view. They cost more, at each request, than the event does."""
    errors = {
        "400": "The body is not JSON, or not gzip as it says",
        "401": "The key is unknown, revoked or not a write key",
        "403": "The project does not allow this origin",
        "408": "The body did not come in time",
        "413": "More than a request or an event may carry",
        "422": "Not valid; see errors",
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
            "200": {
                "description": "Durable",
                "content": {"application/json": {"schema": answer}},
                "headers": LIMIT_HEADERS,
            },
            **{
                status: {
                    "description": text,
                    "content": {"application/json": {"schema": ErrorSchema}},
                    **({"headers": LIMIT_HEADERS} if status == "429" else {}),
                }
                for status, text in (errors | more).items()
            },
        },
    }


@blueprint.route("/track", methods=["POST"])
@blueprint.doc(**_documented(SingleEventSchema, AcceptedSchema))
def track() -> Response:
    """Take one event. The answer means that it is durable."""
    return _take("single")


@blueprint.route("/track/batch", methods=["POST"])
@blueprint.doc(**_documented(BATCH_OR_ARRAY, BatchAcceptedSchema, **{"422": "Every event is bad; see errors"}))
def track_batch() -> Response:
    """Take many events. One bad event never costs the others; the answer means that the rest is durable."""
    return _take("batch")


@blueprint.after_request
def say_limit(response: Response) -> Response:
    """Tell the limit that the door has looked at."""
    arrival: Arrival | None = g.get("arrival")
    if arrival is not None:
        response.headers.extend(arrival.limit_headers)
    return response


def _take(form: Form) -> Response:
    arrival = note_arrival(form)
    door: EventDoor = current_app.extensions["iafa_event_door"]
    return Response(door.take(arrival, read_tracked_body), mimetype="application/json")


def note_arrival(form: Form) -> Arrival:
    """The request as the door sees it; its answer will tell the limit."""
    places: ProxyPlaces | None = current_app.extensions["iafa_proxy_places"]
    arrival = Arrival(
        form=form,
        key=request.headers.get("X-API-Key") or request.args.get("api_key", ""),
        origin=request.headers.get("Origin"),
        ip=client_ip(),
        user_agent=request.headers.get("User-Agent"),
        request_id=g.request_id,
        place=None if places is None else places.read(request.headers.get),
    )
    g.arrival = arrival
    return arrival


def read_tracked_body() -> bytes:
    """The body, inflated where it says so; Malformed or TooLarge."""
    return inflate(read_body(rules.BODY_MAX_BYTES), request.headers.get("Content-Encoding", IDENTITY))
