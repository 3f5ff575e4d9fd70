"""A schema to begin with, from what the events of a type were seen to have. Somebody reads it before it refuses any."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.event_schema import SCHEMA_MAX_BYTES

NAMES_MAX: Final = 200  # the most frequent ones: with more, a schema leaves its bounds
NAME_LENGTH_MAX: Final = 100
ENUM_MAX: Final = 20  # different values
ENUM_LENGTH_MAX: Final = 100
ENUM_REPEATS: Final = 10  # on average; fewer, and the next event may well bring a new value
TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")


@dataclass(frozen=True, slots=True)
class PropertyUse:
    """A property: how many events have it, and as what type; its values with their counts where they are few."""

    name: str
    count: int
    types: Mapping[str, int]
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TypeUse:
    """What was seen of an event type. `has_more`: there are properties beside these."""

    event_count: int
    properties: Sequence[PropertyUse]
    has_more: bool


def draft_schema(use: TypeUse) -> dict[str, Any]:
    """The schema that all of this passes: types, what is always there, the values where they are few."""
    schema = _draft(use, with_values=True)
    if len(json.dumps(schema, ensure_ascii=False, separators=(",", ":")).encode()) <= SCHEMA_MAX_BYTES:
        return schema
    return _draft(use, with_values=False)


def _draft(use: TypeUse, *, with_values: bool) -> dict[str, Any]:
    properties = {each.name: _rules(each, with_values) for each in use.properties}
    required = [each.name for each in use.properties if each.count == use.event_count]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _rules(use: PropertyUse, with_values: bool) -> dict[str, Any]:
    names = [name for name in TYPES if use.types.get(name) and not (name == "integer" and use.types.get("number"))]
    rules: dict[str, Any] = {"type": names[0] if len(names) == 1 else names}
    if with_values and names == ["string"] and _are_few(use):
        rules["enum"] = list(use.values)
    return rules


def _are_few(use: PropertyUse) -> bool:
    return (
        0 < len(use.values) <= ENUM_MAX
        and sum(use.values.values()) == use.count
        and use.count >= ENUM_REPEATS * len(use.values)
        and all(len(value) <= ENUM_LENGTH_MAX for value in use.values)
    )
