"""POST /analytics/trends: figures of series of events by period, formulas over them, and both by values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import marshmallow as ma

from iafa_api.answers.trends import answer_trends
from iafa_api.domain.formulas import LETTERS
from iafa_api.domain.periods import INTERVALS
from iafa_api.rest.asker import MAY_ASK
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import (
    AS_CSV,
    COMPARE,
    EVENT_TYPE,
    AnswerSchema,
    QuestionSchema,
    ValueBreakdownSchema,
    question_of,
    shown,
    who_and_project,
)
from iafa_api.rest.tables import Rows

blueprint = StrictBlueprint("trends", __name__, url_prefix="/analytics", description="Questions about the events")
MEASURE = "events (default), users, sessions, first_time_users, or sum|average|min|max|median|p90 of properties.NAME."


class SeriesSchema(StrictSchema):
    event_type = ma.fields.String(allow_none=True, required=True, metadata=EVENT_TYPE)
    filter = ma.fields.Raw(allow_none=True)
    measure = ma.fields.String(allow_none=True, metadata={"description": MEASURE})


class TrendsBodySchema(QuestionSchema):
    series = ma.fields.List(ma.fields.Nested(SeriesSchema), required=True, metadata={"minItems": 1, "maxItems": 26})
    interval = ma.fields.String(allow_none=True, metadata={"enum": list(INTERVALS), "description": "Default: day."})
    breakdown = ma.fields.Nested(ValueBreakdownSchema, allow_none=True)
    compare = ma.fields.Raw(allow_none=True, metadata=COMPARE)
    formulas = ma.fields.List(
        ma.fields.String(), allow_none=True, metadata={"description": "Such as B / A * 100; A is the first series."}
    )
    moving_average = ma.fields.Integer(
        strict=True,
        allow_none=True,
        metadata={"description": "Each figure of data is the mean of so many periods."},
    )


class LineSchema(StrictSchema):
    data = ma.fields.List(ma.fields.Raw(allow_none=True), metadata={"description": "A figure of each period, or null."})
    total = ma.fields.Raw(allow_none=True, metadata={"description": "Of the range: users once, not once a period."})


class FormulaLineSchema(LineSchema):
    formula = ma.fields.String()


class ValueLineSchema(LineSchema):
    series = ma.fields.Integer(metadata={"description": "Its place, from 0; without formulas only."})
    value = ma.fields.List(ma.fields.String(), metadata={"description": "Of each property; empty where it is missing."})


class TrendsFiguresSchema(StrictSchema):
    periods = ma.fields.List(ma.fields.String(), metadata={"description": "The local start of each."})
    series = ma.fields.List(ma.fields.Nested(LineSchema))
    formulas = ma.fields.List(ma.fields.Nested(FormulaLineSchema))
    breakdown = ma.fields.List(ma.fields.Nested(ValueLineSchema))


class TrendsAnswerSchema(TrendsFiguresSchema, AnswerSchema):
    previous = ma.fields.Nested(TrendsFiguresSchema, metadata={"description": "Of the range that was compared with."})
    change_percent = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Float(allow_none=True),
        metadata={"description": "Of the totals: A for the first series, a formula by its text; null from nothing."},
    )


@blueprint.route("/trends", methods=["POST"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(TrendsBodySchema)
@blueprint.response(200, TrendsAnswerSchema)
@blueprint.alt_response(200, **AS_CSV)
def answer(body: dict[str, Any]) -> Any:
    """Counts, people, sessions and numbers of events by period."""
    who, project = who_and_project(body)
    found = answer_trends(services(), project, metadata_position=who.catalog.position, **question_of(body))
    return shown(found, lambda found: trends_rows(found, body))


def trends_rows(found: Mapping[str, Any], body: Mapping[str, Any]) -> Rows:
    """A row per line and period, and one for each line's total."""
    properties = (body.get("breakdown") or {}).get("properties", [])
    yield ["range", "line", *properties, "period", "figure"]
    for name, figures in (("current", found), ("previous", found.get("previous"))):
        for line, value, row in _lines(figures or {}):
            start = [name, line, *(value or [""] * len(properties))]
            periods = zip((figures or {})["periods"], row["data"], strict=True)
            yield from ([*start, period, figure] for period, figure in periods)
            yield [*start, "total", row["total"]]


def _lines(figures: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], Mapping[str, Any]]]:
    formulas = figures.get("formulas", [])
    for place, row in enumerate(figures.get("series", [])):
        yield LETTERS[place], (), row
    for row in formulas:
        yield row["formula"], (), row
    for row in figures.get("breakdown", []):
        yield LETTERS[row["series"]] if "series" in row else formulas[0]["formula"], row["value"], row
