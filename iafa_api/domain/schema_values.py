"""What can be told of the values that pass a schema without having one: their kinds, and the rules that they all meet.

Kinds are JSON Schema's types, but that `number` is two: with a fraction or without. Schemas are as `expand` gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from iafa_api.domain.event_schema import UNEVALUATED
from iafa_api.domain.faults import Path

Schema = Any  # true, false, or an object
Rules = Mapping[str, Any]

KINDS_OF_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "null": frozenset(("null",)),
    "boolean": frozenset(("boolean",)),
    "string": frozenset(("string",)),
    "array": frozenset(("array",)),
    "object": frozenset(("object",)),
    "integer": frozenset(("integer",)),
    "number": frozenset(("integer", "fraction")),
}
ALL_KINDS: Final = frozenset().union(*KINDS_OF_TYPE.values())


def kinds_named(types: str | Sequence[str]) -> frozenset[str]:
    """The kinds that a schema's `type` allows."""
    names = (types,) if isinstance(types, str) else types
    return frozenset().union(*(KINDS_OF_TYPE[name] for name in names))


def kinds_of(values: Iterable[Any]) -> frozenset[str]:
    """The kinds that some of the values are of. 1.0 is an integer by the standard, and may be none to a program."""
    return frozenset().union(*(_kinds_of(value) for value in values))


def _kinds_of(value: Any) -> frozenset[str]:
    if value is None:
        return KINDS_OF_TYPE["null"]
    if isinstance(value, bool):
        return KINDS_OF_TYPE["boolean"]
    if isinstance(value, str):
        return KINDS_OF_TYPE["string"]
    if isinstance(value, int):
        return KINDS_OF_TYPE["integer"]
    if isinstance(value, float):
        return KINDS_OF_TYPE["number"] if value.is_integer() else frozenset(("fraction",))
    return KINDS_OF_TYPE["object" if isinstance(value, Mapping) else "array"]


def conjuncts(schemas: Sequence[Schema]) -> Iterator[Schema]:
    """All that a value must pass which passes these."""
    for schema in schemas:
        yield schema
        if isinstance(schema, Mapping) and "allOf" in schema:
            yield from conjuncts(schema["allOf"])


def placed_conjuncts(schema: Schema, path: Path) -> Iterator[tuple[Path, Schema]]:
    """The same of one schema, apart, with their places. What looks at its neighbours stays whole."""
    if not isinstance(schema, Mapping) or "allOf" not in schema or not UNEVALUATED.isdisjoint(schema):
        yield path, schema
        return
    yield path, {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
    for place, each in enumerate(schema["allOf"]):
        yield from placed_conjuncts(each, (*path, "allOf", str(place)))


def kinds_left(rules: Sequence[Schema]) -> frozenset[str]:
    """The kinds of values that may pass."""
    kinds = ALL_KINDS
    for each in rules:
        if not isinstance(each, Mapping):
            continue
        if "type" in each:
            kinds &= kinds_named(each["type"])
        for keyword in ("enum", "const"):
            if keyword in each:
                kinds &= kinds_of(listed_values(each, keyword))
        for keyword in ("anyOf", "oneOf"):
            if keyword in each:
                kinds &= frozenset().union(*(kinds_left(list(conjuncts([one]))) for one in each[keyword]))
    return kinds


def type_names(kinds: frozenset[str]) -> set[str]:
    """The types of JSON Schema that stand for these kinds."""
    names = {"number" if kind == "fraction" else kind for kind in kinds}
    return names - {"integer"} if "number" in names else names


def listed_values(rules: Rules, keyword: str) -> list[Any]:
    """What `enum` or `const` leaves."""
    return list(rules["enum"]) if keyword == "enum" else [rules["const"]]
