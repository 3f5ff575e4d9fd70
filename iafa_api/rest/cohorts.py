"""/cohorts: groups of persons, by what they did."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from iafa_api import clock
from iafa_api.domain.cohort import cohort_from_json, to_json
from iafa_api.domain.filters import filters_in
from iafa_api.domain.project import Project
from iafa_api.metadata.saved import COHORT
from iafa_api.rest.blueprints import StrictBlueprint
from iafa_api.rest.caller import services
from iafa_api.rest.saved import SavedSchema, serve

blueprint = StrictBlueprint("cohorts", __name__, url_prefix="/cohorts", description="Groups of persons")


class CohortSchema(SavedSchema):
    definition = ma.fields.Dict(
        required=True,
        metadata={
            "description": 'A saved filter, {"filter": F}; what was done, {"event_type", "filter", "at_least", '
            '"last_days"} (or start_date and end_date in place of last_days); or a tree of all, any and not.'
        },
    )


def _read_fields(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    cohort = cohort_from_json(body["definition"], timezone=project.timezone, now_us=clock.now_us())
    definition = to_json(cohort)
    services().engine.require_patterns(filters_in(definition, ("definition",)))
    return body | {"definition": definition}


serve(blueprint, COHORT, CohortSchema, _read_fields)
