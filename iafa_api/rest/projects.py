"""/projects: projects and their keys."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import current_app, request
from flask.views import MethodView
from flask_smorest.pagination import PaginationParameters

from iafa_api.domain import project as rules
from iafa_api.domain.names import require_name
from iafa_api.domain.project import ApiKey, Project
from iafa_api.domain.tracking_code import TrackingCode, tracking_code
from iafa_api.metadata.catalog import read_key, read_project
from iafa_api.metadata.projects import PROJECT
from iafa_api.rest.audit import PastSchema, PastVersionSchema, catalog_as_of
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema, match_version
from iafa_api.rest.caller import caller, cause, services, signed_in
from iafa_api.rest.idempotency import idempotent
from iafa_api.rest.saved import saved_at, serve_past

blueprint = StrictBlueprint("projects", __name__, url_prefix="/projects", description="Projects and their API keys")


class ProjectSchema(StrictSchema):
    id = ma.fields.String(dump_only=True)
    organization_id = ma.fields.String(dump_only=True)
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, rules.NAME_MAX))
    domain = ma.fields.String(allow_none=True)
    allowed_origins = ma.fields.List(ma.fields.String(), metadata={"description": "None listed: all are allowed."})
    timezone = ma.fields.String(metadata={"description": "IANA name; its calendar is that of every question."})
    week_start = ma.fields.String(validate=ma.validate.OneOf(rules.WEEK_STARTS))
    retention_days = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, rules.RETENTION_DAYS_MAX),
        metadata={"description": "Days that events are kept; 0: for ever."},
    )
    event_types = ma.fields.List(
        ma.fields.String(),
        metadata={
            "description": "The types that are taken, others are refused; `*` stands for any characters, as in "
            "checkout.*. None listed: all are taken."
        },
    )
    rate_limit_events_per_minute = ma.fields.Integer(
        strict=True,
        allow_none=True,
        validate=ma.validate.Range(0, rules.RATE_LIMIT_MAX),
        metadata={"description": "Events a minute that each of its keys may send; 0: no limit, null: the server's."},
    )
    url_parameters = ma.fields.List(
        ma.fields.String(validate=ma.validate.Regexp(r"[!-~]{1,100}\Z", error="Must be 1 to 100 plain characters.")),
        validate=ma.validate.Length(0, rules.URL_PARAMETERS_MAX),
        metadata={
            "description": "What stays of the parameters in the addresses of its events: the others may name a person. "
            "Campaigns (utm_source and the like) are read before."
        },
    )
    version = ma.fields.Integer(dump_only=True)
    created_at = ma.fields.String(dump_only=True)
    updated_at = ma.fields.String(dump_only=True)


class NewProjectSchema(ProjectSchema):
    api_key = ma.fields.String(
        dump_only=True, allow_none=True, metadata={"description": "The first write key, told this once."}
    )


class KeySchema(StrictSchema):
    id = ma.fields.String(dump_only=True)
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, rules.NAME_MAX))
    kind = ma.fields.String(load_default="write", validate=ma.validate.OneOf(rules.KEY_KINDS))
    prefix = ma.fields.String(dump_only=True)
    created_at = ma.fields.String(dump_only=True)
    last_used_at = ma.fields.String(dump_only=True, allow_none=True)


class NewKeySchema(KeySchema):
    api_key = ma.fields.String(
        dump_only=True, allow_none=True, metadata={"description": "The key itself, told this once."}
    )


class TrackingCodeSchema(StrictSchema):
    html = ma.fields.String(metadata={"description": "For the head of every page."})
    npm = ma.fields.String(metadata={"description": "For an application that is built."})
    sdk_url = ma.fields.String()
    curl = ma.fields.String()
    python = ma.fields.String()


@blueprint.route("")
class Projects(MethodView):
    """The organisation's projects."""

    @signed_in()
    @blueprint.arguments(PastSchema, location="query")
    @blueprint.response(200, ProjectSchema(many=True))
    @blueprint.paginate()
    def get(self, query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Project]:
        """List the projects, oldest first, as they are or were."""
        projects = catalog_as_of(query).list_projects(caller().organization_id)
        pagination_parameters.item_count = len(projects)
        return projects[pagination_parameters.first_item : pagination_parameters.last_item + 1]

    @signed_in("admin")
    @blueprint.etag
    @blueprint.arguments(ProjectSchema)
    @blueprint.response(201, NewProjectSchema)
    @idempotent(lambda document: _new_project(read_project(document), None))
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a project and its first write key."""
        defaults = {
            "domain": None,
            "allowed_origins": [],
            "timezone": "UTC",
            "week_start": "monday",
            "retention_days": current_app.config["RETENTION_DAYS"],
            "event_types": [],
            "rate_limit_events_per_minute": None,
            "url_parameters": [],
        }
        fields = defaults | _checked(body)
        project, key = services().projects.create(cause(), caller().organization_id, fields)
        return _new_project(project, key)


@blueprint.route("/<project_id>")
class ProjectById(MethodView):
    """One project."""

    @signed_in()
    @blueprint.etag
    @blueprint.arguments(PastVersionSchema, location="query")
    @blueprint.response(200, ProjectSchema)
    def get(self, query: dict[str, Any], project_id: str) -> Project:
        """A project, as it is or was."""
        return read_project(saved_at(PROJECT, query, caller().organization_id, caller().catalog, project_id))

    @signed_in("admin")
    @blueprint.etag
    @blueprint.arguments(ProjectSchema)
    @blueprint.response(200, ProjectSchema)
    def put(self, body: dict[str, Any], project_id: str) -> Project:
        """Change a project. Optional fields that are left out stay as they are."""
        project = caller().catalog.get_project(caller().organization_id, project_id)
        version = blueprint.require_version(project.version)
        changed = (
            services().saved(PROJECT).change(cause(), caller().organization_id, project_id, version, _checked(body))
        )
        return read_project(changed)

    @signed_in("admin")
    @blueprint.response(204)
    def delete(self, project_id: str) -> None:
        """Delete a project; its keys stop working at once. Honours If-Match."""
        project = caller().catalog.get_project(caller().organization_id, project_id)
        version = match_version(project.version)
        services().saved(PROJECT).delete(cause(), caller().organization_id, project_id, version)


@blueprint.route("/<project_id>/api-keys")
class Keys(MethodView):
    """A project's keys."""

    @signed_in()
    @blueprint.arguments(PastSchema, location="query")
    @blueprint.response(200, KeySchema(many=True))
    @blueprint.paginate()
    def get(self, query: dict[str, Any], pagination_parameters: PaginationParameters, project_id: str) -> list[ApiKey]:
        """List the keys that work, or worked then, oldest first."""
        keys = catalog_as_of(query).list_keys(caller().organization_id, project_id)
        pagination_parameters.item_count = len(keys)
        return keys[pagination_parameters.first_item : pagination_parameters.last_item + 1]

    @signed_in("admin")
    @blueprint.arguments(KeySchema)
    @blueprint.response(201, NewKeySchema)
    @idempotent(lambda document: _new_key(read_key(document), None))
    def post(self, body: dict[str, Any], project_id: str) -> dict[str, Any]:
        """Make a key; `api_key` is told this once."""
        made, key = services().projects.create_key(
            cause(), caller().organization_id, project_id, name=require_name(body["name"]), kind=body["kind"]
        )
        return _new_key(made, key)


@blueprint.route("/<project_id>/api-keys/<key_id>")
class KeyById(MethodView):
    """One key."""

    @signed_in("admin")
    @blueprint.response(204)
    def delete(self, project_id: str, key_id: str) -> None:
        """Revoke a key, for every worker at its next request."""
        services().projects.revoke_key(cause(), caller().organization_id, project_id, key_id)


@blueprint.route("/<project_id>/tracking-code", methods=["GET"])
@signed_in()
@blueprint.response(200, TrackingCodeSchema)
def get_tracking_code(project_id: str) -> TrackingCode:
    """What to paste into a site or a program. The key is told only when it is made: put it in its place."""
    caller().catalog.get_project(caller().organization_id, project_id)
    return tracking_code(current_app.config["PUBLIC_URL"] or request.host_url)


def _new_project(project: Project, key: str | None) -> dict[str, Any]:
    return {**ProjectSchema().dump(project), "api_key": key}


def _new_key(made: ApiKey, key: str | None) -> dict[str, Any]:
    return {**KeySchema().dump(made), "api_key": key}


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    require_name(body["name"])
    if "timezone" in body:
        rules.require_timezone(body["timezone"])
    if "domain" in body:
        rules.require_domain(body["domain"])
    if "allowed_origins" in body:
        body["allowed_origins"] = rules.require_origins(body["allowed_origins"])
    if "event_types" in body:
        body["event_types"] = rules.require_event_types(body["event_types"])
    return body


serve_past(blueprint, PROJECT, ProjectSchema, least_role="admin", shown=read_project)
