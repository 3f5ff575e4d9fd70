"""/analytics: the questions. Asked by a user of the organisation or with the project's read key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_smorest import Page

from iafa_api.answers.funnels import answer_funnel, explain_funnel, list_funnel_users
from iafa_api.domain.faults import refuse
from iafa_api.domain.funnel import ATTRIBUTIONS, COMPLETIONS
from iafa_api.domain.funnel_json import parse_window
from iafa_api.domain.periods import INTERVALS
from iafa_api.domain.project import Project
from iafa_api.errors import NotFound
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.funnels import DEFINITION_FIELDS, DefinitionSchema, funnel_at
from iafa_api.rest.question_body import AS_CSV, AnswerSchema, QuestionSchema, RangeSchema, shown, who_and_project
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("analytics", __name__, url_prefix="/analytics", description="Questions about the events")


class BreakdownSchema(StrictSchema):
    properties = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"minItems": 1, "maxItems": 3, "description": "Columns, properties.NAME or user.NAME."},
    )
    attribution = ma.fields.String(metadata={"enum": list(ATTRIBUTIONS), "description": "Default: first_touch."})
    attribution_stage = ma.fields.Integer(
        strict=True, allow_none=True, metadata={"description": "Of the attribution stage."}
    )
    limit = ma.fields.Integer(
        strict=True, metadata={"description": "Rows; the values past them are one more, $other. Default: 25."}
    )


class SpanSchema(StrictSchema):
    from_stage = ma.fields.Integer(strict=True, metadata={"description": "Default: the first."})
    to_stage = ma.fields.Integer(strict=True, metadata={"description": "Default: the last."})
    bins = ma.fields.Integer(strict=True, metadata={"description": "Of the histogram. Default: 10."})


class OptionsSchema(StrictSchema):
    """What else may be asked. What it must be in full is `domain.funnel_options` to say."""

    count_by = ma.fields.String(
        allow_none=True, metadata={"description": "users (default), sessions or properties.NAME."}
    )
    interval = ma.fields.String(allow_none=True, metadata={"enum": list(INTERVALS), "description": "Asks for a trend."})
    from_stage = ma.fields.Integer(allow_none=True, metadata={"description": "Of the trend. Default: the first."})
    to_stage = ma.fields.Integer(allow_none=True, metadata={"description": "Of the trend. Default: the last."})
    completion = ma.fields.String(
        allow_none=True,
        metadata={"enum": list(COMPLETIONS), "description": "in_window: later stages may follow the range."},
    )


class FunnelQuerySchema(RangeSchema, OptionsSchema):
    order = ma.fields.String(metadata={"description": "In place of the funnel's own."})
    conversion_window = ma.fields.String(metadata={"description": "Such as 7d (s, m, h, d, w), in place of its own."})
    filter = ma.fields.String(metadata={"description": "A filter as URL-encoded JSON."})
    version = ma.fields.Integer(validate=ma.validate.Range(1), metadata={"description": "The funnel as it was then."})
    as_of = ma.fields.String(metadata={"description": "The funnel as it was at a time (with an offset) or day (UTC)."})
    breakdown = ma.fields.String(metadata={"description": "A comma list of properties."})
    compare = ma.fields.String(metadata={"description": "previous_period, previous_year, or days such as -7."})
    api_key = ma.fields.String(metadata={"description": "A read key, where a header cannot be set."})


class FunnelBodySchema(DefinitionSchema, QuestionSchema, OptionsSchema):
    breakdown = ma.fields.Nested(BreakdownSchema, allow_none=True)
    time_to_convert = ma.fields.Nested(SpanSchema, allow_none=True)
    compare = ma.fields.Raw(
        allow_none=True, metadata={"description": 'previous_period, previous_year, or such as {"shift_days": -7}.'}
    )


class UsersBodySchema(FunnelBodySchema):
    stage = ma.fields.Integer(strict=True, required=True)
    which = ma.fields.String(
        load_default="reached",
        validate=ma.validate.OneOf(["reached", "dropped"]),
        metadata={"description": "dropped: were at the required stage before, and not here."},
    )
    breakdown_value = ma.fields.List(
        ma.fields.String(), metadata={"description": "Only those of this row of the breakdown."}
    )


class ExplainBodySchema(FunnelBodySchema):
    user_id = ma.fields.String(required=True, metadata={"description": "As the users behind a stage are named."})


class ExplainedStageSchema(StrictSchema):
    stage_name = ma.fields.String()
    order = ma.fields.Integer()
    at = ma.fields.String(allow_none=True, metadata={"description": "null where the stage is not reached."})
    event_id = ma.fields.String(allow_none=True)


class ExplainedEventSchema(StrictSchema):
    id = ma.fields.String()
    event_type = ma.fields.String()
    at = ma.fields.String()
    meets = ma.fields.List(ma.fields.Integer(), metadata={"description": "The stages that it meets."})
    fills = ma.fields.Integer(allow_none=True, metadata={"description": "The stage that it fills."})
    excluded_by = ma.fields.List(ma.fields.Integer(), metadata={"description": "The exclusions that it is one of."})


class StoppedSchema(StrictSchema):
    stage = ma.fields.Integer()
    reason = ma.fields.String()


class ExplainedSchema(StrictSchema):
    user_id = ma.fields.String()
    counts = ma.fields.Boolean(metadata={"description": "Whether they are in the funnel at all."})
    stages = ma.fields.List(ma.fields.Nested(ExplainedStageSchema))
    stopped = ma.fields.Nested(StoppedSchema, allow_none=True)
    events = ma.fields.List(ma.fields.Nested(ExplainedEventSchema))


class BehindSchema(StrictSchema):
    user_id = ma.fields.String()
    at = ma.fields.String(metadata={"description": "When; of who dropped: when at the stage before."})
    seconds_from_entry = ma.fields.Float()


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


class TrendPeriodSchema(StrictSchema):
    period = ma.fields.String(metadata={"description": "Its local start."})
    entered = ma.fields.Integer()
    converted = ma.fields.Integer()
    conversion_rate = ma.fields.Float()


class BreakdownRowSchema(StrictSchema):
    value = ma.fields.List(ma.fields.String(), metadata={"description": "Of each property; empty where it is missing."})
    stages = ma.fields.List(ma.fields.Nested(StageAnswerSchema))
    overall_conversion_rate = ma.fields.Float()
    trend = ma.fields.List(ma.fields.Nested(TrendPeriodSchema))


class BinSchema(StrictSchema):
    from_seconds = ma.fields.Float()
    to_seconds = ma.fields.Float()
    count = ma.fields.Integer()


class TimeToConvertSchema(StrictSchema):
    persons = ma.fields.Integer()
    average_seconds = ma.fields.Float(allow_none=True)
    median_seconds = ma.fields.Float(allow_none=True)
    p90_seconds = ma.fields.Float(allow_none=True)
    histogram = ma.fields.List(ma.fields.Nested(BinSchema))


class FunnelAnswerSchema(AnswerSchema):
    funnel_id = ma.fields.String(allow_none=True, metadata={"description": "null where the funnel is not saved."})
    name = ma.fields.String(allow_none=True)
    funnel_version = ma.fields.Integer(allow_none=True)
    stages = ma.fields.List(ma.fields.Nested(StageAnswerSchema))
    overall_conversion_rate = ma.fields.Float()
    trend = ma.fields.List(ma.fields.Nested(TrendPeriodSchema), metadata={"description": "Where interval was asked."})
    breakdown = ma.fields.List(ma.fields.Nested(BreakdownRowSchema))
    time_to_convert = ma.fields.Nested(TimeToConvertSchema)
    previous = ma.fields.Dict(metadata={"description": "The same figures of the range that was compared with."})
    change_percent = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Float(allow_none=True), metadata={"description": "null from nothing."}
    )


@blueprint.route("/funnel/<funnel_id>", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(FunnelQuerySchema, location="query")
@blueprint.response(200, FunnelAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def answer_saved_funnel(query: dict[str, Any], funnel_id: str) -> Any:
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
    answer = answer_funnel(
        services(),
        who.get_project(funnel.project_id),
        document,
        metadata_position=who.catalog.position,
        funnel=funnel,
        **_asked(query)
        | {
            "filter": _json_parameter(query.get("filter")),
            "breakdown": _listed(query.get("breakdown")),
            "compare": _days(query.get("compare")),
        },
    )
    return shown(answer, funnel_rows)


@blueprint.route("/funnel", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(FunnelBodySchema)
@blueprint.response(200, FunnelAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def answer_unsaved_funnel(body: dict[str, Any]) -> Any:
    """The figures of a funnel of 1 to 20 stages that is not saved."""
    who, project = who_and_project(body)
    return shown(ask_funnel(project, body, who.catalog.position), funnel_rows)


@blueprint.route("/funnel/users", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(UsersBodySchema)
@blueprint.response(200, BehindSchema(many=True))
@blueprint.paginate(Page)
def list_users_of_stage(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Who stands behind a stage: as many as the chart says, from the same computation. By time, page by page."""
    who, project = who_and_project(body)
    who.note_personal_read(project.id, "users behind a funnel's stage")
    return list_funnel_users(
        services(),
        project,
        _definition(body),
        stage=body["stage"],
        reached=body["which"] == "reached",
        breakdown_value=body.get("breakdown_value"),
        **_asked(body),
    )


@blueprint.route("/funnel/explain", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(ExplainBodySchema)
@blueprint.response(200, ExplainedSchema)
def explain_person(body: dict[str, Any]) -> dict[str, Any]:
    """One person's events in the range, which of them fills which stage, and what stopped them."""
    who, project = who_and_project(body)
    who.note_personal_read(project.id, "a person in a funnel")
    return explain_funnel(services(), project, _definition(body), user_id=body["user_id"], **_asked(body))


def ask_funnel(project: Project, body: Mapping[str, Any], metadata_position: int) -> dict[str, Any]:
    """The answer to a body of this schema."""
    return answer_funnel(services(), project, _definition(body), metadata_position=metadata_position, **_asked(body))


def funnel_rows(answer: Mapping[str, Any]) -> Rows:
    """A row a stage, first of all, then of each value of the breakdown; or a row a period, where a trend was asked."""
    values = len(answer["breakdown"][0]["value"]) if answer.get("breakdown") else 0
    heads = [f"breakdown_{place}" for place in range(1, values + 1)]
    parts = [{**answer, "value": [""] * values}, *answer.get("breakdown", [])]
    kind = "trend" if "trend" in answer else "stages"
    columns = list((TrendPeriodSchema if kind == "trend" else StageAnswerSchema)().fields)
    yield [*heads, *columns]
    for part in parts:
        for row in part[kind]:
            yield [*part["value"], *(row[column] for column in columns)]


def _definition(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in DEFINITION_FIELDS if name in body}


def _asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked about the definition, without what is said elsewhere."""
    names = {*RangeSchema().fields, *OptionsSchema().fields, "filter", "breakdown", "time_to_convert", "compare"}
    return {name: given[name] for name in names if name in given}


def _listed(text: str | None) -> dict[str, Any] | None:
    return None if text is None else {"properties": [name.strip() for name in text.split(",")]}


def _days(text: str | None) -> Any:
    """A comparison as an address has it: a name, or a number of days."""
    return {"shift_days": int(text)} if text and re.fullmatch("[+-]?[0-9]{1,5}", text) else text


def _json_parameter(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise refuse(("filter",), "Must be JSON, URL-encoded.") from None
