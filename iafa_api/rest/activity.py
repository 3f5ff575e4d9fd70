"""POST /analytics/retention, /lifecycle and /stickiness: who comes back, who falls silent, and who is often here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from iafa_api.answers.activity import answer_lifecycle, answer_retention, answer_stickiness
from iafa_api.domain.periods import INTERVALS
from iafa_api.domain.retention import COHORT_RULES, PERIODS_MAX
from iafa_api.domain.stickiness import CRITERIA
from iafa_api.rest.asker import MAY_ASK
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import (
    AS_CSV,
    EVENT_TYPE,
    AnswerSchema,
    QuestionSchema,
    ReceiptSchema,
    ValueBreakdownSchema,
    ViewSchema,
    question_of,
    shown,
    who_and_project,
)
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("activity", __name__, url_prefix="/analytics", description="Questions about the events")
INTERVAL = {"enum": list(INTERVALS), "description": "Default: day."}
COUNT_BY = {"description": "users (default), sessions, or properties.NAME."}
PERIOD_STARTS = {"description": "The local start of each."}


class EventsSchema(StrictSchema):
    event_type = ma.fields.String(allow_none=True, required=True, metadata=EVENT_TYPE)
    filter = ma.fields.Raw(allow_none=True)


class RetentionBodySchema(ViewSchema):
    project_id = ma.fields.String(metadata={"description": "Not needed with a read key."})
    cohort_event = ma.fields.Nested(EventsSchema, required=True)
    return_event = ma.fields.Nested(EventsSchema, required=True)
    cohort_rule = ma.fields.String(
        allow_none=True, metadata={"enum": list(COHORT_RULES), "description": "Default: recurring."}
    )
    interval = ma.fields.String(allow_none=True, metadata=INTERVAL)
    periods = ma.fields.Integer(
        strict=True,
        allow_none=True,
        metadata={"minimum": 1, "maximum": PERIODS_MAX, "description": "How many. Default: 12."},
    )
    last_period_contains = ma.fields.String(
        allow_none=True,
        metadata={"description": "A local day or time. Default: today; for hours, of a day its last hour."},
    )
    cumulative = ma.fields.Boolean(
        allow_none=True, metadata={"description": "Who came back in a period or a later one. Default: false."}
    )
    minimum_occurrences = ma.fields.Integer(
        strict=True, allow_none=True, metadata={"minimum": 1, "description": "Of return events a period. Default: 1."}
    )
    breakdown = ma.fields.Nested(ValueBreakdownSchema, allow_none=True)
    filter = ma.fields.Raw(allow_none=True, metadata={"description": "Drops events before anything looks at them."})
    count_by = ma.fields.String(allow_none=True, metadata=COUNT_BY)


class MatrixSchema(StrictSchema):
    matrix = ma.fields.List(
        ma.fields.List(ma.fields.Integer()),
        metadata={"description": "A row per cohort: its size, then who came back 1, 2, … periods later."},
    )
    rates = ma.fields.List(
        ma.fields.List(ma.fields.Float(allow_none=True)),
        metadata={"description": "Percent of the cohort; null where it is empty."},
    )


class ValueMatrixSchema(MatrixSchema):
    value = ma.fields.List(ma.fields.String(), metadata={"description": "Of each property; empty where it is missing."})


class RetentionAnswerSchema(MatrixSchema):
    periods = ma.fields.List(ma.fields.String(), metadata=PERIOD_STARTS)
    weighted_average = ma.fields.List(
        ma.fields.Float(allow_none=True), metadata={"description": "Percent by column, incomplete periods left out."}
    )
    incomplete = ma.fields.List(ma.fields.Boolean(), metadata={"description": "Whether the period is not over yet."})
    breakdown = ma.fields.List(ma.fields.Nested(ValueMatrixSchema), metadata={"description": "Where it was asked."})
    receipt = ma.fields.Nested(ReceiptSchema)


class LifecycleBodySchema(QuestionSchema):
    event = ma.fields.Nested(EventsSchema, required=True)
    interval = ma.fields.String(allow_none=True, metadata=INTERVAL)
    count_by = ma.fields.String(allow_none=True, metadata=COUNT_BY)


class LifecycleAnswerSchema(AnswerSchema):
    periods = ma.fields.List(ma.fields.String(), metadata=PERIOD_STARTS)
    new = ma.fields.List(ma.fields.Integer(), metadata={"description": "Active for the first time ever."})
    returning = ma.fields.List(ma.fields.Integer(), metadata={"description": "Active in the period before, too."})
    resurrecting = ma.fields.List(ma.fields.Integer(), metadata={"description": "Active before, not just before."})
    dormant = ma.fields.List(ma.fields.Integer(), metadata={"description": "Active just before, not now; negative."})


class CriteriaSchema(StrictSchema):
    operator = ma.fields.String(metadata={"enum": list(CRITERIA), "description": "Default: gte."})
    value = ma.fields.Integer(strict=True, required=True)


class StickinessBodySchema(LifecycleBodySchema):
    criteria = ma.fields.Nested(
        CriteriaSchema, allow_none=True, metadata={"description": "Events that a period needs. Default: at least one."}
    )
    period_length = ma.fields.Integer(
        strict=True,
        allow_none=True,
        metadata={"minimum": 1, "description": "Joins so many periods to one. Default: 1."},
    )
    cumulative = ma.fields.Boolean(
        allow_none=True, metadata={"description": "At least so many periods, not exactly. Default: false."}
    )


class StickinessAnswerSchema(AnswerSchema):
    data = ma.fields.List(ma.fields.Integer(), metadata={"description": "Persons active in 1, 2, … periods."})
    persons = ma.fields.Integer(metadata={"description": "Who was active in one period at least."})


@blueprint.route("/retention", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(RetentionBodySchema)
@blueprint.response(200, RetentionAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def retention(body: dict[str, Any]) -> Any:
    """Cohorts by period, and who of them came back later."""
    who, project = who_and_project(body)
    found = answer_retention(services(), project, metadata_position=who.catalog.position, **question_of(body))
    return shown(found, lambda found: retention_rows(found, body))


@blueprint.route("/lifecycle", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(LifecycleBodySchema)
@blueprint.response(200, LifecycleAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def lifecycle(body: dict[str, Any]) -> Any:
    """By period, who is new, who stays, who comes back and who falls silent."""
    who, project = who_and_project(body)
    found = answer_lifecycle(services(), project, metadata_position=who.catalog.position, **question_of(body))
    return shown(found, lifecycle_rows)


@blueprint.route("/stickiness", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(StickinessBodySchema)
@blueprint.response(200, StickinessAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def stickiness(body: dict[str, Any]) -> Any:
    """How many persons are active in one, two, three … periods of the range."""
    who, project = who_and_project(body)
    found = answer_stickiness(services(), project, metadata_position=who.catalog.position, **question_of(body))
    return shown(found, stickiness_rows)


def retention_rows(found: Mapping[str, Any], body: Mapping[str, Any]) -> Rows:
    """A row per cohort and later period; with a breakdown those of its values, which add up to the whole."""
    properties = (body.get("breakdown") or {}).get("properties", [])
    periods, incomplete = found["periods"], found["incomplete"]
    yield [*properties, "cohort", "periods_later", "period", "persons", "rate", "incomplete"]
    for row in found.get("breakdown", [{**found, "value": []}]):
        value = [*row["value"], *[""] * (len(properties) - len(row["value"]))]
        for cohort, (cells, rates) in enumerate(zip(row["matrix"], row["rates"], strict=True)):
            for later, (persons, rate) in enumerate(zip(cells, rates, strict=True)):
                at = cohort + later
                yield [*value, periods[cohort], later, periods[at], persons, rate, incomplete[at]]


def lifecycle_rows(found: Mapping[str, Any]) -> Rows:
    names = ("new", "returning", "resurrecting", "dormant")
    yield ["period", *names]
    yield from zip(found["periods"], *(found[name] for name in names), strict=True)


def stickiness_rows(found: Mapping[str, Any]) -> Rows:
    yield ["periods", "persons"]
    yield from enumerate(found["data"], 1)
