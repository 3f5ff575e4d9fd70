"""A question's figures by the values of properties: a row per combination of values, the ones past a limit in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.faults import MISSING, UNKNOWN, Faults, Path
from iafa_api.domain.filters import is_property

PROPERTIES_MAX: Final = 3
DEFAULT_LIMIT: Final = 25
LIMIT_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class ValueBreakdown:
    """By the values of one to three properties; the values past `limit` share a row."""

    properties: tuple[str, ...]
    limit: int = DEFAULT_LIMIT

    @property
    def json(self) -> dict[str, Any]:
        return {"properties": list(self.properties), "limit": self.limit}


def read_value_breakdown(
    document: object, faults: Faults, *, limit_max: int = LIMIT_MAX, path: Path = ("breakdown",)
) -> ValueBreakdown | None:
    """`{"properties", "limit"}`; None where nothing is asked. What is wrong is added to `faults`."""
    if document is None:
        return None
    if not isinstance(document, Mapping):
        faults.add(path, 'Must be such as {"properties": ["properties.plan"]}.')
        return None
    for key in document.keys() - {"properties", "limit"}:
        faults.add((*path, str(key)), UNKNOWN)
    listed = document.get("properties")
    if listed is None:
        faults.add((*path, "properties"), MISSING)
        listed = []
    elif not isinstance(listed, list) or not 1 <= len(listed) <= PROPERTIES_MAX:
        faults.add((*path, "properties"), f"Must be a list of 1 to {PROPERTIES_MAX} properties.")
        listed = []
    for place, name in enumerate(listed):
        if not is_property(name):
            faults.add((*path, "properties", str(place)), "Must be a column, properties.NAME or user.NAME.")
    limit = DEFAULT_LIMIT if document.get("limit") is None else document["limit"]
    if type(limit) is not int or not 1 <= limit <= limit_max:
        faults.add((*path, "limit"), f"Must be a whole number from 1 to {limit_max}.")
        limit = DEFAULT_LIMIT
    return ValueBreakdown(tuple(listed), limit)
