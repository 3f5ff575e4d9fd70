"""/projects/{id}/schemas: what the properties of a project's events must be, by event type."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import jsonify
from flask.views import MethodView
from flask_smorest.pagination import PaginationParameters

from iafa_api.answers.event_schemas import Count, dry_run, read_seen
from iafa_api.domain.event_schema import MODES, SCHEMA_MAX_BYTES, require_bounds
from iafa_api.domain.faults import refuse
from iafa_api.domain.schema_draft import draft_schema
from iafa_api.domain.tracked_event import EVENT_TYPE_MAX, has_control_character
from iafa_api.errors import NotFound
from iafa_api.ingest.schema_engine import make_validator
from iafa_api.metadata.history import HistoryEntry
from iafa_api.metadata.projections import Document
from iafa_api.metadata.saved import BREAKING_SCHEMA, SCHEMA, SavedKind
from iafa_api.rest.audit import (
    HistoryEntrySchema,
    PastVersionSchema,
    PlannedRevertSchema,
    RevertSchema,
    catalog_as_of,
    list_history,
    plan_revert,
)
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema, match_version
from iafa_api.rest.caller import caller, cause, services, signed_in
from iafa_api.rest.idempotency import idempotent
from iafa_api.rest.question_body import DateRangeSchema
from iafa_api.rest.saved import SavedListSchema, saved_at

DAYS_MAX = 90
SAMPLE_MAX = 1_000_000
BREAKING = {
    "description": "Make the change although events may fail that pass now. Without it such a change is refused, with "
    "what breaks; what cannot be proven to be compatible counts as breaking."
}
JSON_SCHEMA = {
    "description": f"JSON Schema, draft 2020-12, of the event's properties, up to {SCHEMA_MAX_BYTES} bytes; see "
    "docs/schemas.md for what is left out."
}

blueprint = StrictBlueprint(
    "event_schemas", __name__, url_prefix="/projects/<project_id>/schemas", description="What events must be"
)


def _event_type(**more: Any) -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.Length(1, EVENT_TYPE_MAX), **more)


def _mode(**more: Any) -> ma.fields.String:
    said = "observe: failures are counted. warn: the sender is told as well. quarantine: such events are refused."
    return ma.fields.String(validate=ma.validate.OneOf(MODES), metadata={"description": said}, **more)


class EventSchemaSchema(StrictSchema):
    id = ma.fields.String(dump_only=True)
    project_id = ma.fields.String(dump_only=True)
    event_type = _event_type(required=True, metadata={"description": "One schema each. Cannot be changed later."})
    schema = ma.fields.Dict(required=True, metadata=JSON_SCHEMA)
    mode = _mode(load_default="observe")
    version = ma.fields.Integer(dump_only=True)
    created_at = ma.fields.String(dump_only=True)
    updated_at = ma.fields.String(dump_only=True)


class NewEventSchemaSchema(EventSchemaSchema):
    seen = ma.fields.Raw(dump_only=True, metadata={"description": "A draft says it; it is not looked at."})


class ChangedEventSchemaSchema(EventSchemaSchema):
    event_type = _event_type()
    schema = ma.fields.Dict(metadata=JSON_SCHEMA)
    mode = _mode()
    breaking = ma.fields.Boolean(load_default=False, load_only=True, metadata=BREAKING)


class SchemaListSchema(SavedListSchema):
    event_type = _event_type(metadata={"description": "Only the one of this event type."})

    class Meta(SavedListSchema.Meta):
        exclude = ("project_id",)


class SchemaRevertSchema(RevertSchema):
    breaking = ma.fields.Boolean(load_default=False, metadata=BREAKING)


class DryRunSchema(StrictSchema):
    event_type = _event_type(required=True)
    schema = ma.fields.Dict(required=True, metadata=JSON_SCHEMA)
    days = ma.fields.Integer(
        strict=True,
        load_default=7,
        validate=ma.validate.Range(1, DAYS_MAX),
        metadata={"description": "Of 24 hours, until now."},
    )
    sample = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(1, SAMPLE_MAX),
        metadata={"description": "Check so many events only. Default: all of them."},
    )


class FailureSchema(StrictSchema):
    place = ma.fields.String(metadata={"description": "As in properties.items.*.price; * is any place in a list."})
    rule = ma.fields.String(metadata={"description": "The keyword of JSON Schema."})
    events = ma.fields.Integer()
    examples = ma.fields.List(ma.fields.String(), metadata={"description": "Ids of some of them."})


class AmbiguousSchema(StrictSchema):
    place = ma.fields.String()
    events = ma.fields.Integer()
    examples = ma.fields.List(ma.fields.String())


class SampleSchema(StrictSchema):
    size = ma.fields.Integer()
    of = ma.fields.Integer()


class DryRunAnswerSchema(StrictSchema):
    """passing + failing + undecided = checked. Between failing and failing + undecided of them would have failed."""

    event_type = ma.fields.String()
    date_range = ma.fields.Nested(DateRangeSchema)
    checked = ma.fields.Integer()
    passing = ma.fields.Integer()
    failing = ma.fields.Integer()
    undecided = ma.fields.Integer(
        metadata={
            "description": "Events with a property whose stored text may have been sent as a text or as the value that "
            "it is the JSON of, where one of them passes and the other does not."
        }
    )
    failures = ma.fields.List(
        ma.fields.Nested(FailureSchema), metadata={"description": "An event that breaks several rules is in several."}
    )
    ambiguous = ma.fields.List(
        ma.fields.Nested(AmbiguousSchema), metadata={"description": "The properties that decide the undecided events."}
    )
    sample = ma.fields.Nested(SampleSchema, allow_none=True, metadata={"description": "null: all events were checked."})


class DraftQuerySchema(StrictSchema):
    event_type = _event_type(required=True)


class SeenPropertySchema(StrictSchema):
    name = ma.fields.String()
    events = ma.fields.Integer(metadata={"description": "That have it, be it as null."})
    types = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class SeenSchema(StrictSchema):
    date_range = ma.fields.Nested(DateRangeSchema)
    events = ma.fields.Integer()
    properties = ma.fields.List(ma.fields.Nested(SeenPropertySchema))
    has_more = ma.fields.Boolean(metadata={"description": "There are properties beside these, less frequent."})


class DraftSchema(StrictSchema):
    event_type = ma.fields.String()
    schema = ma.fields.Dict()
    mode = ma.fields.String()
    seen = ma.fields.Nested(SeenSchema)


@blueprint.route("")
class Schemas(MethodView):
    @signed_in("analyst")
    @blueprint.arguments(SchemaListSchema, location="query")
    @blueprint.response(200, EventSchemaSchema(many=True))
    @blueprint.paginate()
    def get(
        self, query: dict[str, Any], pagination_parameters: PaginationParameters, project_id: str
    ) -> list[Document]:
        """List the schemas, oldest first, as they are or were."""
        found = catalog_as_of(query).list_saved(SCHEMA.documents, caller().organization_id, project_id)
        if "event_type" in query:
            found = [document for document in found if document["event_type"] == query["event_type"]]
        pagination_parameters.item_count = len(found)
        return found[pagination_parameters.first_item : pagination_parameters.last_item + 1]

    @signed_in("admin")
    @blueprint.etag
    @blueprint.arguments(NewEventSchemaSchema)
    @blueprint.response(201, EventSchemaSchema)
    @idempotent(lambda document: document)
    def post(self, body: dict[str, Any], project_id: str) -> Document:
        """Give an event type a schema. Every worker checks the next event by it."""
        project = caller().catalog.get_project(caller().organization_id, project_id)
        _require_event_type(body["event_type"])
        _require_schema(body["schema"])
        return services().saved(SCHEMA).create(cause(), caller().organization_id, project.id, body)


@blueprint.route("/dry-run", methods=["POST"])
@signed_in("analyst")
@blueprint.arguments(DryRunSchema)
@blueprint.response(200, DryRunAnswerSchema)
def run_dry(body: dict[str, Any], project_id: str) -> dict[str, Any]:
    """How many stored events would fail a schema, and where: without saving it.

    All events of the last days are checked, those of the last second included, within the time-out of questions (503
    past it: ask for fewer days, or for a sample).
    """
    project = caller().catalog.get_project(caller().organization_id, project_id)
    _require_schema(body["schema"])
    sample = body.get("sample")
    found = dry_run(services(), project, body["event_type"], body["schema"], days=body["days"], sample=sample)
    failures = sorted(found.failures.items(), key=lambda item: (-item[1].events, item[0]))
    ambiguous = sorted(found.ambiguous.items(), key=lambda item: (-item[1].events, item[0]))
    return {
        "event_type": body["event_type"],
        "date_range": {"start": found.time_range.start, "end": found.time_range.end},
        "checked": found.checked,
        "passing": found.outcomes["passes"],
        "failing": found.outcomes["fails"],
        "undecided": found.outcomes["undecided"],
        "failures": [{"place": place, "rule": rule, **_shown(count)} for (place, rule), count in failures],
        "ambiguous": [{"place": place, **_shown(count)} for place, count in ambiguous],
        "sample": None if sample is None else {"size": found.checked, "of": found.total},
    }


@blueprint.route("/draft", methods=["GET"])
@signed_in("analyst")
@blueprint.arguments(DraftQuerySchema, location="query")
@blueprint.response(200, DraftSchema)
def get_draft(query: dict[str, Any], project_id: str) -> dict[str, Any]:
    """A schema that the events of the last 30 days suggest, ready to be POSTed; `seen` says what it is made of."""
    project = caller().catalog.get_project(caller().organization_id, project_id)
    time_range, use = read_seen(services(), project, query["event_type"])
    return {
        "event_type": query["event_type"],
        "schema": draft_schema(use),
        "mode": "observe",
        "seen": {
            "date_range": {"start": time_range.start, "end": time_range.end},
            "events": use.event_count,
            "properties": [{"name": each.name, "events": each.count, "types": each.types} for each in use.properties],
            "has_more": use.has_more,
        },
    }


@blueprint.route("/<schema_id>")
class SchemaById(MethodView):
    @signed_in("analyst")
    @blueprint.etag
    @blueprint.arguments(PastVersionSchema, location="query")
    @blueprint.response(200, EventSchemaSchema)
    def get(self, query: dict[str, Any], project_id: str, schema_id: str) -> Document:
        """A schema, as it is or was."""
        _require_in_project(project_id, schema_id)
        return saved_at(SCHEMA, query, caller().organization_id, caller().catalog, schema_id)

    @signed_in("admin")
    @blueprint.etag
    @blueprint.arguments(ChangedEventSchemaSchema)
    @blueprint.response(200, EventSchemaSchema)
    def put(self, body: dict[str, Any], project_id: str, schema_id: str) -> Document:
        """Change a schema or its mode; what is left out stays as it is. A breaking change has to say that it is one."""
        document = _now(project_id, schema_id)
        version = blueprint.require_version(document["version"])
        if body.pop("event_type", document["event_type"]) != document["event_type"]:
            raise refuse(("event_type",), "Cannot be changed: give the other event type a schema of its own.")
        kind = _kind(body.pop("breaking"))
        if "schema" in body:
            _require_schema(body["schema"])
        return services().saved(kind).change(cause(), caller().organization_id, schema_id, version, body)

    @signed_in("admin")
    @blueprint.response(204)
    def delete(self, project_id: str, schema_id: str) -> None:
        """Delete a schema: events of its type are checked no more. Honours If-Match."""
        version = match_version(_now(project_id, schema_id)["version"])
        services().saved(SCHEMA).delete(cause(), caller().organization_id, schema_id, version)


@blueprint.route("/<schema_id>/history", methods=["GET"])
@signed_in("analyst")
@blueprint.response(200, HistoryEntrySchema(many=True))
@blueprint.paginate()
def get_history(pagination_parameters: PaginationParameters, project_id: str, schema_id: str) -> list[HistoryEntry]:
    """Every change of it, newest first."""
    _require_in_project(project_id, schema_id)
    return list_history(SCHEMA.stream(schema_id), pagination_parameters)


@blueprint.route("/<schema_id>/revert", methods=["POST"])
@signed_in("admin")
@blueprint.arguments(SchemaRevertSchema)
@blueprint.response(200, EventSchemaSchema)
@blueprint.alt_response(202, schema=PlannedRevertSchema, description="The dry run: nothing is changed")
def revert(body: dict[str, Any], project_id: str, schema_id: str) -> Any:
    """Go back to an earlier version, as a new one; also this may break. Honours If-Match."""
    document = _now(project_id, schema_id)
    stream = SCHEMA.stream(schema_id)
    to = services().history.document_at(caller().organization_id, stream, body["version"])
    if body["dry_run"]:
        return jsonify(PlannedRevertSchema().dump(plan_revert(stream, to, SCHEMA.fields))), 202
    version = match_version(document["version"])
    saved = services().saved(_kind(body["breaking"]))
    return saved.revert(cause(), caller().organization_id, schema_id, version, to=to)


@blueprint.route("/<schema_id>/undelete", methods=["POST"])
@signed_in("admin")
@blueprint.response(200, EventSchemaSchema)
def undelete(project_id: str, schema_id: str) -> Document:
    """Take the deletion back."""
    _require_in_project(project_id, schema_id)
    return services().saved(SCHEMA).undelete(cause(), caller().organization_id, schema_id)


def _kind(may_break: bool) -> SavedKind:
    return BREAKING_SCHEMA if may_break else SCHEMA


def _now(project_id: str, schema_id: str) -> Document:
    _require_in_project(project_id, schema_id)
    return caller().catalog.saved_document(SCHEMA.documents, caller().organization_id, schema_id)


def _require_in_project(project_id: str, schema_id: str) -> None:
    """NotFound where the schema is not, and was not, of this project of the caller's."""
    caller().catalog.get_project(caller().organization_id, project_id)
    stream = SCHEMA.stream(schema_id)
    services().history.require_stream(caller().organization_id, stream)
    if services().history.newest(stream)["project_id"] != project_id:
        raise NotFound(f"There is no schema with the id {schema_id[:64]!r}.")


def _require_event_type(event_type: str) -> None:
    if has_control_character(event_type):
        raise refuse(("event_type",), "Control characters are not allowed.")


def _require_schema(schema: dict[str, Any]) -> None:
    require_bounds(schema)
    make_validator(schema)


def _shown(count: Count) -> dict[str, Any]:
    return {"events": count.events, "examples": count.examples}
