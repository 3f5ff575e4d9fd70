"""/dashboards: reports that are looked at together."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from iafa_api.domain.dashboard import GRID_MAX, HINTS, REPORTS_MAX, require_different
from iafa_api.domain.project import Project
from iafa_api.metadata.saved import DASHBOARD
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.saved import SavedSchema, serve

blueprint = StrictBlueprint("dashboards", __name__, url_prefix="/dashboards", description="Reports side by side")

LayoutSchema = StrictSchema.from_dict(
    {name: ma.fields.Integer(strict=True, validate=ma.validate.Range(0, GRID_MAX)) for name in HINTS},
    name="LayoutSchema",
)


class ShownReportSchema(StrictSchema):
    report_id = ma.fields.String(required=True)
    layout = ma.fields.Nested(
        LayoutSchema, metadata={"description": "Hints for whoever draws it: cells of a grid, all of them optional."}
    )


class DashboardSchema(SavedSchema):
    reports = ma.fields.List(
        ma.fields.Nested(ShownReportSchema),
        load_default=list,
        validate=ma.validate.Length(max=REPORTS_MAX),
        metadata={"description": "In their order. A report that was deleted since stays named until it is taken off."},
    )


def _read_fields(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    require_different(body.get("reports", ()))
    return body


serve(blueprint, DASHBOARD, DashboardSchema, _read_fields)
