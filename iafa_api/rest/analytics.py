"""/analytics: the questions. Asked by a user of the organisation or with the project's read key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from iafa_api.answers.funnels import answer_funnel
from iafa_api.domain.faults import MISSING, refuse
from iafa_api.domain.funnel_json import parse_window
from iafa_api.errors import NotFound
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.funnels import DEFINITION_FIELDS, DefinitionSchema, funnel_at

blueprint = StrictBlueprint("analytics", __name__, url_prefix="/analytics", description="Questions about the events")


class RangeSchema(StrictSchema):
    start_date = ma.fields.String(metadata={"description": "A local day or time, inclusive. Default: 30 days."})
    end_date = ma.fields.String(metadata={"description": "A local day or time, inclusive. Default: today."})
    timezone = ma.fields.String(metadata={"description": "Default: the project's."})
    include_archive = ma.fields.Boolean(metadata={"description": "Expired events that are archived count as well."})


class FunnelQuerySchema(RangeSchema):
    order = ma.fields.String(metadata={"description": "In place of the funnel's own."})
    conversion_window = ma.fields.String(metadata={"description": "Such as 7d (s, m, h, d, w), in place of its own."})
    filter = ma.fields.String(metadata={"description": "A filter as URL-encoded JSON."})
    version = ma.fields.Integer(validate=ma.validate.Range(1), metadata={"description": "The funnel as it was then."})
    as_of = ma.fields.String(metadata={"description": "The funnel as it was at a time (with an offset) or day (UTC)."})
    api_key = ma.fields.String(metadata={"description": "A read key, where a header cannot be set."})


class FunnelBodySchema(DefinitionSchema, RangeSchema):
    project_id = ma.fields.String(metadata={"description": "Not needed with a read key."})
    filter = ma.fields.Raw(allow_none=True, metadata={"description": "Drops events before anything looks at them."})


class StageAnswerSchema(StrictSchema):
    stage_name = ma.fields.String()
    order = ma.fields.Integer()
    users = ma.fields.Integer()
    conversion_rate = ma.fields.Float(metadata={"description": "Percent of the first stage."})
    step_conversion_rate = ma.fields.Float(metadata={"description": "Percent of the previous stage."})
    drop_off_rate = ma.fields.Float(metadata={"description": "Percent of the previous stage."})
    average_seconds_from_previous = ma.fields.Float(allow_none=True)
    median_seconds_from_previous = ma.fields.Float(allow_none=True)
    pending = ma.fields.Integer(
        allow_none=True, metadata={"description": "Persons one stage before this one whose window is still open."}
    )


class DateRangeSchema(StrictSchema):
    start = ma.fields.String()
    end = ma.fields.String()


class ReceiptSchema(StrictSchema):
    question = ma.fields.Dict()
    answered_at = ma.fields.String()
    metadata_position = ma.fields.Integer()
    manifest_version = ma.fields.Integer()
    segments = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    events = ma.fields.Integer()
    files = ma.fields.Integer()
    program_version = ma.fields.String()
    signature = ma.fields.String()


class FunnelAnswerSchema(StrictSchema):
    funnel_id = ma.fields.String(allow_none=True, metadata={"description": "null where the funnel is not saved."})
    name = ma.fields.String(allow_none=True)
    funnel_version = ma.fields.Integer(allow_none=True)
    date_range = ma.fields.Nested(DateRangeSchema)
    stages = ma.fields.List(ma.fields.Nested(StageAnswerSchema))
    overall_conversion_rate = ma.fields.Float()
    receipt = ma.fields.Nested(ReceiptSchema)


@blueprint.route("/funnel/<funnel_id>", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(FunnelQuerySchema, location="query")
@blueprint.response(200, FunnelAnswerSchema)
def answer_saved_funnel(query: dict[str, Any], funnel_id: str) -> dict[str, Any]:
    """The figures of a saved funnel."""
    who = asker()
    funnel = funnel_at(query, who.organization_id, who.catalog, funnel_id)
    if who.only_project not in (None, funnel.project_id):
        raise NotFound(f"There is no funnel with the id {funnel_id[:64]!r}.")
    document = dict(funnel.definition)
    if "order" in query:
        document["order"] = query["order"]
    if "conversion_window" in query:
        window = parse_window(query["conversion_window"])
        document["conversion_window"] = {"value": window.value, "unit": window.unit}
    return answer_funnel(
        services(),
        who.get_project(funnel.project_id),
        document,
        metadata_position=who.catalog.position,
        funnel=funnel,
        filter=_json_parameter(query.get("filter")),
        **_range(query),
    )


@blueprint.route("/funnel", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(FunnelBodySchema)
@blueprint.response(200, FunnelAnswerSchema)
def answer_unsaved_funnel(body: dict[str, Any]) -> dict[str, Any]:
    """The figures of a funnel of 1 to 20 stages that is not saved."""
    who = asker()
    project_id = body.get("project_id", who.only_project)
    if project_id is None:
        raise refuse(("project_id",), MISSING)
    document = {name: body[name] for name in DEFINITION_FIELDS if name in body}
    return answer_funnel(
        services(),
        who.get_project(project_id),
        document,
        metadata_position=who.catalog.position,
        filter=body.get("filter"),
        **_range(body),
    )


def _range(asked: Mapping[str, Any]) -> dict[str, Any]:
    asked_range = {name: asked.get(name) for name in ("start_date", "end_date", "timezone")}
    return {**asked_range, "include_archive": asked.get("include_archive", False)}


def _json_parameter(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise refuse(("filter",), "Must be JSON, URL-encoded.") from None
