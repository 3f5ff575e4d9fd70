"""POST /v1/events and GET /v1/metrics/{name}: an event in camelCase, and a metric's figures for a read key."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from iafa_api.answers.metrics import answer_metric
from iafa_api.domain import tracked_event as rules
from iafa_api.domain.metrics import GRANULARITIES
from iafa_api.errors import InvalidInput
from iafa_api.ingest.doors import v1_events as door
from iafa_api.rest.asker import MAY_ASK
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.front_doors import documented, take_messages, with_names
from iafa_api.rest.metric_points import MetricAnswerSchema, metric_rows
from iafa_api.rest.question_body import AS_CSV, shown, who_and_project
from iafa_api.rest.tracking import Moment, read_tracked_body, say_limit

THEIR_NAMES = {ours: theirs for theirs, ours in door.FIELDS.items()}
PARAMETERS = {"start_time": "startTime", "end_time": "endTime", "project_id": "projectId"}
blueprint = StrictBlueprint("v1_events", __name__, url_prefix="/v1", description="An event in camelCase, and metrics")
blueprint.after_request(say_limit)


class V1EventSchema(StrictSchema):
    eventId = ma.fields.String(allow_none=True, metadata={"description": "Counted once. Default: a UUID."})
    eventType = ma.fields.String(required=True, validate=ma.validate.Length(1, rules.EVENT_TYPE_MAX))
    userId = ma.fields.String(allow_none=True, metadata={"description": "This or anonymousId is required."})
    anonymousId = ma.fields.String(allow_none=True)
    sessionId = ma.fields.String(allow_none=True)
    timestamp = Moment(allow_none=True, metadata={"description": "With an offset. Default: now."})
    sentAt = Moment(allow_none=True, metadata={"description": "The sender's clock, to set times right."})
    properties = ma.fields.Dict(keys=ma.fields.String(), allow_none=True)
    context = ma.fields.Dict(
        keys=ma.fields.String(), allow_none=True, metadata={"description": "page, ip, userAgent, …: see /collect."}
    )
    url = ma.fields.String(allow_none=True)
    referrer = ma.fields.String(allow_none=True)
    userAgent = ma.fields.String(allow_none=True)
    ipAddress = ma.fields.String(allow_none=True, metadata={"description": "Only a keyed hash of it is kept."})


class V1AcceptedSchema(StrictSchema):
    status = ma.fields.Constant("accepted")
    eventId = ma.fields.String()


class V1MetricQuerySchema(StrictSchema):
    start_time = ma.fields.String(data_key="startTime", metadata={"description": "A local day or time, inclusive."})
    end_time = ma.fields.String(data_key="endTime", metadata={"description": "Inclusive. Default: today."})
    granularity = ma.fields.String(metadata={"enum": list(GRANULARITIES), "description": "Default: day."})
    dimension = ma.fields.String(metadata={"description": "event_type, another column, or properties.NAME."})
    timezone = ma.fields.String(metadata={"description": "Default: the project's."})
    project_id = ma.fields.String(data_key="projectId", metadata={"description": "Not needed with a read key."})


@blueprint.route("/events", methods=["POST"])
@blueprint.doc(
    **documented(
        V1EventSchema,
        V1AcceptedSchema,
        202,
        [{"apiKey": []}, {"apiKeyInAddress": []}],
        status_422="Not valid; see errors",
    )
)
def post_event() -> tuple[dict[str, Any], int]:
    """Take one event. The answer means that it is durable."""
    checked = take_messages(door.NAME, None, lambda project: door.read(read_tracked_body()))
    if checked.refused:
        errors = with_names(checked.refused[0].errors, THEIR_NAMES)
        raise InvalidInput("The event is not valid; see errors.", errors=errors)
    return {"status": "accepted", "eventId": checked.ids[0]}, 202


@blueprint.route("/metrics/<name>", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(V1MetricQuerySchema, location="query")
@blueprint.response(200, MetricAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def get_metric(query: dict[str, Any], name: str) -> Any:
    """The figures of a metric, as GET /api/v1/metrics/{name} answers them."""
    asked = {key: value for key, value in query.items() if key != "project_id"}
    try:
        who, project = who_and_project(query)
        found = answer_metric(services(), project, name, metadata_position=who.catalog.position, **asked)
    except InvalidInput as error:
        raise InvalidInput(error.message, errors=with_names(error.errors or {}, PARAMETERS)) from None
    return shown(found, metric_rows)
