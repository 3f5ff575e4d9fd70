"""POST /collect: events in RadixInsight's shape."""

from __future__ import annotations

from typing import Any, Final

import marshmallow as ma

from iafa_api.domain import tracked_event as rules
from iafa_api.domain.project import Project
from iafa_api.errors import InvalidInput
from iafa_api.ingest.doors import collect as door
from iafa_api.ingest.doors.messages import Message
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.front_doors import documented, take_messages, told_errors
from iafa_api.rest.tracking import BatchAcceptedSchema, Moment, read_tracked_body, say_limit

THEIR_NAMES: Final = {
    "id": "event_id",
    "event_type": "event_name",
    "user_id": "user.user_id",
    "anonymous_id": "user.anonymous_id",
    "session_id": "user.session_id",
    "url": "context.page.url",
    "referrer": "context.page.referrer",
    "user_agent": "context.user_agent",
    "ip_address": "context.ip",
}
blueprint = StrictBlueprint("collect", __name__, description="Events in RadixInsight's shape")
blueprint.after_request(say_limit)


class _UserSchema(StrictSchema):
    user_id = ma.fields.String(allow_none=True, metadata={"description": "This or anonymous_id is required."})
    anonymous_id = ma.fields.String(allow_none=True)
    session_id = ma.fields.String(allow_none=True)


class _PageSchema(StrictSchema):
    url = ma.fields.String(allow_none=True)
    referrer = ma.fields.String(allow_none=True)
    title = ma.fields.String(allow_none=True, metadata={"description": "Becomes the property title."})


class _ContextSchema(StrictSchema):
    """What is not ip, user_agent, page.url or page.referrer becomes a property: device.type is device_type."""

    class Meta:
        unknown = ma.INCLUDE

    ip = ma.fields.String(allow_none=True, metadata={"description": "Only a keyed hash of it is kept."})
    user_agent = ma.fields.String(allow_none=True)
    locale = ma.fields.String(allow_none=True)
    page = ma.fields.Nested(_PageSchema, allow_none=True)
    app = ma.fields.Dict(allow_none=True)
    device = ma.fields.Dict(allow_none=True)


class CollectedEventSchema(StrictSchema):
    event_id = ma.fields.String(allow_none=True, metadata={"description": "Counted once. Default: a UUID."})
    event_name = ma.fields.String(required=True, validate=ma.validate.Length(1, rules.EVENT_TYPE_MAX))
    project_id = ma.fields.String(
        allow_none=True, metadata={"description": "The id or the name of the key's project; another is rejected."}
    )
    timestamp = Moment(allow_none=True, metadata={"description": "With an offset. Default: now."})
    user = ma.fields.Nested(_UserSchema, required=True)
    context = ma.fields.Nested(_ContextSchema, allow_none=True)
    properties = ma.fields.Dict(keys=ma.fields.String(), allow_none=True)


class CollectedSchema(BatchAcceptedSchema):
    status = ma.fields.Constant("accepted")


@blueprint.route("/collect", methods=["POST"])
@blueprint.doc(
    **documented(
        {"oneOf": [{"type": "array", "items": CollectedEventSchema}, CollectedEventSchema]},
        CollectedSchema,
        202,
        [{"apiKey": []}, {"apiKeyInAddress": []}],
        status_422="Every event is bad; see errors",
    )
)
def collect() -> tuple[dict[str, Any], int]:
    """Take events as RadixInsight sends them. One bad event never costs the others; the answer means durable."""
    checked = take_messages(door.NAME, None, _read)
    if checked.refused and not checked.accepted_count:
        by_index = {str(one["index"]): one["errors"] for one in told_errors(checked.refused, THEIR_NAMES)}
        raise InvalidInput("No event is valid; see errors.", errors=by_index)
    return {
        "status": "accepted",
        "accepted": checked.accepted_count,
        "rejected": len(checked.refused),
        "errors": told_errors(checked.refused, THEIR_NAMES),
    }, 202


def _read(project: Project) -> list[Message]:
    return door.read(read_tracked_body(), (project.id, project.name))
