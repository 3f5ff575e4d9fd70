"""/projects/{id}/data-quality and /projects/{id}/quarantine: how good the data is, and what was refused of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import marshmallow as ma
import msgspec
from flask import Response, stream_with_context
from flask_smorest.pagination import PaginationParameters

from iafa_api import clock
from iafa_api.answers.quality import answer_quality, find_refused, replay_refused
from iafa_api.domain.quality import MISSING_FIELDS, Quality
from iafa_api.ingest.quarantine import QuarantinedEvent, encode_line, list_newest
from iafa_api.lake import layout
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import caller, note_access, services, signed_in
from iafa_api.rest.question_body import DateRangeSchema

blueprint = StrictBlueprint(
    "quality", __name__, url_prefix="/projects", description="How good the data is, and what was refused of it"
)
IDS_MAX = 1000


class RangeSchema(ma.Schema):
    start_date = ma.fields.String(metadata={"description": "A day or a time of receipt (UTC), inclusive."})
    end_date = ma.fields.String(metadata={"description": "A day or a time of receipt (UTC), inclusive."})

    class Meta:
        unknown = ma.EXCLUDE  # page and page_size have a schema of their own


class RefusedQuerySchema(RangeSchema):
    reason = ma.fields.String(metadata={"description": "Such as event_type_not_allowed."})


class ReplaySchema(StrictSchema):
    ids = ma.fields.List(ma.fields.String(), validate=ma.validate.Length(1, IDS_MAX))
    reason = ma.fields.String()
    start_date = ma.fields.String(metadata={"description": "A day or a time of receipt (UTC), inclusive."})
    end_date = ma.fields.String(metadata={"description": "A day or a time of receipt (UTC), inclusive."})
    dry_run = ma.fields.Boolean(load_default=False, metadata={"description": "Only say what would become of them."})


class SchemaFailuresSchema(StrictSchema):
    event_type = ma.fields.String()
    schema_id = ma.fields.String()
    schema_version = ma.fields.Integer()
    rule = ma.fields.String(metadata={"description": "The first keyword of JSON Schema that they fail by."})
    events = ma.fields.Integer()


class QualitySchema(StrictSchema):
    """Rates are percentages, and null where there is nothing to divide by."""

    accepted = ma.fields.Integer(metadata={"description": "Events stored, each once."})
    rejected = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Integer(), metadata={"description": "By reason."}
    )
    duplicates = ma.fields.Integer(metadata={"description": "Events with an id that was stored already."})
    late = ma.fields.Integer(metadata={"description": "Of the accepted: more than 24 hours old on arrival."})
    truncated = ma.fields.Integer(metadata={"description": "Of the accepted: url, referrer or user_agent was cut."})
    bots = ma.fields.Integer(metadata={"description": "Of the accepted: of crawlers, kept apart from questions."})
    skewed = ma.fields.Integer(
        metadata={"description": "Of the accepted: the sender's clock was off by more than a minute, and set right."}
    )
    dropped = ma.fields.Integer(metadata={"description": "What batches said that their senders had to drop."})
    quarantine_overflow = ma.fields.Integer(metadata={"description": "Refused and only counted: the day was full."})
    rejection_rate = ma.fields.Float(allow_none=True, metadata={"description": "Rejected of all that came in."})
    duplicate_rate = ma.fields.Float(allow_none=True, metadata={"description": "Duplicates of all that came in."})
    late_rate = ma.fields.Float(allow_none=True)
    truncated_rate = ma.fields.Float(allow_none=True)
    capture_rate = ma.fields.Float(
        allow_none=True, metadata={"description": "Accepted of accepted, rejected and dropped."}
    )
    missing = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Float(allow_none=True),
        metadata={"description": f"Accepted events without a field: {', '.join(MISSING_FIELDS)}."},
    )
    schema_failures = ma.fields.List(
        ma.fields.Nested(SchemaFailuresSchema),
        metadata={"description": "Events that fail the schema of their type, taken or not, as its mode says."},
    )


class DayQualitySchema(QualitySchema):
    date = ma.fields.String()


class QualityAnswerSchema(StrictSchema):
    project_id = ma.fields.String()
    date_range = ma.fields.Nested(DateRangeSchema)
    complete_until = ma.fields.String(metadata={"description": "All that came in before is counted; more may be."})
    total = ma.fields.Nested(QualitySchema)
    days = ma.fields.List(ma.fields.Nested(DayQualitySchema))


class QuarantinedSchema(StrictSchema):
    id = ma.fields.String(metadata={"description": "Of the entry; the event's own is event_id."})
    received_at = ma.fields.String()
    reason = ma.fields.String()
    errors = ma.fields.Dict()
    event = ma.fields.Raw(allow_none=True, metadata={"description": "What it said; addresses are keyed hashes."})
    text = ma.fields.String(allow_none=True, metadata={"description": "What there is of it where it cannot be read."})
    byte_count = ma.fields.Integer(metadata={"description": "As it came."})
    index = ma.fields.Integer(metadata={"description": "Its place in the request."})
    door = ma.fields.String()
    event_id = ma.fields.String(allow_none=True)
    user_id = ma.fields.String(allow_none=True)
    anonymous_id = ma.fields.String(allow_none=True)


class ReplayAnswerSchema(StrictSchema):
    dry_run = ma.fields.Boolean()
    accepted = ma.fields.Integer(metadata={"description": "These leave the quarantine."})
    rejected = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Integer(), metadata={"description": "By reason; these stay in it."}
    )
    has_more = ma.fields.Boolean(metadata={"description": "There are more than one call takes: call it again."})


@blueprint.route("/<project_id>/data-quality", methods=["GET"])
@signed_in()
@blueprint.arguments(RangeSchema, location="query")
@blueprint.response(200, QualityAnswerSchema)
def get_data_quality(query: dict[str, Any], project_id: str) -> dict[str, Any]:
    """What became of the events that were sent, by day. Default: the last 30 days.

    Each event of a request that was answered with 200 or 422 is counted once: as accepted, duplicate or rejected. Days
    are UTC days of receipt, whatever time zone the project has: they do not change with it. Counts are made when events
    are stored, mostly within a minute; `complete_until` says up to when they are complete.
    """
    project = caller().catalog.get_project(caller().organization_id, project_id)
    answer = answer_quality(services(), project.id, **query)
    return {
        "project_id": project.id,
        "date_range": {"start": answer.range.start, "end": answer.range.end},
        "complete_until": clock.format_time(answer.complete_until_us),
        "total": _shown_quality(answer.total),
        "days": [
            {"date": layout.day_to_date(day).isoformat(), **_shown_quality(quality)}
            for day, quality in answer.days.items()
        ],
    }


@blueprint.route("/<project_id>/quarantine", methods=["GET"])
@signed_in("analyst")
@blueprint.arguments(RefusedQuerySchema, location="query")
@blueprint.response(200, QuarantinedSchema(many=True))
@blueprint.paginate()
def list_quarantine(
    query: dict[str, Any], pagination_parameters: PaginationParameters, project_id: str
) -> list[dict[str, Any]]:
    """The refused events, newest first, those of the last second included.

    They are kept for 30 days, and no more of a day than the server's settings say (`quarantine_overflow`).
    """
    project = caller().catalog.get_project(caller().organization_id, project_id)
    note_access("personal_data_read", f"the quarantine of project {project.id}")
    found = find_refused(services(), project.id, **query)
    first = pagination_parameters.first_item
    page, count = list_newest(found, first, first + pagination_parameters.page_size - 1)
    pagination_parameters.item_count = count
    return [_shown(entry) for entry in page]


@blueprint.route("/<project_id>/quarantine/download", methods=["GET"])
@signed_in("analyst")
@blueprint.arguments(RefusedQuerySchema, location="query")
@blueprint.response(200, content_type="application/x-ndjson", description="A refused event a line, oldest day first")
def download_quarantine(query: dict[str, Any], project_id: str) -> Response:
    """The refused events as a file of JSON Lines."""
    project = caller().catalog.get_project(caller().organization_id, project_id)
    note_access("export", f"the quarantine of project {project.id}")
    lines = (encode_line(entry) for entry in find_refused(services(), project.id, **query))
    response = Response(stream_with_context(lines), mimetype="application/x-ndjson")
    response.headers["Content-Disposition"] = 'attachment; filename="quarantine.ndjson"'
    return response


@blueprint.route("/<project_id>/quarantine/replay", methods=["POST"])
@signed_in("admin")
@blueprint.arguments(ReplaySchema)
@blueprint.response(200, ReplayAnswerSchema)
def replay_quarantine(body: dict[str, Any], project_id: str) -> dict[str, Any]:
    """Send refused events again, by the rules that the project has now: all that meet every condition given.

    Doing it twice doubles nothing: an event keeps its id, or the one it would have had. Its `created_at` is what it
    would have been: its timestamp, or else the time it first came in.
    """
    project = caller().catalog.get_project(caller().organization_id, project_id)
    is_dry_run = body.pop("dry_run")
    answer = replay_refused(services(), project, is_dry_run=is_dry_run, **body)
    if not is_dry_run:
        note_access("quarantine_replayed", f"{answer.result.accepted_count} events of project {project.id}")
    return {
        "dry_run": is_dry_run,
        "accepted": answer.result.accepted_count,
        "rejected": dict(answer.result.refused),
        "has_more": answer.has_more,
    }


def _shown_quality(quality: Quality) -> dict[str, Any]:
    return {
        "accepted": quality.accepted,
        "rejected": quality.rejected,
        "duplicates": quality.duplicates,
        "late": quality.late,
        "truncated": quality.truncated,
        "bots": quality.bots,
        "skewed": quality.skewed,
        "dropped": quality.dropped,
        "quarantine_overflow": quality.quarantine_overflow,
        **quality.rates,
        "missing": quality.missing_rates,
        "schema_failures": [asdict(failures) for failures in quality.schema_failures],
    }


def _shown(entry: QuarantinedEvent) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "event": msgspec.json.decode(entry.event)}
