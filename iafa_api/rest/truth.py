"""/analytics/replay and /analytics/why: an answer once more as it was, and why two answers differ."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, jsonify

from iafa_api.answers.replays import explain_difference, read_receipt, replay
from iafa_api.domain.project import Project
from iafa_api.rest.asker import MAY_ASK, Asker, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import ReceiptSchema

blueprint = StrictBlueprint("truth", __name__, url_prefix="/analytics", description="What an answer was made of")


class ReplayedReceiptSchema(StrictSchema):
    receipt = ma.fields.Raw(required=True, metadata={"type": "object", "description": "As the answer had it."})


class ReplayedSchema(StrictSchema):
    """The answer of its question, and these."""

    exact = ma.fields.Boolean(metadata={"description": "Whether every event that was seen then is still there."})
    gone = ma.fields.Integer(metadata={"description": "How many are not: erased or expired."})
    receipt = ma.fields.Nested(ReceiptSchema)


class WhySchema(StrictSchema):
    earlier = ma.fields.Raw(required=True, data_key="from", metadata={"type": "object"})
    later = ma.fields.Raw(required=True, data_key="to", metadata={"type": "object"})


class CauseSchema(StrictSchema):
    cause = ma.fields.String(metadata={"description": "events, identities (and traits), time, or definition."})
    events = ma.fields.Integer(metadata={"description": "How many events more are in the range by it."})
    changes = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Float())


class DifferenceSchema(StrictSchema):
    difference = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Float(),
        metadata={"description": "What each figure has changed by, by its path in the answer."},
    )
    causes = ma.fields.List(
        ma.fields.Nested(CauseSchema), metadata={"description": "Their changes add up to the difference."}
    )
    definition = ma.fields.List(ma.fields.Dict(), metadata={"description": "What of the question was changed."})
    earlier = ma.fields.Dict(data_key="from")
    later = ma.fields.Dict(data_key="to")


@blueprint.route("/replay", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(ReplayedReceiptSchema)
@blueprint.response(200, ReplayedSchema)
def replay_answer(body: dict[str, Any]) -> Response:
    """The answer that a receipt belongs to: what came since does not count. `exact` is false where events are gone."""
    who = asker()
    receipt = read_receipt(services(), body["receipt"], "receipt")
    return jsonify(replay(services(), _project(who, receipt), receipt))


@blueprint.route("/why", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(WhySchema)
@blueprint.response(200, DifferenceSchema)
def explain_why(body: dict[str, Any]) -> dict[str, Any]:
    """Why two answers to one question differ, to the unit: events, identities, time, the question itself."""
    who = asker()
    earlier = read_receipt(services(), body["earlier"], "from")
    later = read_receipt(services(), body["later"], "to")
    _project(who, later)
    found = explain_difference(services(), _project(who, earlier), earlier, later)
    return {**found, "earlier": found.pop("from"), "later": found.pop("to")}


def _project(who: Asker, receipt: Any) -> Project:
    return who.get_project(receipt["question"]["project_id"])
