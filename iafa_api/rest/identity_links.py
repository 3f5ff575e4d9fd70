"""/projects/{id}/identity-links: what was said of who is whom, and taking it back."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask_smorest import Page

from iafa_api import clock
from iafa_api.answers.identity_links import Ends, Link, change_link, list_links
from iafa_api.domain import tracked_event as rules
from iafa_api.domain.faults import refuse
from iafa_api.domain.identities import RESTORE, UNDO
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import caller, note_access, services, signed_in

blueprint = StrictBlueprint(
    "identity_links", __name__, url_prefix="/projects", description="Who was joined with whom, and taking it back"
)
ID = ma.validate.Length(1, rules.USER_ID_MAX)
CHANGES = {UNDO: "identity_link_undone", RESTORE: "identity_link_restored"}


class LinkEndsSchema(StrictSchema):
    """One of `anonymous_id` and `previous_id`."""

    user_id = ma.fields.String(required=True, validate=ID)
    anonymous_id = ma.fields.String(allow_none=True, validate=ID, metadata={"description": "As identify said."})
    previous_id = ma.fields.String(allow_none=True, validate=ID, metadata={"description": "As alias said."})


class LinkChangeSchema(StrictSchema):
    change = ma.fields.String(metadata={"enum": [UNDO, RESTORE]})
    at = ma.fields.String()
    actor = ma.fields.String(metadata={"description": "Such as user:… ."})


class IdentityLinkSchema(LinkEndsSchema):
    counts = ma.fields.Boolean(metadata={"description": "Whether the two are joined by it."})
    calls = ma.fields.Integer(metadata={"description": "How many said so and count."})
    undone_calls = ma.fields.Integer()
    first_at = ma.fields.String(metadata={"description": "When the first call counts from, undone ones included."})
    last_received_at = ma.fields.String()
    actors = ma.fields.List(ma.fields.String(), metadata={"description": "Who said so, such as key:… ."})
    doors = ma.fields.List(ma.fields.String(), metadata={"description": "Which way the calls came in."})
    changes = ma.fields.List(ma.fields.Nested(LinkChangeSchema), metadata={"description": "In the order they came."})


class LinksQuerySchema(ma.Schema):
    person_id = ma.fields.String(required=True, metadata={"description": "Any id of the person."})

    class Meta:
        unknown = ma.EXCLUDE  # page and page_size have a schema of their own


@blueprint.route("/<project_id>/identity-links", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(LinksQuerySchema, location="query")
@blueprint.response(200, IdentityLinkSchema(many=True))
@blueprint.paginate(Page)
def get_links(query: dict[str, Any], project_id: str) -> list[dict[str, Any]]:
    """The links of one person, those that were undone included, in the order they were first said."""
    who = asker()
    project = who.get_project(project_id)
    who.note_personal_read(project.id, "a person's identities")
    return [_shown(link) for link in list_links(services(), project.id, query["person_id"])]


@blueprint.route("/<project_id>/identity-links/undo", methods=["POST"])
@signed_in("admin")
@blueprint.arguments(LinkEndsSchema)
@blueprint.response(200, IdentityLinkSchema)
def undo_link(body: dict[str, Any], project_id: str) -> dict[str, Any]:
    """Take a link back: every figure is what it would be if no call had said so. A call from now on joins again."""
    return _change(body, project_id, UNDO)


@blueprint.route("/<project_id>/identity-links/restore", methods=["POST"])
@signed_in("admin")
@blueprint.arguments(LinkEndsSchema)
@blueprint.response(200, IdentityLinkSchema)
def restore_link(body: dict[str, Any], project_id: str) -> dict[str, Any]:
    """Take the last undo of a link back: what was said of it before counts again."""
    return _change(body, project_id, RESTORE)


def _change(body: dict[str, Any], project_id: str, change: str) -> dict[str, Any]:
    project = caller().catalog.get_project(caller().organization_id, project_id)
    ends = Ends(body["user_id"], body.get("anonymous_id"), body.get("previous_id"))
    if (ends.anonymous_id is None) == (ends.previous_id is None):
        raise refuse(("anonymous_id",), "Give one of anonymous_id and previous_id.")
    link = change_link(services(), project.id, ends, change, f"user:{caller().user.id}")
    note_access(CHANGES[change], f"a link of project {project.id}")
    return _shown(link)


def _shown(link: Link) -> dict[str, Any]:
    said = [*link.calls, *link.undone_calls]
    return {
        "user_id": link.ends.user_id,
        "anonymous_id": link.ends.anonymous_id,
        "previous_id": link.ends.previous_id,
        "counts": bool(link.calls),
        "calls": len(link.calls),
        "undone_calls": len(link.undone_calls),
        "first_at": clock.format_time(clock.to_us(min(row["at"] for row in said))),
        "last_received_at": clock.format_time(clock.to_us(max(row["ingested_at"] for row in said))),
        "actors": sorted({row["actor"] for row in said if row["actor"] is not None}),
        "doors": sorted({row["door"] for row in said}),
        "changes": [
            {"change": row["change"], "at": clock.format_time(clock.to_us(row["ingested_at"])), "actor": row["actor"]}
            for row in link.changes
        ],
    }
