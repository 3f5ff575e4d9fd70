"""Segment's HTTP tracking API, for its clients: /v1/track, /v1/batch and the others, with their short forms.

What the clients do with an answer decides it: they send again after 429 and 5xx, and drop after another 4xx. So a batch
that can be read is 200 whatever is in it, and only a single call is told its faults, with 400.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import marshmallow as ma
from flask import current_app, request

from iafa_api import clock
from iafa_api.domain.project import Project
from iafa_api.errors import InvalidInput, Malformed
from iafa_api.ingest.doors import segment as door
from iafa_api.ingest.doors.checking import CheckedMessages
from iafa_api.ingest.doors.messages import Message
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.front_doors import documented, take_messages, told_errors, with_names
from iafa_api.rest.tracking import Moment, RefusedSchema, read_tracked_body, say_limit

KEY_ANYWHERE: Final[list[dict[str, list[str]]]] = [{"writeKeyAsUser": []}, {"apiKey": []}, {"apiKeyInAddress": []}, {}]
BATCHES: Final = ("batch", "import", "b")
CALLS: Final = {kind: kind for kind in door.TYPES} | {kind[0]: kind for kind in door.TYPES}
blueprint = StrictBlueprint("segment", __name__, url_prefix="/v1", description="Segment's HTTP tracking API")
blueprint.after_request(say_limit)


class SegmentMessageSchema(StrictSchema):
    """What else a message has is not looked at (integrations, channel, …)."""

    class Meta:
        unknown = ma.INCLUDE

    messageId = ma.fields.String(metadata={"description": "The event's id: counted once, however often it is sent."})
    userId = ma.fields.String(allow_none=True)
    anonymousId = ma.fields.String(allow_none=True)
    event = ma.fields.String(metadata={"description": "Of track: the event type."})
    name = ma.fields.String(allow_none=True, metadata={"description": "Of page and screen: a property."})
    category = ma.fields.String(allow_none=True)
    groupId = ma.fields.String(metadata={"description": "Of group: the property group_id."})
    previousId = ma.fields.String(metadata={"description": "Of alias."})
    properties = ma.fields.Dict(allow_none=True)
    traits = ma.fields.Dict(allow_none=True)
    context = ma.fields.Dict(allow_none=True)
    timestamp = Moment(allow_none=True)
    originalTimestamp = Moment(allow_none=True)
    sentAt = Moment(allow_none=True, metadata={"description": "The sender's clock, to set times right."})
    writeKey = ma.fields.String(metadata={"description": "Where it is not the user of basic authentication."})


class SegmentTypedSchema(SegmentMessageSchema):
    type = ma.fields.String(required=True, metadata={"enum": list(door.TYPES)})


class SegmentBatchSchema(StrictSchema):
    class Meta:
        unknown = ma.INCLUDE

    batch = ma.fields.List(ma.fields.Nested(SegmentTypedSchema), required=True)
    context = ma.fields.Dict(allow_none=True, metadata={"description": "Of each message that says nothing else."})
    sentAt = Moment(allow_none=True)
    writeKey = ma.fields.String()


class SuccessSchema(StrictSchema):
    success = ma.fields.Constant(True)


class BatchSuccessSchema(SuccessSchema):
    rejected = ma.fields.Integer(metadata={"description": "Where messages were refused: how many."})
    errors = ma.fields.List(ma.fields.Nested(RefusedSchema), metadata={"description": "The first hundred of them."})


class SourceSettingsSchema(StrictSchema):
    integrations = ma.fields.Dict()
    metrics = ma.fields.Dict()


def _take(read: Callable[[bytes], Any], key_of: Callable[[Any], Any], translate: Callable[[Any], list[Message]]) -> Any:
    """Take a body whose key may stand in a header, the address or the body itself: only then is it read before."""
    key = _key_outside()
    body = None
    try:
        if key is None:
            body = read(read_tracked_body())
            named = key_of(body)
            key = named if isinstance(named, str) else ""

        def messages(project: Project) -> list[Message]:
            return translate(read(read_tracked_body()) if body is None else body)

        return take_messages(door.NAME, key, messages)
    except InvalidInput as error:  # of the request as a whole; 400 is what their clients take for that
        raise Malformed(error.message, errors=with_names(error.errors or {}, door.THEIR_NAMES)) from None


def _key_outside() -> str | None:
    given = request.authorization
    if given is not None and given.type == "basic" and given.username:
        return given.username
    return request.headers.get("X-API-Key") or request.args.get("api_key")


def _take_call(kind: str) -> dict[str, Any]:
    checked: CheckedMessages = _take(
        door.read_call, door.key_of_call, lambda message: door.translate_call(message, kind, clock.now_us())
    )
    if checked.failures:
        errors = with_names(checked.failures[0].errors, door.THEIR_NAMES)
        raise Malformed("The message is not valid; see errors.", errors=errors)
    return {"success": True}


def _take_batch() -> dict[str, Any]:
    checked: CheckedMessages = _take(
        door.read_batch, door.key_of_batch, lambda batch: door.translate_batch(batch, clock.now_us())
    )
    if not checked.refused:
        return {"success": True}
    return {
        "success": True,
        "rejected": len(checked.refused),
        "errors": told_errors(checked.refused, door.THEIR_NAMES),
    }


def _add_call(path: str, kind: str) -> None:
    def view() -> dict[str, Any]:
        return _take_call(kind)

    view.__doc__ = f"Take Segment's `{kind}`. The answer means that it is durable; 400 says what is wrong with it."
    body = documented(SegmentMessageSchema, SuccessSchema, 200, KEY_ANYWHERE, status_400="Not valid; see errors")
    blueprint.route(f"/{path}", methods=["POST"], endpoint=path)(blueprint.doc(**body)(view))


def _add_batch(path: str) -> None:
    def view() -> dict[str, Any]:
        return _take_batch()

    view.__doc__ = "Take Segment's messages of any type. A bad one never costs the others, and is told."
    body = documented(SegmentBatchSchema, BatchSuccessSchema, 200, KEY_ANYWHERE, status_400="Not a batch; see errors")
    blueprint.route(f"/{path}", methods=["POST"], endpoint=path)(blueprint.doc(**body)(view))


for _path, _kind in CALLS.items():
    _add_call(_path, _kind)
for _path in BATCHES:
    _add_batch(_path)


@blueprint.route("/projects/<write_key>/settings", methods=["GET"])
@blueprint.response(200, SourceSettingsSchema)
def source_settings(write_key: str) -> dict[str, Any]:
    """Where the browser library (`cdnURL`) is to send what it collects: here. Says nothing about the key."""
    protocol, _, host = (current_app.config["PUBLIC_URL"] or request.host_url).rstrip("/").partition("://")
    return {
        "integrations": {"Segment.io": {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}},
        "metrics": {"sampleRate": 0},  # the library's own figures, which go to Segment's servers
    }
