"""The resource that every kind of saved thing is: list, make, read, change, delete, history, revert, undelete.

`serve` puts all of it on a blueprint. A kind brings its schema, and a reader that makes of a body the fields that an
event keeps, or says what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import jsonify
from flask.views import MethodView
from flask_smorest.pagination import PaginationParameters

from iafa_api.answers.cohorts import require_cohorts
from iafa_api.domain.names import require_name
from iafa_api.domain.project import Project
from iafa_api.errors import InvalidInput
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.history import HistoryEntry
from iafa_api.metadata.projections import Document
from iafa_api.metadata.saved import SavedKind
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

DESCRIPTION_MAX = 2000
ReadFields = Callable[[Project, dict[str, Any]], dict[str, Any]]


class SavedSchema(StrictSchema):
    """What all of them have."""

    id = ma.fields.String(dump_only=True)
    project_id = ma.fields.String(required=True, metadata={"description": "Cannot be changed later."})
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))
    description = ma.fields.String(allow_none=True, validate=ma.validate.Length(max=DESCRIPTION_MAX))
    version = ma.fields.Integer(dump_only=True)
    created_at = ma.fields.String(dump_only=True)
    updated_at = ma.fields.String(dump_only=True)


class SavedListSchema(ma.Schema):
    project_id = ma.fields.String(metadata={"description": "Only those of this project."})
    as_of = ma.fields.String(metadata={"description": "A time with an offset, or a day (its end, UTC)."})

    @ma.validates_schema(pass_original=True)
    def require_known(self, data: Any, original: Any, **_: Any) -> None:
        """A misspelt parameter is not passed over in silence; page and page_size have a schema of their own."""
        for name in set(original) - {*self.fields, "page", "page_size"}:
            raise ma.ValidationError("Unknown field.", name)

    class Meta:
        unknown = ma.EXCLUDE


def serve(blueprint: StrictBlueprint, kind: SavedKind, schema: type[SavedSchema], read_fields: ReadFields) -> None:
    """Put the resource on the blueprint.

    `read_fields` gets the project, and a body without the project's id and with a name that can be shown. What a new
    thing's body leaves out gets the schema's `load_default`, what a changed one's leaves out stays as it is.
    """
    changed_schema: Any = type(
        f"Changed{schema.__name__}", (schema,), {"project_id": ma.fields.String(), **_without_defaults(schema)}
    )
    by_id = f"/<{kind.name}_id>"

    @blueprint.route("")
    class Things(MethodView):
        @signed_in()
        @blueprint.arguments(SavedListSchema, location="query")
        @blueprint.response(200, schema(many=True))
        @blueprint.paginate()
        def get(self, query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Document]:
            """List them, oldest first, as they are or were."""
            organization_id = caller().organization_id
            found = catalog_as_of(query).list_saved(kind.documents, organization_id, query.get("project_id"))
            pagination_parameters.item_count = len(found)
            return found[pagination_parameters.first_item : pagination_parameters.last_item + 1]

        @signed_in("analyst")
        @blueprint.etag
        @blueprint.arguments(schema)
        @blueprint.response(201, schema)
        @idempotent(lambda document: document)
        def post(self, body: dict[str, Any]) -> Document:
            """Save a new one."""
            project = caller().catalog.get_project(caller().organization_id, body["project_id"])
            fields = {"description": None} | _fields(project, body, read_fields)
            return services().saved(kind).create(cause(), caller().organization_id, project.id, fields)

    @blueprint.route(by_id)
    class ThingById(MethodView):
        @signed_in()
        @blueprint.etag
        @blueprint.arguments(PastVersionSchema, location="query")
        @blueprint.response(200, schema)
        def get(self, query: dict[str, Any], **path: str) -> Document:
            """One of them, as it is or was."""
            return saved_at(kind, query, caller().organization_id, caller().catalog, _id(path))

        @signed_in("analyst")
        @blueprint.etag
        @blueprint.arguments(changed_schema)
        @blueprint.response(200, schema)
        def put(self, body: dict[str, Any], **path: str) -> Document:
            """Change it. Optional fields that are left out stay as they are."""
            document = _now(kind, _id(path))
            version = blueprint.require_version(document["version"])
            if body.get("project_id", document["project_id"]) != document["project_id"]:
                message = f"A {_shown_name(kind)} stays in its project."
                raise InvalidInput(message, errors={"project_id": ["Cannot be changed."]})
            project = caller().catalog.get_project(caller().organization_id, document["project_id"])
            fields = _fields(project, body, read_fields)
            return services().saved(kind).change(cause(), caller().organization_id, _id(path), version, fields)

        @signed_in("analyst")
        @blueprint.response(204)
        def delete(self, **path: str) -> None:
            """Delete it. Honours If-Match."""
            version = match_version(_now(kind, _id(path))["version"])
            services().saved(kind).delete(cause(), caller().organization_id, _id(path), version)

    serve_past(blueprint, kind, schema)


def serve_past(
    blueprint: StrictBlueprint,
    kind: SavedKind,
    schema: type[ma.Schema],
    *,
    least_role: str = "analyst",
    shown: Callable[[Document], Any] = lambda document: document,
) -> None:
    """Put on the blueprint what every kind has of its past: history, revert, undelete."""
    by_id = f"/<{kind.name}_id>"

    @blueprint.route(f"{by_id}/history", methods=["GET"])
    @signed_in()
    @blueprint.response(200, HistoryEntrySchema(many=True))
    @blueprint.paginate()
    def get_history(pagination_parameters: PaginationParameters, **path: str) -> list[HistoryEntry]:
        """Every change of it, newest first."""
        return list_history(kind.stream(_id(path)), pagination_parameters)

    @blueprint.route(f"{by_id}/revert", methods=["POST"])
    @signed_in(least_role)
    @blueprint.arguments(RevertSchema)
    @blueprint.response(200, schema)
    @blueprint.alt_response(202, schema=PlannedRevertSchema, description="The dry run: nothing is changed")
    def revert(body: dict[str, Any], **path: str) -> Any:
        """Go back to an earlier version, as a new one. Honours If-Match."""
        document = _now(kind, _id(path))
        stream = kind.stream(_id(path))
        to = services().history.document_at(caller().organization_id, stream, body["version"])
        if body["dry_run"]:
            return jsonify(PlannedRevertSchema().dump(plan_revert(stream, to, kind.fields))), 202
        version = match_version(document["version"])
        return shown(services().saved(kind).revert(cause(), caller().organization_id, _id(path), version, to=to))

    @blueprint.route(f"{by_id}/undelete", methods=["POST"])
    @signed_in(least_role)
    @blueprint.response(200, schema)
    def undelete(**path: str) -> Any:
        """Take the deletion back."""
        return shown(services().saved(kind).undelete(cause(), caller().organization_id, _id(path)))


def saved_at(kind: SavedKind, query: dict[str, Any], organization_id: str, now: Catalog, subject_id: str) -> Document:
    """The thing at the version or moment that is asked for, or as it is."""
    stream = kind.stream(subject_id)
    document = document_at(query, organization_id, stream)
    if document is not None:
        return document
    return catalog_as_of(query, now, stream=stream).saved_document(kind.documents, organization_id, subject_id)


def _now(kind: SavedKind, subject_id: str) -> Document:
    return caller().catalog.saved_document(kind.documents, caller().organization_id, subject_id)


def _fields(project: Project, body: dict[str, Any], read_fields: ReadFields) -> dict[str, Any]:
    require_name(body["name"])
    fields = read_fields(project, {name: value for name, value in body.items() if name != "project_id"})
    require_cohorts(caller().catalog, project, fields)
    return fields


def _without_defaults(schema: type[SavedSchema]) -> dict[str, Any]:
    """The fields that a new thing has a default for, without it."""
    fields = schema().fields
    defaults = {name: field for name, field in fields.items() if field.load_default is not ma.missing}
    for field in defaults.values():
        field.load_default = ma.missing
    return defaults


def _id(path: dict[str, str]) -> str:
    (subject_id,) = path.values()
    return subject_id


def _shown_name(kind: SavedKind) -> str:
    return kind.name.replace("_", " ")
