"""/funnels: saved funnels and the templates to start from."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import jsonify
from flask.views import MethodView
from flask_smorest.pagination import PaginationParameters

from iafa_api.domain import funnel as rules
from iafa_api.domain.funnel_json import LEAST_STAGES_SAVED, funnel_from_json, to_json
from iafa_api.domain.funnel_templates import TEMPLATES, FunnelTemplate
from iafa_api.domain.names import require_name
from iafa_api.errors import InvalidInput
from iafa_api.metadata.catalog import Catalog, SavedFunnel, read_funnel
from iafa_api.metadata.funnels import FIELDS
from iafa_api.metadata.history import HistoryEntry
from iafa_api.rest.audit import (
    HistoryEntrySchema,
    PastVersionSchema,
    PlannedRevertSchema,
    RevertSchema,
    catalog_as_of,
    document_at,
    list_history,
    plan_revert,
)
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema, match_version
from iafa_api.rest.caller import caller, cause, services, signed_in
from iafa_api.rest.idempotency import idempotent

blueprint = StrictBlueprint("funnels", __name__, url_prefix="/funnels", description="Saved funnels")
DEFINITION_FIELDS = ("stages", "order", "conversion_window", "exclusions", "exclusion_policy")
DESCRIPTION_MAX = 2000


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


class FunnelSchema(DefinitionSchema):
    stages = ma.fields.List(
        ma.fields.Nested(StageSchema),
        required=True,
        metadata={"minItems": LEAST_STAGES_SAVED, "maxItems": rules.MAX_STAGES},
    )
    id = ma.fields.String(dump_only=True)
    project_id = ma.fields.String(required=True, metadata={"description": "Cannot be changed later."})
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))
    description = ma.fields.String(allow_none=True, validate=ma.validate.Length(max=DESCRIPTION_MAX))
    is_active = ma.fields.Boolean()
    version = ma.fields.Integer(dump_only=True)
    created_at = ma.fields.String(dump_only=True)
    updated_at = ma.fields.String(dump_only=True)


class ChangedFunnelSchema(FunnelSchema):
    project_id = ma.fields.String()


class FunnelListSchema(ma.Schema):
    project_id = ma.fields.String(metadata={"description": "Only those of this project."})
    as_of = ma.fields.String(metadata={"description": "A time with an offset, or a day (its end, UTC)."})

    @ma.validates_schema(pass_original=True)
    def require_known(self, data: Any, original: Any, **_: Any) -> None:
        """A misspelt parameter is not passed over in silence; page and page_size have a schema of their own."""
        for name in set(original) - {*self.fields, "page", "page_size"}:
            raise ma.ValidationError("Unknown field.", name)

    class Meta:
        unknown = ma.EXCLUDE


class TemplateSchema(StrictSchema):
    id = ma.fields.String()
    name = ma.fields.String()
    description = ma.fields.String()
    order = ma.fields.Constant("ordered")
    conversion_window = ma.fields.Nested(ConversionWindowSchema)
    stages = ma.fields.List(ma.fields.Nested(StageSchema))


@blueprint.route("")
class Funnels(MethodView):
    """The organisation's funnels."""

    @signed_in()
    @blueprint.arguments(FunnelListSchema, location="query")
    @blueprint.response(200, FunnelSchema(many=True))
    @blueprint.paginate()
    def get(self, query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[dict[str, Any]]:
        """List the funnels, oldest first, as they are or were."""
        funnels = catalog_as_of(query).list_funnels(caller().organization_id, query.get("project_id"))
        pagination_parameters.item_count = len(funnels)
        shown = funnels[pagination_parameters.first_item : pagination_parameters.last_item + 1]
        return [_shown(funnel) for funnel in shown]

    @signed_in("analyst")
    @blueprint.etag
    @blueprint.arguments(FunnelSchema)
    @blueprint.response(201, FunnelSchema)
    @idempotent(lambda document: _shown(read_funnel(document)))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Save a funnel of 2 to 20 stages."""
        fields = {"description": None, "is_active": True} | _fields(body)
        return _shown(services().funnels.create(cause(), caller().organization_id, body["project_id"], fields))


@blueprint.route("/templates", methods=["GET"])
@signed_in()
@blueprint.response(200, TemplateSchema(many=True))
def list_templates() -> list[FunnelTemplate]:
    """Funnels to start from."""
    return list(TEMPLATES)


@blueprint.route("/<funnel_id>")
class FunnelById(MethodView):
    """One funnel."""

    @signed_in()
    @blueprint.etag
    @blueprint.arguments(PastVersionSchema, location="query")
    @blueprint.response(200, FunnelSchema)
    def get(self, query: dict[str, Any], funnel_id: str) -> dict[str, Any]:
        """A funnel, as it is or was."""
        return _shown(funnel_at(query, caller().organization_id, caller().catalog, funnel_id))

    @signed_in("analyst")
    @blueprint.etag
    @blueprint.arguments(ChangedFunnelSchema)
    @blueprint.response(200, FunnelSchema)
    def put(self, body: dict[str, Any], funnel_id: str) -> dict[str, Any]:
        """Change a funnel. A definition is replaced whole; other optional fields that are left out stay."""
        funnel = caller().catalog.get_funnel(caller().organization_id, funnel_id)
        version = blueprint.require_version(funnel.version)
        if body.get("project_id", funnel.project_id) != funnel.project_id:
            raise InvalidInput("A funnel stays in its project.", errors={"project_id": ["Cannot be changed."]})
        changed = services().funnels.change(cause(), caller().organization_id, funnel_id, version, _fields(body))
        return _shown(changed)

    @signed_in("analyst")
    @blueprint.response(204)
    def delete(self, funnel_id: str) -> None:
        """Delete a funnel. Honours If-Match."""
        funnel = caller().catalog.get_funnel(caller().organization_id, funnel_id)
        services().funnels.delete(cause(), caller().organization_id, funnel_id, match_version(funnel.version))


@blueprint.route("/<funnel_id>/history", methods=["GET"])
@signed_in()
@blueprint.response(200, HistoryEntrySchema(many=True))
@blueprint.paginate()
def get_history(pagination_parameters: PaginationParameters, funnel_id: str) -> list[HistoryEntry]:
    """Every change of the funnel, newest first."""
    return list_history(f"funnel-{funnel_id}", pagination_parameters)


@blueprint.route("/<funnel_id>/revert", methods=["POST"])
@signed_in("analyst")
@blueprint.arguments(RevertSchema)
@blueprint.response(200, FunnelSchema)
@blueprint.alt_response(202, schema=PlannedRevertSchema, description="The dry run: nothing is changed")
def revert(body: dict[str, Any], funnel_id: str) -> Any:
    """Go back to an earlier version, as a new one. Honours If-Match."""
    funnel = caller().catalog.get_funnel(caller().organization_id, funnel_id)
    stream = f"funnel-{funnel_id}"
    to = services().history.document_at(caller().organization_id, stream, body["version"])
    if body["dry_run"]:
        return jsonify(PlannedRevertSchema().dump(plan_revert(stream, to, FIELDS))), 202
    version = match_version(funnel.version)
    return _shown(services().funnels.revert(cause(), caller().organization_id, funnel_id, version, to=to))


@blueprint.route("/<funnel_id>/undelete", methods=["POST"])
@signed_in("analyst")
@blueprint.response(200, FunnelSchema)
def undelete(funnel_id: str) -> dict[str, Any]:
    """Take the deletion back."""
    return _shown(services().funnels.undelete(cause(), caller().organization_id, funnel_id))


def funnel_at(query: dict[str, Any], organization_id: str, now: Catalog, funnel_id: str) -> SavedFunnel:
    """The funnel at the version or moment that is asked for, or as it is."""
    stream = f"funnel-{funnel_id}"
    document = document_at(query, organization_id, stream)
    if document is not None:
        return read_funnel(document)
    return catalog_as_of(query, now, stream=stream).get_funnel(organization_id, funnel_id)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """The fields as an event keeps them, the definition in its one stored form."""
    require_name(body["name"])
    document = {name: body[name] for name in DEFINITION_FIELDS if name in body}
    definition = funnel_from_json(document, least_stages=LEAST_STAGES_SAVED)
    services().engine.require_patterns(stage.filter for stage in definition.stages)
    others = {name: body[name] for name in ("name", "description", "is_active") if name in body}
    return others | to_json(definition)


def _shown(funnel: SavedFunnel) -> dict[str, Any]:
    return {
        "id": funnel.id,
        "project_id": funnel.project_id,
        "name": funnel.name,
        "description": funnel.description,
        "is_active": funnel.is_active,
        **funnel.definition,
        "version": funnel.version,
        "created_at": funnel.created_at,
        "updated_at": funnel.updated_at,
    }
