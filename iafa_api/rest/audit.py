"""/audit: every change of the organisation's metadata; and what other blueprints need to answer for the past.

`?version=N` and `?as_of=TIME` show a thing as it was; `…/history` lists its changes, `…/revert` and `…/undelete` take
changes back by new events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import Response, request, stream_with_context
from flask_smorest.pagination import PaginationParameters

from iafa_api.domain.faults import refuse
from iafa_api.domain.moments import log_time
from iafa_api.metadata.access_log import KINDS, AccessEntry
from iafa_api.metadata.audit_export import export_lines
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.changes import field_of
from iafa_api.metadata.history import Change, EntryFilter, HistoryEntry, list_changes
from iafa_api.metadata.projections import Document
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import caller, note_access, services, signed_in
from iafa_api.rest.tables import csv_line

blueprint = StrictBlueprint("audit", __name__, url_prefix="/audit", description="Who changed what, when")


class ActorSchema(StrictSchema):
    kind = ma.fields.String()
    id = ma.fields.String(allow_none=True)
    ip_hash = ma.fields.String(allow_none=True)


class ChangeSchema(ma.Schema):
    path = ma.fields.String()
    before = ma.fields.Raw(data_key="from", allow_none=True)
    after = ma.fields.Raw(data_key="to", allow_none=True)


class HistoryEntrySchema(StrictSchema):
    seq = ma.fields.Integer()
    stream = ma.fields.String()
    name = ma.fields.String(
        allow_none=True, metadata={"description": "What the thing was called after it; null: it has no name."}
    )
    project_id = ma.fields.String(allow_none=True, metadata={"description": "The project that the thing is in."})
    version = ma.fields.Integer()
    type = ma.fields.String()
    at = ma.fields.String()
    actor = ma.fields.Nested(ActorSchema)
    request_id = ma.fields.String()
    data = ma.fields.Dict()
    changes = ma.fields.List(ma.fields.Nested(ChangeSchema))


class AuditQuerySchema(ma.Schema):
    stream = ma.fields.String(metadata={"description": "Such as funnel-ID."})
    type = ma.fields.String(
        metadata={
            "description": "Such as funnel.changed; several with commas between, and * stands for any characters: "
            "funnel.*,*.deleted"
        }
    )
    actor = ma.fields.String(metadata={"description": "The id of who did it."})
    first = ma.fields.String(data_key="from", metadata={"description": "A time with an offset, or a day (UTC)."})
    last = ma.fields.String(data_key="to", metadata={"description": "A time with an offset, or a day (UTC)."})

    class Meta:
        unknown = ma.EXCLUDE  # page and page_size have a schema of their own


class AccessEntrySchema(StrictSchema):
    at = ma.fields.String()
    kind = ma.fields.String(validate=ma.validate.OneOf(KINDS))
    actor_id = ma.fields.String(allow_none=True)
    ip_hash = ma.fields.String(allow_none=True)
    request_id = ma.fields.String()
    detail = ma.fields.String()


class VerificationSchema(StrictSchema):
    ok = ma.fields.Boolean()
    events = ma.fields.Integer(metadata={"description": "Events of the organisation that hold."})
    first_bad_seq = ma.fields.Integer(allow_none=True)
    reason = ma.fields.String(allow_none=True)
    read_at = ma.fields.String(
        metadata={
            "description": "When the whole log was last read for this, from its first event on. What came since is "
            "always checked; an edit of older bytes since then is found by the next whole reading."
        }
    )


class ExportSchema(StrictSchema):
    after = ma.fields.Integer(
        load_default=0, validate=ma.validate.Range(0), metadata={"description": "Only what follows this event."}
    )


class PastSchema(ma.Schema):
    """The parameters that ask for a moment of the past."""

    as_of = ma.fields.String(metadata={"description": "A time with an offset, or a day (its end, UTC)."})

    class Meta:
        unknown = ma.EXCLUDE


class PastVersionSchema(PastSchema):
    version = ma.fields.Integer(validate=ma.validate.Range(1), metadata={"description": "In place of as_of."})


class RevertSchema(StrictSchema):
    version = ma.fields.Integer(
        strict=True, required=True, validate=ma.validate.Range(1), metadata={"description": "The one to go back to."}
    )
    dry_run = ma.fields.Boolean(load_default=False, metadata={"description": "Only say what would change."})


class PlannedRevertSchema(StrictSchema):
    """What a revert would do, and what no revert brings back."""

    changes = ma.fields.List(ma.fields.Nested(ChangeSchema))
    stays = ma.fields.List(ma.fields.String())


@blueprint.route("/events", methods=["GET"])
@signed_in("admin")
@blueprint.arguments(AuditQuerySchema, location="query")
@blueprint.response(200, HistoryEntrySchema(many=True))
@blueprint.paginate()
def list_events(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Sequence[HistoryEntry]:
    """Every metadata change of the organisation, newest first. Never a password hash or a key."""
    wanted = EntryFilter(
        stream=query.get("stream"),
        type=query.get("type"),
        actor=query.get("actor"),
        first_at=log_time(query["first"], "from", at_end=False) if "first" in query else None,
        last_at=log_time(query["last"], "to", at_end=True) if "last" in query else None,
    )
    note_access("personal_data_read", "the audit log, with the personal fields that it holds")
    events = services().history.list_events(caller().organization_id, wanted)
    pagination_parameters.item_count = len(events)
    shown = events[pagination_parameters.first_item : pagination_parameters.last_item + 1]
    return services().history.describe(shown)


@blueprint.route("/verify", methods=["GET"])
@signed_in("admin")
@blueprint.response(200, VerificationSchema)
def verify() -> dict[str, Any]:
    """Check the chain from its first event to its last, and the organisation's events in it.

    A long log is not read whole for each question: `read_at` says when it was.
    """
    verification, read_at = services().verifier.verify(caller().organization_id)
    return {**asdict(verification), "read_at": read_at}


@blueprint.route("/export", methods=["GET"])
@signed_in("admin")
@blueprint.arguments(ExportSchema, location="query")
@blueprint.response(200, content_type="application/x-ndjson", description="A file that proves itself")
@blueprint.alt_response(200, content_type="text/csv", description="The changes as a table", success=True)
def export(query: dict[str, Any]) -> Response:
    """The organisation's events: as NDJSON that `iafa audit verify` checks offline (the others' events as hashes
    only, personal fields sealed), or with `Accept: text/csv` as a table of changes."""
    note_access("export", "the audit log")
    if request.accept_mimetypes.best_match(["application/x-ndjson", "text/csv"]) == "text/csv":
        return _attachment(_csv_lines(), "text/csv", "audit.csv")
    lines = export_lines(services().proof, caller().organization_id, after=query["after"])
    return _attachment(lines, "application/x-ndjson", "audit.ndjson")


def _attachment(lines: Iterator[Any], media_type: str, name: str) -> Response:
    response = Response(stream_with_context(lines), mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv_lines() -> Iterator[str]:
    events = services().history.list_events(caller().organization_id, EntryFilter())
    yield csv_line(["seq", "at", "type", "stream", "version", "actor", "request_id", "path", "from", "to"])
    for entry in services().history.describe(events):
        where = [entry.seq, entry.at, entry.type, entry.stream, entry.version, entry.actor.id, entry.request_id]
        for change in entry.changes or (Change("", None, None),):
            yield csv_line([*where, change.path, _json(change.before), _json(change.after)])


def _json(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@blueprint.route("/access", methods=["GET"])
@signed_in("admin")
@blueprint.response(200, AccessEntrySchema(many=True))
@blueprint.paginate()
def list_access(pagination_parameters: PaginationParameters) -> list[AccessEntry]:
    """Sign-ins that failed, access that was refused, personal data that was read; newest first."""
    entries = services().access_log.list_entries(caller().organization_id)
    pagination_parameters.item_count = len(entries)
    return entries[pagination_parameters.first_item : pagination_parameters.last_item + 1]


def list_history(stream: str, pagination_parameters: PaginationParameters) -> list[HistoryEntry]:
    """A page of the history of one thing, newest first. NotFound where it is another organisation's."""
    services().history.require_stream(caller().organization_id, stream)
    entries = services().history.list_entries(stream)
    pagination_parameters.item_count = len(entries)
    return entries[pagination_parameters.first_item : pagination_parameters.last_item + 1]


def catalog_as_of(query: dict[str, Any], now: Catalog | None = None, *, stream: str | None = None) -> Catalog:
    """The metadata as it was at `as_of`, or as it is (`now`, by default the caller's).

    Where `stream` says that one thing is all that is asked for, what was is read from its own events, whatever else
    was changed since.
    """
    if "as_of" not in query:
        return now or caller().catalog
    timeline, at = services().timeline, log_time(query["as_of"], "as_of", at_end=True)
    return Catalog(timeline.state_at(timeline.seq_at(at)) if stream is None else timeline.state_of(stream, at))


def document_at(query: dict[str, Any], organization_id: str, stream: str) -> Document | None:
    """The thing at the `version` that is asked for; None where none is."""
    if "version" not in query:
        return None
    if "as_of" in query:
        raise refuse(("as_of",), "Must be left out where version is given.")
    return services().history.document_at(organization_id, stream, query["version"])


def plan_revert(stream: str, document: Document, names: Sequence[str]) -> dict[str, Any]:
    """What going back to `document` would change of the thing as it is now, for a dry run."""
    now = services().history.newest(stream)
    before, after = ({name: field_of(each, name) for name in names} for each in (now, document))
    return {"changes": list(list_changes(before, after)), "stays": ["keys", "members", "sessions", "events"]}
