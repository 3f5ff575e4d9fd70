"""POST /analytics/paths: which items people walk through, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from iafa_api.answers.paths import answer_paths
from iafa_api.domain.path_items import GROUPS_MAX
from iafa_api.domain.path_question import EDGES_MAX, NODES_MAX
from iafa_api.rest.asker import MAY_ASK
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import AS_CSV, AnswerSchema, QuestionSchema, question_of, shown, who_and_project
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("paths", __name__, url_prefix="/analytics", description="Questions about the events")
TABLE = ("kind", "id", "target", "count", "users", "average_seconds", "continued", "dropped", "ended")


def _count(description: str) -> Any:
    return ma.fields.Integer(strict=True, allow_none=True, metadata={"description": description})


def _texts(description: str) -> Any:
    return ma.fields.List(ma.fields.String(), allow_none=True, metadata={"description": description})


class PathsBodySchema(QuestionSchema):
    item = ma.fields.String(
        required=True, metadata={"description": "event_type, url (its path), a column, properties.NAME or user.NAME."}
    )
    event_types = _texts("Only these. Default: all.")
    exclude_event_types = _texts("Not these.")
    start_item = ma.fields.String(
        allow_none=True, metadata={"description": "Walks begin at its first occurrence; those without it do not count."}
    )
    end_item = ma.fields.String(
        allow_none=True, metadata={"description": "Walks end at its first occurrence; those without it do not count."}
    )
    max_nodes = _count(f"Of a walk, 2 to {NODES_MAX}. Default: 5.")
    session_gap_minutes = _count("A longer pause ends a walk. Default: 30.")
    edge_limit = _count(f"Links that are shown, up to {EDGES_MAX}. Default: 50.")
    path_groups = _texts(f"Up to {GROUPS_MAX} patterns such as /product/*; the first that matches is the node.")


class NodeSchema(StrictSchema):
    id = ma.fields.String(metadata={"description": "Position and item, such as 1_/home."})
    item = ma.fields.String()
    position = ma.fields.Integer()
    reached = ma.fields.Integer(metadata={"description": "Walks: reached = continued + dropped + ended."})
    continued = ma.fields.Integer()
    dropped = ma.fields.Integer(metadata={"description": "The session ended here."})
    ended = ma.fields.Integer(metadata={"description": "Cut by max_nodes, or stopped by end_item."})
    users = ma.fields.Integer(metadata={"description": "Persons."})


class LinkSchema(StrictSchema):
    source = ma.fields.String()
    target = ma.fields.String()
    count = ma.fields.Integer(metadata={"description": "Walks."})
    users = ma.fields.Integer(metadata={"description": "Persons."})
    average_seconds = ma.fields.Float()


class PathsAnswerSchema(AnswerSchema):
    nodes = ma.fields.List(ma.fields.Nested(NodeSchema))
    links = ma.fields.List(ma.fields.Nested(LinkSchema))


@blueprint.route("/paths", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(PathsBodySchema)
@blueprint.response(200, PathsAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def answer(body: dict[str, Any]) -> Any:
    """The nodes and links of what people do, one thing after the other, within a session."""
    who, project = who_and_project(body)
    found = answer_paths(services(), project, metadata_position=who.catalog.position, **question_of(body))
    return shown(found, paths_rows)


def paths_rows(found: Mapping[str, Any]) -> Rows:
    """A row per link and one per node, whose count is how many walks reach it."""
    yield TABLE
    for row in found["links"]:
        yield [{"kind": "link", "id": row["source"], **row}.get(name) for name in TABLE]
    for row in found["nodes"]:
        yield [{"kind": "node", "count": row["reached"], **row}.get(name) for name in TABLE]
