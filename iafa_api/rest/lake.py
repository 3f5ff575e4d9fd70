"""/projects/{id}/expired: which events went because their days were over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_smorest.pagination import PaginationParameters

from iafa_api import clock
from iafa_api.lake import layout
from iafa_api.lake.manifest_schema import ExpiredFile
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import caller, services, signed_in

blueprint = StrictBlueprint("lake", __name__, url_prefix="/projects", description="What becomes of stored events")


class ExpiredFileSchema(StrictSchema):
    day = ma.fields.String(metadata={"description": "The UTC day of the events."})
    events = ma.fields.Integer()
    bytes = ma.fields.Integer()
    file = ma.fields.String(metadata={"description": "The path that it had in the data directory."})
    sha256 = ma.fields.String(allow_none=True, metadata={"description": "null where the file was missing already."})
    rule = ma.fields.String(metadata={"description": "Why it went."})
    archived_as = ma.fields.String(allow_none=True, metadata={"description": "null where the events are gone."})
    expired_at = ma.fields.String()


@blueprint.route("/<project_id>/expired", methods=["GET"])
@signed_in("analyst")
@blueprint.response(200, ExpiredFileSchema(many=True))
@blueprint.paginate()
def list_expired(pagination_parameters: PaginationParameters, project_id: str) -> list[Mapping[str, Any]]:
    """The ledger of the project's expired events, newest first: a line for each file that went."""
    caller().catalog.get_project(caller().organization_id, project_id)
    lines = services().manifest.list_expired(project_id)
    pagination_parameters.item_count = len(lines)
    return [_shown(line) for line in lines[pagination_parameters.first_item : pagination_parameters.last_item + 1]]


def _shown(line: ExpiredFile) -> Mapping[str, Any]:
    return {
        "day": layout.day_to_date(line.day).isoformat(),
        "events": line.row_count,
        "bytes": line.byte_count,
        "file": line.path,
        "sha256": line.sha256 or None,
        "rule": line.rule,
        "archived_as": line.archived_as,
        "expired_at": clock.format_time(line.expired_at),
    }
