"""GET /metrics/{name}: a metric's figures by period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from iafa_api.answers.metrics import answer_metric
from iafa_api.domain.metrics import DIMENSION_LIMIT, GRANULARITIES
from iafa_api.rest.asker import MAY_ASK
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import AS_CSV, ReceiptSchema, shown, who_and_project
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("metric_points", __name__, url_prefix="/metrics", description="Named figures by period")


class MetricQuerySchema(StrictSchema):
    project_id = ma.fields.String(metadata={"description": "Not needed with a read key."})
    start_time = ma.fields.String(metadata={"description": "A local day or time, inclusive."})
    end_time = ma.fields.String(metadata={"description": "A local day or time, inclusive. Default: today."})
    granularity = ma.fields.String(metadata={"enum": list(GRANULARITIES), "description": "Default: day."})
    dimension = ma.fields.String(
        metadata={"description": f"event_type, another column, properties.NAME or user.NAME: {DIMENSION_LIMIT} values."}
    )
    timezone = ma.fields.String(metadata={"description": "Default: the project's."})


class PointSchema(StrictSchema):
    period = ma.fields.String(metadata={"description": "Its local start."})
    value = ma.fields.Raw(
        allow_none=True, metadata={"description": "A number; null of nothing, or where nobody can tell it any more."}
    )
    reason = ma.fields.String(metadata={"description": "Why nobody can tell it."})


class MetricLineSchema(StrictSchema):
    value = ma.fields.String(metadata={"description": "Empty where it is missing; $other for those past the limit."})
    points = ma.fields.List(ma.fields.Nested(PointSchema))
    total = ma.fields.Raw(allow_none=True)


class MetricAnswerSchema(StrictSchema):
    metric = ma.fields.String()
    project_id = ma.fields.String()
    granularity = ma.fields.String()
    dimension = ma.fields.String(allow_none=True)
    timezone = ma.fields.String()
    start_time = ma.fields.String()
    end_time = ma.fields.String()
    points = ma.fields.List(ma.fields.Nested(PointSchema))
    unit = ma.fields.String(allow_none=True)
    total = ma.fields.Raw(
        allow_none=True, metadata={"description": "Of the range, persons and sessions once; null where a point is."}
    )
    rolled_up_days = ma.fields.Integer(metadata={"description": "UTC days that were read from roll-ups."})
    breakdown = ma.fields.List(ma.fields.Nested(MetricLineSchema), metadata={"description": "By the dimension."})
    receipt = ma.fields.Nested(ReceiptSchema)


@blueprint.route("/<name>", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(MetricQuerySchema, location="query")
@blueprint.response(200, MetricAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def get_metric(query: dict[str, Any], name: str) -> Any:
    """The figures of a metric: events, sessions, daily_active_users, or one that the project defines.

    Counted from what is kept of each day and the newest events alike, exactly. What was kept outlives the events: of
    them `events` by minute (for two days) or five minutes and by event type, likewise the sums, averages and events of
    metrics that the project defines, by their `dimensions` as well, and of whole local days persons and sessions.
    """
    who, project = who_and_project(query)
    asked = {key: value for key, value in query.items() if key != "project_id"}
    found = answer_metric(services(), project, name, metadata_position=who.catalog.position, **asked)
    return shown(found, metric_rows)


def metric_rows(found: Mapping[str, Any]) -> Rows:
    """A row per value and period, the first ones of all values."""
    yield ["value", "period", "figure"]
    for value, line in [("", found), *((one["value"], one) for one in found.get("breakdown", ()))]:
        for point in line["points"]:
            yield [value, point["period"], point["value"]]
        yield [value, "total", line["total"]]
