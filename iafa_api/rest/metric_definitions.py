"""/metric-definitions: figures that a project gives a name."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from iafa_api.domain.metric_definition import DIMENSIONS_MAX, UNIT_MAX, read_definition
from iafa_api.domain.project import Project
from iafa_api.domain.rollups import VALUES_KEPT
from iafa_api.metadata.saved import METRIC_DEFINITION
from iafa_api.rest.blueprints import StrictBlueprint
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import EVENT_TYPE
from iafa_api.rest.saved import SavedSchema, serve
from iafa_api.rest.trends import MEASURE

DIMENSIONS = (
    "Columns, or properties.NAME, by which the figure is rolled up and outlives the events, as it does of all: events,"
    " sums and averages, and by local days users and sessions, unless the filter asks for traits or cohorts. Of each"
    f" UTC day the {VALUES_KEPT} greatest values are kept one by one, in clear: choose none that name persons."
)

blueprint = StrictBlueprint(
    "metric_definitions", __name__, url_prefix="/metric-definitions", description="Named figures"
)


class MetricDefinitionSchema(SavedSchema):
    name = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "One of its kind in the project; it stands in the path /metrics/NAME."},
    )
    event_type = ma.fields.String(required=True, allow_none=True, metadata=EVENT_TYPE)
    measure = ma.fields.String(load_default="events", metadata={"description": MEASURE})
    filter = ma.fields.Raw(load_default=None, allow_none=True)
    unit = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, UNIT_MAX),
        metadata={"description": "What to show behind the figure, such as EUR."},
    )
    dimensions = ma.fields.List(
        ma.fields.String(),
        load_default=list,
        dump_default=list,
        metadata={"description": DIMENSIONS, "maxItems": DIMENSIONS_MAX},
    )


def _read_fields(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    services().engine.require_patterns([read_definition(body)])
    return body


serve(blueprint, METRIC_DEFINITION, MetricDefinitionSchema, _read_fields)
