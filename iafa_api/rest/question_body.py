"""What the bodies and answers of all questions have in common, and an answer as the caller wants it: JSON or CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import marshmallow as ma
from flask import Response, request

from iafa_api.domain.faults import MISSING, refuse
from iafa_api.domain.project import Project
from iafa_api.rest.analytics import DateRangeSchema, RangeSchema, ReceiptSchema
from iafa_api.rest.asker import Asker, asker
from iafa_api.rest.blueprints import StrictSchema
from iafa_api.rest.tables import csv_line

Rows = Iterable[Sequence[Any]]
AS_CSV: dict[str, Any] = {
    "content_type": "text/csv",
    "description": "With `Accept: text/csv`: the figures as a table",
    "success": True,
}
EVENT_TYPE = {"description": "null: any event."}
COMPARE = {"description": 'previous_period, previous_year, or such as {"shift_days": -7}.'}


class QuestionSchema(RangeSchema):
    """Who is asked about, when, and which events. What it must be in full is the question's module in domain to say."""

    project_id = ma.fields.String(metadata={"description": "Not needed with a read key."})
    filter = ma.fields.Raw(allow_none=True, metadata={"description": "Drops events before anything looks at them."})


class AnswerSchema(StrictSchema):
    date_range = ma.fields.Nested(DateRangeSchema)
    receipt = ma.fields.Nested(ReceiptSchema)


class ValueBreakdownSchema(StrictSchema):
    properties = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"minItems": 1, "maxItems": 3, "description": "Columns, properties.NAME or user.NAME."},
    )
    limit = ma.fields.Integer(
        strict=True, metadata={"description": "Rows; the values past them are one more, $other. Default: 25."}
    )


def who_and_project(body: Mapping[str, Any]) -> tuple[Asker, Project]:
    """Who asks, and the project that the body names or their read key is confined to."""
    who = asker()
    project_id = body.get("project_id", who.only_project)
    if project_id is None:
        raise refuse(("project_id",), MISSING)
    return who, who.get_project(project_id)


def shown(answer: dict[str, Any], table: Callable[[Mapping[str, Any]], Rows]) -> Any:
    """The answer itself, or its `table` as CSV where the caller would rather have that."""
    if request.accept_mimetypes.best_match(["application/json", "text/csv"]) != "text/csv":
        return answer
    return Response("".join(map(csv_line, table(answer))), mimetype="text/csv", headers={"Vary": "Accept"})
