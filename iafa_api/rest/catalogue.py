"""GET /projects/{id}/catalogue: the event types, properties, columns and traits there are, with values of them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from iafa_api import clock
from iafa_api.answers.catalogue import list_catalogue
from iafa_api.domain.catalogue import ONE_TYPE, OVERVIEW, VALUE_MAX, NameUse, TypeUse
from iafa_api.domain.filters import MAX_NAME
from iafa_api.rest.asker import MAY_ASK, asker
from iafa_api.rest.blueprints import StrictBlueprint, StrictSchema
from iafa_api.rest.caller import services
from iafa_api.rest.question_body import DateRangeSchema, RangeSchema

blueprint = StrictBlueprint("catalogue", __name__, url_prefix="/projects", description="What there is to ask about")
SHARE_DIGITS = 4
HAS_MORE = {"description": "There are others, less frequent; ask with search, or for one event type."}


class CatalogueQuerySchema(RangeSchema):
    event_type = ma.fields.String(
        validate=ma.validate.Length(1, MAX_NAME),
        metadata={"description": f"Only this one: {ONE_TYPE.names} properties, with {ONE_TYPE.values} values each."},
    )
    search = ma.fields.String(
        load_default="",
        validate=ma.validate.Length(max=MAX_NAME),
        metadata={
            "description": "What names contain, in any case: those of event types, or, with event_type, of its "
            "properties; and those of traits."
        },
    )


class ValueSchema(StrictSchema):
    value = ma.fields.String()
    count = ma.fields.Integer()


class NameSchema(StrictSchema):
    property = ma.fields.String(metadata={"description": "As a filter names it: properties.NAME, user.NAME."})
    count = ma.fields.Integer(metadata={"description": "Events that have it, or persons."})
    share = ma.fields.Float(
        metadata={"description": "Of the events of the type, or of persons with any trait; 0 to 1."}
    )
    kinds = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "How many of the values read as number, boolean, json or text."},
    )
    values = ma.fields.List(
        ma.fields.Nested(ValueSchema),
        metadata={
            "description": f"The most frequent ones of up to {VALUE_MAX} characters; of a name with very many values "
            "some that are frequent. The counts are exact."
        },
    )
    has_more = ma.fields.Boolean(metadata={"description": "There are values beside these."})


class ColumnSchema(StrictSchema):
    property = ma.fields.String()
    count = ma.fields.Integer(metadata={"description": "Events that have it."})
    share = ma.fields.Float()


class EventTypeSchema(StrictSchema):
    event_type = ma.fields.String()
    count = ma.fields.Integer()
    first_seen = ma.fields.String(metadata={"description": "In the range."})
    last_seen = ma.fields.String(metadata={"description": "In the range."})
    columns = ma.fields.List(ma.fields.Nested(ColumnSchema))
    properties = ma.fields.List(ma.fields.Nested(NameSchema))
    has_more = ma.fields.Boolean(metadata=HAS_MORE)


class TraitsSchema(StrictSchema):
    persons = ma.fields.Integer(metadata={"description": "Of whom any trait is known, whenever they were there."})
    properties = ma.fields.List(ma.fields.Nested(NameSchema))
    has_more = ma.fields.Boolean(metadata=HAS_MORE)


class CatalogueSchema(StrictSchema):
    project_id = ma.fields.String()
    date_range = ma.fields.Nested(DateRangeSchema)
    event_types = ma.fields.List(
        ma.fields.Nested(EventTypeSchema), metadata={"description": f"The {OVERVIEW.event_types} most frequent ones."}
    )
    has_more = ma.fields.Boolean(metadata=HAS_MORE)
    traits = ma.fields.Nested(TraitsSchema)


@blueprint.route("/<project_id>/catalogue", methods=["GET"])
@blueprint.doc(security=MAY_ASK)
@blueprint.arguments(CatalogueQuerySchema, location="query")
@blueprint.response(200, CatalogueSchema)
def get_catalogue(query: dict[str, Any], project_id: str) -> dict[str, Any]:
    """Event types, their properties and values as they are in the events of a range: what a question can be put from.

    Counted exactly, the events of the last second included. Values are shown as events keep them: as texts.
    """
    who = asker()
    project = who.get_project(project_id)
    who.note_personal_read(project.id, "values of properties and traits")
    time_range, found = list_catalogue(services(), project, **query)
    return {
        "project_id": project.id,
        "date_range": {"start": time_range.start, "end": time_range.end},
        "event_types": [_shown_type(one) for one in found.event_types],
        "has_more": found.has_more,
        "traits": {
            "persons": found.persons,
            "properties": [_shown_name("user", one, found.persons) for one in found.traits],
            "has_more": found.has_more_traits,
        },
    }


def _shown_type(one: TypeUse) -> dict[str, Any]:
    return {
        "event_type": one.event_type,
        "count": one.count,
        "first_seen": clock.format_time(one.first_us),
        "last_seen": clock.format_time(one.last_us),
        "columns": [
            {"property": name, "count": count, "share": round(count / one.count, SHARE_DIGITS)}
            for name, count in one.columns.items()
        ],
        "properties": [_shown_name("properties", use, one.count) for use in one.properties],
        "has_more": one.has_more,
    }


def _shown_name(owner: str, use: NameUse, of_count: int) -> dict[str, Any]:
    return {
        "property": f"{owner}.{use.name}",
        "count": use.count,
        "share": round(use.count / of_count, SHARE_DIGITS),
        "kinds": dict(use.kinds),
        "values": [{"value": value, "count": count} for value, count in use.values],
        "has_more": use.has_more,
    }
