"""The kinds of JSON values, as JSON Schema's types tell them apart: `number` is two, with a fraction or without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

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
