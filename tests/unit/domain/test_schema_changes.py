"""What a change of a schema breaks, rule by rule; tests/properties hold all of it to the engine."""

import pytest

from iafa_api.domain import schema_changes
from iafa_api.domain.schema_changes import TOO_COMPLEX, find_breaks


def at(rules):
    return {"properties": {"a": rules}}


STRING, NUMBER, INTEGER, ARRAY = ({"type": name} for name in ("string", "number", "integer", "array"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"required": ["a", "b"]}, {"required": ["b"]}),
        ({}, {"type": "object"}),  # properties are an object, always
        ({}, {"minLength": 3, "title": "of no meaning for an object"}),
        (at(INTEGER), at(NUMBER)),
        (at(INTEGER), at({"type": ["string", "number"]})),
        (at({"enum": [1, "a"]}), at({"type": ["string", "number"]})),
        (at({"enum": ["a"]}), at({"enum": ["b", "a"]})),
        (at({"const": "a"}), at({"enum": ["b", "a"]})),
        (at(STRING), at({"type": "string", "minimum": 5})),
        (at({"minimum": 2}), at({"minimum": 1})),
        (at({"minimum": 2}), at({"exclusiveMinimum": 1})),
        (at({"exclusiveMaximum": 2}), at({"maximum": 2})),
        (at({"multipleOf": 4}), at({"multipleOf": 2})),
        (at({"maxLength": 2}), at({"maxLength": 3})),
        (at({"pattern": "a", "format": "date"}), at({"pattern": "a"})),
        (at({"items": INTEGER}), at({"items": NUMBER})),
        (at({"prefixItems": [INTEGER], "items": STRING}), at({"items": {"type": ["string", "number"]}})),
        (at({"maxItems": 1, "prefixItems": [INTEGER]}), at({"items": INTEGER})),
        (at({"maxItems": 1}), at({"uniqueItems": True})),
        (at({"maxItems": 1.0, "prefixItems": [INTEGER]}), at({"items": INTEGER})),
        (at({"contains": INTEGER, "minContains": 2}), at({"contains": INTEGER})),
        (at({"contains": INTEGER}), at({"contains": INTEGER, "minContains": 0})),
        ({"additionalProperties": False}, at(STRING)),  # there was no a
        ({"additionalProperties": STRING}, at(STRING)),
        ({"additionalProperties": STRING, **at(INTEGER)}, {"additionalProperties": {"type": ["string", "integer"]}}),
        ({"patternProperties": {"^x": INTEGER}}, {"patternProperties": {"^x": NUMBER}}),
        ({"additionalProperties": INTEGER}, {"patternProperties": {"^x": NUMBER}}),
        ({"patternProperties": {"^x": STRING}, "additionalProperties": STRING}, {"additionalProperties": STRING}),
        ({"propertyNames": {"maxLength": 3}}, {"propertyNames": {"maxLength": 4}}),
        ({"required": ["a", "b"]}, {"minProperties": 2, "dependentRequired": {"c": ["b"]}}),
        ({"dependentRequired": {"a": ["b"]}}, {"dependentRequired": {"a": ["b"]}}),
        ({"dependentSchemas": {"a": at(INTEGER)}}, {"dependentSchemas": {"a": at(NUMBER)}}),
        (at({"allOf": [STRING, {"maxLength": 2}]}), at({"type": "string", "maxLength": 2})),
        (at({"anyOf": [STRING, INTEGER]}), at({"type": ["integer", "string"]})),
        (at({"anyOf": [STRING, INTEGER]}), at({"anyOf": [NUMBER, STRING]})),
        (at({"oneOf": [STRING, INTEGER]}), at({"anyOf": [NUMBER, STRING]})),
        (at({"type": ["string", "integer"]}), at({"anyOf": [NUMBER, STRING]})),
        (at({"oneOf": [STRING, INTEGER]}), at({"oneOf": [STRING, INTEGER]})),
        (at({"not": NUMBER}), at({"not": INTEGER})),
        (at(STRING), at({"not": INTEGER})),
        (at({"if": STRING, "then": {"maxLength": 2}}), at({"if": STRING, "then": {"maxLength": 3}})),
        (at({"if": STRING, "else": INTEGER}), at({"if": STRING, "else": NUMBER})),
        ({"unevaluatedProperties": False, **at({})}, {"unevaluatedProperties": False, **at({}), "title": "same"}),
        (at(INTEGER), at({"unevaluatedProperties": False, "type": "integer"})),
        (at(STRING), {"properties": {"a": {"$ref": "#/$defs/s"}}, "$defs": {"s": STRING}}),
        (at(False), at(STRING)),
        ({"properties": {"a": {"type": "string", "const": 1}}}, at(False)),  # nothing passed
        (at({"enum": [1.0]}), at(NUMBER)),
    ],
)
def test_what_can_be_proven_breaks_nothing(old, new):
    assert find_breaks(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ({"required": ["a"]}, {"required": ["a", "b"]}, "required"),
        (at(NUMBER), at(INTEGER), "properties.a.type"),
        ({}, at(STRING), "properties.a.type"),
        ({}, at(False), "properties.a"),
        (at({"enum": ["a", "b"]}), at({"enum": ["a"]}), "properties.a.enum"),
        (at({"enum": [1]}), at({"enum": [True]}), "properties.a.enum"),
        (at(STRING), at({"type": "string", "const": "a"}), "properties.a.const"),
        (at(NUMBER), at({"type": "number", "minimum": 1}), "properties.a.minimum"),
        (at({"minimum": 1}), at({"exclusiveMinimum": 1}), "properties.a.exclusiveMinimum"),
        (at({"maximum": 3}), at({"maximum": 2}), "properties.a.maximum"),
        (at({"maximum": 3}), at({"exclusiveMaximum": 3}), "properties.a.exclusiveMaximum"),
        (at({"multipleOf": 2}), at({"multipleOf": 4}), "properties.a.multipleOf"),
        (at({"pattern": "a"}), at({"pattern": "b"}), "properties.a.pattern"),
        (at(STRING), at({"type": "string", "format": "date"}), "properties.a.format"),
        (at({"maxLength": 3}), at({"maxLength": 2}), "properties.a.maxLength"),
        (at(STRING), at({"type": "string", "maxLength": 2}), "properties.a.maxLength"),
        (at(STRING), at({"type": "string", "minLength": 1}), "properties.a.minLength"),
        (at(ARRAY), at({"type": "array", "prefixItems": [STRING]}), "properties.a.prefixItems.0.type"),
        (at({"items": NUMBER}), at({"items": INTEGER}), "properties.a.items.type"),
        (at(ARRAY), at({"type": "array", "uniqueItems": True}), "properties.a.uniqueItems"),
        (at({"contains": {}}), at({"contains": {}, "maxContains": 2}), "properties.a.contains"),
        ({}, {"additionalProperties": False}, "additionalProperties"),
        (at(STRING), {"additionalProperties": False}, "additionalProperties"),
        ({"additionalProperties": False, **at({})}, {"additionalProperties": False}, "additionalProperties"),
        ({}, {"patternProperties": {"^x": STRING}}, "patternProperties.^x.type"),
        ({"patternProperties": {"a": STRING}, "additionalProperties": False}, at(INTEGER), "properties.a.type"),
        ({}, {"propertyNames": {"maxLength": 2}}, "propertyNames.maxLength"),
        ({"required": ["a"]}, {"minProperties": 2}, "minProperties"),
        ({}, {"maxProperties": 2}, "maxProperties"),
        ({}, {"dependentRequired": {"a": ["b"]}}, "dependentRequired.a"),
        ({}, {"dependentSchemas": {"a": {"required": ["b"]}}}, "dependentSchemas.a.required"),
        ({}, {"allOf": [{"required": ["a"]}]}, "allOf.0.required"),
        (at({"type": ["string", "boolean"]}), at({"anyOf": [NUMBER, STRING]}), "properties.a.anyOf"),
        (at(STRING), at({"oneOf": [STRING, {"maxLength": 2}]}), "properties.a.oneOf"),
        (at(NUMBER), at({"not": {"const": 1}}), "properties.a.not"),
        (at({}), at({"if": STRING, "then": {"maxLength": 2}}), "properties.a.then.maxLength"),
        (at({}), at({"if": STRING, "else": NUMBER}), "properties.a.else.type"),
        ({"unevaluatedProperties": False, **at({})}, {"unevaluatedProperties": False}, "unevaluatedProperties"),
    ],
)
def test_what_cannot_be_proven_is_told_by_its_place(old, new, path):
    assert {".".join(each.path) for each in find_breaks(old, new)} == {path}


def test_everything_that_breaks_is_told_once():
    new = {"allOf": [at({"type": "integer", "minimum": 1})] * 2, "required": ["b", "a"]}
    assert [(".".join(each.path), each.message) for each in find_breaks({}, new)][:2] == [
        ("required", "A new required property: a."),
        ("required", "A new required property: b."),
    ]
    assert len(find_breaks({}, new)) == 6


def test_what_takes_too_long_to_compare_is_told_to_be_too_complex(monkeypatch):
    def wide(limit):
        return {"anyOf": [at({"type": "string", "anyOf": [{"maxLength": limit + n}] * 9}) for n in range(9)]}

    monkeypatch.setattr(schema_changes, "STEPS_MAX", 50)
    assert find_breaks(wide(1), wide(0)) == [((), TOO_COMPLEX)]
