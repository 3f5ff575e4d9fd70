"""What the bodies and answers of all questions have in common, and an answer as the caller wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from flask import Response, request

from iafa_api.domain.faults import MISSING, refuse
from iafa_api.domain.project import Project
from iafa_api.rest.asker import Asker, asker
from iafa_api.rest.blueprints import StrictSchema
from iafa_api.rest.tables import Rows, csv_line, xlsx

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AS_CSV: dict[str, Any] = {
    "content_type": CSV,
    "description": "With `Accept: text/csv`, or that of XLSX: the figures as a table",
    "success": True,
}
EVENT_TYPE = {"description": "null: any event."}
COMPARE = {"description": 'previous_period, previous_year, or such as {"shift_days": -7}.'}


class ViewSchema(StrictSchema):
    """What of the data is looked at, where that is not simply all that is known now."""

    timezone = ma.fields.String(metadata={"description": "Default: the project's."})
    include_archive = ma.fields.Boolean(metadata={"description": "Expired events that are archived count as well."})
    include_bots = ma.fields.Boolean(metadata={"description": "The events of crawlers count as well."})
    identities_as_of = ma.fields.String(
        metadata={"description": "Who is whom as was known then: a local day or time. Default: as is known now."}
    )


class RangeSchema(ViewSchema):
    start_date = ma.fields.String(
        metadata={"description": "A local day or time, inclusive, or 7d: the last so many days. Default: 30d."}
    )
    end_date = ma.fields.String(metadata={"description": "A local day or time, inclusive. Default: today."})


class DateRangeSchema(StrictSchema):
    start = ma.fields.String()
    end = ma.fields.String()


class ReceiptSchema(StrictSchema):
    question = ma.fields.Dict()
    answered_at = ma.fields.String()
    metadata_position = ma.fields.Integer()
    manifest_version = ma.fields.Integer()
    segments = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    arrivals = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    events = ma.fields.Integer()
    files = ma.fields.Integer()
    program_version = ma.fields.String()
    signature = ma.fields.String()


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


def question_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an answer: the question itself, and the time zone beside it."""
    return {
        "document": {name: value for name, value in body.items() if name not in ("project_id", "timezone")},
        "timezone": body.get("timezone"),
    }


def shown(answer: dict[str, Any], table: Callable[[Mapping[str, Any]], Rows]) -> Any:
    """The answer itself, or its `table` as CSV or XLSX where the caller would rather have that."""
    wanted = request.accept_mimetypes.best_match(["application/json", CSV, XLSX])
    if wanted == CSV:
        return Response("".join(map(csv_line, table(answer))), mimetype=CSV, headers={"Vary": "Accept"})
    if wanted == XLSX:
        return Response(xlsx(table(answer)), mimetype=XLSX, headers={"Vary": "Accept"})
    return answer
