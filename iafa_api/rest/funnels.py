"""/funnels: saved funnels and the templates to start from."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from iafa_api.domain import funnel as rules
from iafa_api.domain.funnel_json import LEAST_STAGES_SAVED, funnel_from_json, to_json
from iafa_api.domain.funnel_templates import TEMPLATES, FunnelTemplate
from iafa_api.domain.project import Project
from iafa_api.metadata.catalog import Catalog, SavedFunnel, read_funnel
from iafa_api.metadata.saved import FUNNEL
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services, signed_in
from iafa_api.rest.saved import SavedSchema, saved_at, serve

blueprint = StrictBlueprint("funnels", __name__, url_prefix="/funnels", description="Saved funnels")
DEFINITION_FIELDS = ("stages", "order", "conversion_window", "exclusions", "exclusion_policy")


class StageSchema(StrictSchema):
    """What a stage must be in full is `domain.funnel`'s to say; this is its shape."""

    order = ma.fields.Integer(strict=True, metadata={"description": "1 to n without gaps; default: as listed."})
    name = ma.fields.String(allow_none=True, metadata={"description": "Default: the event type."})
    event_type = ma.fields.String(allow_none=True, metadata={"description": "null: any event."})
    event = ma.fields.String(load_only=True, metadata={"description": "An older word for event_type."})
    filter = ma.fields.Raw(allow_none=True, metadata={"description": "A mapping, a list, or a tree of all and any."})
    filters = ma.fields.List(ma.fields.Raw(), load_only=True, metadata={"description": "An older word for filter."})
    optional = ma.fields.Boolean(metadata={"description": "May be skipped; never the first or the last."})
    first_time_only = ma.fields.Raw(
        metadata={
            "enum": [True, False, rules.FIRST_MATCHING],
            "description": "Only the person's first event of the type in all history, or the first that passes.",
        }
    )


class ConversionWindowSchema(StrictSchema):
    value = ma.fields.Integer(strict=True, required=True, metadata={"minimum": 1})
    unit = ma.fields.String(required=True, metadata={"enum": list(rules.UNIT_SECONDS)})


class ExclusionSchema(StrictSchema):
    event_type = ma.fields.String(required=True, allow_none=True)
    filter = ma.fields.Raw(allow_none=True)
    from_stage = ma.fields.Integer(strict=True, required=True)
    to_stage = ma.fields.Integer(strict=True, required=True)


class DefinitionSchema(StrictSchema):
    """The part of a funnel that its figures depend on."""

    stages = ma.fields.List(
        ma.fields.Nested(StageSchema), required=True, metadata={"minItems": 1, "maxItems": rules.MAX_STAGES}
    )
    order = ma.fields.String(metadata={"enum": list(rules.ORDERS), "description": "Default: ordered."})
    conversion_window = ma.fields.Nested(
        ConversionWindowSchema, allow_none=True, metadata={"description": "null: the whole date range."}
    )
    exclusions = ma.fields.List(ma.fields.Nested(ExclusionSchema))
    exclusion_policy = ma.fields.String(
        allow_none=True,
        metadata={
            "enum": list(rules.POLICIES),
            "description": "Who has no clean furthest chain leaves the funnel (default), or stops at a shorter one.",
        },
    )


class FunnelSchema(DefinitionSchema, SavedSchema):
    stages = ma.fields.List(
        ma.fields.Nested(StageSchema),
        required=True,
        metadata={"minItems": LEAST_STAGES_SAVED, "maxItems": rules.MAX_STAGES},
    )
    is_active = ma.fields.Boolean(load_default=True)


class TemplateSchema(StrictSchema):
    id = ma.fields.String()
    name = ma.fields.String()
    description = ma.fields.String()
    order = ma.fields.Constant("ordered")
    conversion_window = ma.fields.Nested(ConversionWindowSchema)
    stages = ma.fields.List(ma.fields.Nested(StageSchema))


@blueprint.route("/templates", methods=["GET"])
@signed_in()
@blueprint.response(200, TemplateSchema(many=True))
def list_templates() -> list[FunnelTemplate]:
    """Funnels to start from."""
    return list(TEMPLATES)


def funnel_at(query: dict[str, Any], organization_id: str, now: Catalog, funnel_id: str) -> SavedFunnel:
    """The funnel at the version or moment that is asked for, or as it is."""
    return read_funnel(saved_at(FUNNEL, query, organization_id, now, funnel_id))


def _read_fields(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """The definition in its one stored form; it is replaced whole."""
    document = {name: body[name] for name in DEFINITION_FIELDS if name in body}
    definition = funnel_from_json(document, least_stages=LEAST_STAGES_SAVED)
    services().engine.require_patterns(stage.filter for stage in definition.stages)
    others = {name: value for name, value in body.items() if name not in DEFINITION_FIELDS}
    return others | {"exclusion_policy": definition.exclusion_policy} | to_json(definition)


serve(blueprint, FUNNEL, FunnelSchema, _read_fields)
