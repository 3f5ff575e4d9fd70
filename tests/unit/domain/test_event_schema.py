"""Which schemas are taken at all: bounded in size, depth and work, with nothing that is fetched or recursive."""

import pytest

from iafa_api.domain.event_schema import (
    DEPTH_MAX,
    PATTERNS_MAX,
    REPEATED_MAX,
    SCHEMA_MAX_BYTES,
    SUBSCHEMAS_MAX,
    expand,
    require_bounds,
)
from iafa_api.errors import InvalidInput


def refused(schema):
    with pytest.raises(InvalidInput) as caught:
        require_bounds(schema)
    found = []

    def walk(errors, path):
        if isinstance(errors, list):
            found.append(".".join(path))
            return
        for name, inner in errors.items():
            walk(inner, (*path, name))

    walk(caught.value.errors["schema"], ())
    return sorted(found)


def nested(depth):
    schema = {}
    for _ in range(depth):
        schema = {"items": schema}
    return schema


def laughs(count):
    """Each definition refers to the next one twice."""
    definitions = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(count)}
    return {"$ref": "#/$defs/a0", "$defs": definitions | {f"a{count}": {"type": "string"}}}


def chain(count):
    definitions = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(count)} | {f"a{count}": {}}
    return {"$ref": "#/$defs/a0", "$defs": definitions}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Bought", "x-owner": {"any": ["thing"]}},
        {"properties": {"$ref": {}, "format": {"const": {"format": "odd", "$ref": "data, not a schema"}}}},
        {"properties": {"a": {"$ref": "#/$defs/price"}, "b": {"$ref": "#/$defs/price"}}, "$defs": {"price": {}}},
        {"unevaluatedProperties": False, "allOf": [{"properties": {"a": {}}}]},
        {"properties": {"a": {"unevaluatedItems": False}, "b": {"unevaluatedItems": False}}},
        {"allOf": "no list", "properties": 1, "$defs": []},  # the engine says what is wrong with it
        nested(DEPTH_MAX - 1),
        chain(DEPTH_MAX - 1),
        laughs(6),
        {"properties": {f"p{n}": {"pattern": "a"} for n in range(PATTERNS_MAX)}},
        {"items": {"allOf": [{"minimum": n} for n in range(REPEATED_MAX - 1)]}, "required": ["a"] * 200},
        {"items": {"enum": [str(n) for n in range(2000)]}, "enum": list(range(2000))},
    ],
)
def test_what_is_in_bounds_is_taken(schema):
    require_bounds(schema)


@pytest.mark.parametrize(
    ("schema", "places"),
    [
        ({"$ref": "https://example.com/a.json"}, ["$ref"]),
        ({"$ref": "#"}, ["$ref"]),
        ({"$ref": "#/properties/a"}, ["$ref"]),
        ({"$ref": "#/$defs/none", "$defs": {}}, ["$ref"]),
        ({"$ref": 1}, ["$ref"]),
        ({"$ref": "#/$defs/a%20", "$defs": {"a%20": {}, "a ": {}}}, ["$ref"]),  # the engine would find the other one
        ({"$ref": "#/$defs/a~1b", "$defs": {"a~1b": {}, "a/b": {}}}, ["$ref"]),
        ({"$ref": "#/$defs/", "$defs": {"": {}}}, ["$ref"]),
        ({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, ["$defs.a.items.$ref"]),
        (
            {"$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}}},
            ["$defs.a.not.$ref", "$defs.b.items.$ref"],
        ),
        ({"properties": {"a": {"$defs": {}}}}, ["properties.a.$defs"]),
        ({"$id": "https://example.com"}, ["$id"]),
        ({"items": {"$anchor": "a"}}, ["items.$anchor"]),
        ({"$dynamicRef": "#a"}, ["$dynamicRef"]),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ["$schema"]),
        ({"anyOf": [{}, {"requird": ["a"], "Type": "string"}]}, ["anyOf.1.Type", "anyOf.1.requird"]),
        ({"patternProperties": {"a": {"format": "regex"}}}, ["patternProperties.a.format"]),
        ({"dependentSchemas": {"a": {"format": []}}}, ["dependentSchemas.a.format"]),
        (
            {"unevaluatedProperties": False, "if": {"if": {"unevaluatedProperties": False}}},
            ["if.if.unevaluatedProperties"],
        ),
        (
            {"unevaluatedItems": {"$ref": "#/$defs/a"}, "$defs": {"a": {"unevaluatedItems": False}}},
            ["$defs.a.unevaluatedItems"],
        ),
    ],
)
def test_what_is_left_out_is_told_by_its_place(schema, places):
    assert refused(schema) == places


@pytest.mark.parametrize(
    "schema",
    [
        {"description": "x" * SCHEMA_MAX_BYTES},
        {"description": "ü" * (SCHEMA_MAX_BYTES // 2)},
        {"enum": [nested(DEPTH_MAX - 1)]},
        nested(DEPTH_MAX),
        {"anyOf": [{}] * SUBSCHEMAS_MAX},
        laughs(12),
        {"properties": {f"p{n}": {"pattern": "a"} for n in range(PATTERNS_MAX + 1)}},
        {"patternProperties": {f"p{n}": {} for n in range(PATTERNS_MAX + 1)}},
        {"items": {"allOf": [{"minimum": n} for n in range(REPEATED_MAX)]}},
        {"additionalProperties": {"required": [f"r{n}" for n in range(REPEATED_MAX)]}},
        {"patternProperties": {"a": {"dependentRequired": {f"r{n}": [] for n in range(REPEATED_MAX)}}}},
        {"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"enum": [*range(REPEATED_MAX - 1), "a"]}}},
        {f"unevaluated{each}": {"anyOf": [{}] * 50} for each in ("Items", "Properties")},
    ],
)
def test_what_is_too_much_is_told_of_the_whole(schema):
    assert refused(schema) == [""]


def test_a_chain_of_references_is_as_deep_as_what_it_refers_to():
    assert refused(chain(DEPTH_MAX + 2)) == [
        f"$defs.a{DEPTH_MAX}",
        f"$defs.a{DEPTH_MAX + 1}",
        f"$defs.a{DEPTH_MAX + 2}",
    ]


def test_expanding_puts_what_is_referred_to_in_its_places_and_leaves_out_what_says_nothing():
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bought",
        "properties": {"a": {"$ref": "#/$defs/b", "description": "d", "allOf": [True]}, "title": {"x-a": 1}},
        "items": False,
        "anyOf": [{"$ref": "#/$defs/c"}],
        "$defs": {"b": {"$ref": "#/$defs/c", "minimum": 1}, "c": {"type": "integer"}},
    }
    integer = {"type": "integer"}
    assert expand(schema) == {
        "properties": {"a": {"allOf": [True, {"minimum": 1, "allOf": [integer]}]}, "title": {}},
        "items": False,
        "anyOf": [{"allOf": [integer]}],
    }
