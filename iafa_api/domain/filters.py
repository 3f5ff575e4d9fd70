"""The filter language: which events a question looks at, as a small tree.

Three forms mean the same: a mapping (property → value, list of values, or operators), a list of
`{"property", "operator", "value"}` of which all must hold, and trees of `{"all": […]}` and `{"any": […]}`; they nest.
`parse_filter` promises a tree within the bounds below or `InvalidInput` whose `errors` say where and what would be
right. `matches` is what a filter means: the query engine must agree with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.faults import MISSING, UNKNOWN, Faults, Path

MAX_DEPTH: Final = 8
MAX_CONDITIONS: Final = 200
MAX_VALUES: Final = 1000  # of one condition; an answer must not wait for a list that nobody wrote by hand
MAX_TEXT: Final = 2000  # characters of a value or a pattern
MAX_NAME: Final = 255  # characters of a property's or a trait's name

# What is made of an event beside what its sender said.
ENRICHED: Final = (
    *("country", "region", "city", "browser", "os", "device_type", "is_bot"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "click_id", "click_id_type"),
    *("referrer_source", "referrer_medium", "local_hour", "local_weekday", "is_business_hours"),
)
COLUMNS: Final = (
    "id",
    "event_type",
    "user_id",
    "anonymous_id",
    "session_id",
    "url",
    "referrer",
    "user_agent",
    "ip_address",
    *ENRICHED,
)
COHORT: Final = "cohort"  # whether the person is in one of the cohorts whose ids are the values
COHORT_OPERATORS: Final = ("in", "not_in")
COMPARISONS: Final = ("gt", "gte", "lt", "lte")
NEGATIVES: Final = {"ne": "eq", "not_in": "in", "not_contains": "contains"}
PRESENCE: Final = ("is_set", "is_not_set")
OPERATORS: Final = (
    *("eq", "ne", "in", "not_in", *COMPARISONS, "contains", "not_contains", "starts_with", "ends_with", "regex"),
    *PRESENCE,
)
# A text is a number where JSON would call it one (leading zeros are forgiven): no "inf", no "1_000", no blanks.
NUMBER: Final = "-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"

_NUMBER: Final = re.compile(NUMBER)
_ITEM_KEYS: Final = {"property", "operator", "value"}
_GREATEST: Final = 10**300


@dataclass(frozen=True, slots=True)
class Condition:
    """One property against values, any of which will do; None among them stands for a missing property.

    Values are texts, as events keep them. `path` is where the condition stood in its document.
    """

    property: str
    operator: str
    values: tuple[str | None, ...]
    path: Path = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; so it does where there is none."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Filter, ...]


Filter = Condition | AllOf | AnyOf


def parse_filter(document: object, *, path: Path = ("filter",)) -> Filter | None:
    """The tree of a filter's JSON; None where it asks for nothing. Errors are nested below `path`."""
    faults = Faults()
    found = read_filter(document, faults, path)
    faults.require_none()
    return found


def read_filter(document: object, faults: Faults, path: Path) -> Filter | None:
    """As `parse_filter`, for a filter inside a larger document: what is wrong is added to `faults`."""
    if document is None:
        return None
    tree = _Reader(faults).read(document, path, depth=1)
    return None if tree == AllOf(()) else tree


def filters_in(document: object, path: Path = ()) -> Iterator[Filter | None]:
    """Every filter that stands anywhere in a document that was read; the paths of their conditions are those in it."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            if name in ("filter", "filters"):
                yield parse_filter(value, path=(*path, name))
            else:
                yield from filters_in(value, (*path, str(name)))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from filters_in(value, (*path, str(place)))


def conditions(tree: Filter | None) -> list[Condition]:
    """All conditions of a tree, from left to right."""
    if tree is None:
        return []
    if isinstance(tree, Condition):
        return [tree]
    return [condition for part in tree.parts for condition in conditions(part)]


def is_property(name: object) -> bool:
    """Whether this names what an event or its person can have: a column, `properties.NAME` or the trait `user.NAME`."""
    if not isinstance(name, str) or not _is_text(name):
        return False
    kind, dot, rest = name.partition(".")
    return name in COLUMNS or (kind in ("properties", "user") and dot == "." and 0 < len(rest) <= MAX_NAME)


def canonical_text(value: object) -> str:
    """A value as events keep it: a text as itself, anything else as its JSON text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number_of(text: str) -> float | None:
    """The number that a text is, or None."""
    return float(text) if _NUMBER.fullmatch(text) else None


def lower(text: str) -> str:
    """Letter by letter, as the engine lowers: the one letter that becomes two in Unicode stays one."""
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in text)


def matches(tree: Filter | None, event: Mapping[str, Any]) -> bool:
    """Whether an event (its columns by name, `properties` and `traits` mappings of texts) passes.

    `traits` are the ones that its person has now; an event without them has none. `cohorts` is the set of the ids of
    those that its person is in, for filters that name one.
    """
    if tree is None:
        return True
    if isinstance(tree, AllOf):
        return all(matches(part, event) for part in tree.parts)
    if isinstance(tree, AnyOf):
        return any(matches(part, event) for part in tree.parts)
    if tree.property == COHORT:
        return any(value in event["cohorts"] for value in tree.values) == (tree.operator == "in")
    if tree.property.startswith("properties."):
        value = event["properties"].get(tree.property.removeprefix("properties."))
    elif tree.property.startswith("user."):
        value = (event.get("traits") or {}).get(tree.property.removeprefix("user."))
    else:
        value = event[tree.property]
    if tree.operator in NEGATIVES:
        return not any(_holds(NEGATIVES[tree.operator], value, wanted) for wanted in tree.values)
    if tree.operator in PRESENCE:
        return (value is not None) == (tree.operator == "is_set")
    return any(_holds(tree.operator, value, wanted) for wanted in tree.values)


def _holds(operator: str, value: str | None, wanted: str | None) -> bool:
    if value is None or wanted is None:
        return operator in ("eq", "in") and value is wanted
    match operator:
        case "eq" | "in":
            return value == wanted
        case "contains":
            return lower(wanted) in lower(value)
        case "starts_with":
            return value.startswith(wanted)
        case "ends_with":
            return value.endswith(wanted)
        case "regex":
            return re.search(wanted, value) is not None
    number, limit = number_of(value), number_of(wanted)
    if number is None or limit is None:
        return False
    return {"gt": number > limit, "gte": number >= limit, "lt": number < limit, "lte": number <= limit}[operator]


class _Reader:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._count = 0
        self._parts = 0

    def read(self, document: object, path: Path, *, depth: int) -> Filter:
        self._parts += 1
        if self._parts > 2 * MAX_CONDITIONS:
            # Parts without conditions would get round the bound on those.
            self._faults.add(path[:1], f"A filter has at most {2 * MAX_CONDITIONS} parts.")
        elif depth > MAX_DEPTH:
            self._faults.add(path, f"A filter nests at most {MAX_DEPTH} levels deep.")
        elif isinstance(document, list):
            return self._all(document, path, depth)
        elif isinstance(document, Mapping):
            if "property" in document or "operator" in document:
                return self._item(document, path)
            return _joined([self._entry(name, value, path, depth) for name, value in document.items()])
        else:
            self._faults.add(path, "Must be a mapping, or a list of conditions.")
        return AllOf(())

    def _entry(self, name: object, value: object, path: Path, depth: int) -> Filter:
        path = (*path, str(name))
        if name not in ("all", "any"):
            return self._property(name, value, path)
        if not isinstance(value, list):
            self._faults.add(path, "Must be a list of filters.")
        elif name == "all":
            return self._all(value, path, depth)
        elif not value:
            self._faults.add(path, "Must hold at least one filter.")
        else:
            return AnyOf(tuple(self.read(part, (*path, str(i)), depth=depth + 1) for i, part in enumerate(value)))
        return AllOf(())

    def _all(self, parts: list[object], path: Path, depth: int) -> Filter:
        return _joined([self.read(part, (*path, str(i)), depth=depth + 1) for i, part in enumerate(parts)])

    def _item(self, item: Mapping[Any, Any], path: Path) -> Filter:
        for key in item.keys() - _ITEM_KEYS:
            self._faults.add((*path, str(key)), UNKNOWN)
        if "property" not in item:
            self._faults.add((*path, "property"), MISSING)
            return AllOf(())
        operator = item.get("operator", "eq")
        if "value" not in item and operator not in PRESENCE:
            self._faults.add((*path, "value"), MISSING)
        if not self._is_known(item["property"], (*path, "property")):
            return AllOf(())
        return self._condition(
            item["property"], operator, item.get("value"), (*path, "operator"), (*path, "value"), origin=path
        )

    def _property(self, name: object, value: object, path: Path) -> Filter:
        if not self._is_known(name, path):
            return AllOf(())
        if not isinstance(value, Mapping):
            return self._condition(name, "eq", value, path, path, origin=path)
        if not value:
            self._faults.add(path, "Must be a value, a list of values, or operators.")
        return _joined(
            [
                self._condition(name, operator, wanted, (*path, str(operator)), (*path, str(operator)), origin=path)
                for operator, wanted in value.items()
            ]
        )

    def _is_known(self, name: object, path: Path) -> bool:
        scope, _, rest = name.partition(".") if isinstance(name, str) else ("", "", "")
        if isinstance(name, str) and scope in ("properties", "user") and 0 < len(rest) <= 255:
            if _is_text(name):
                return True
            self._faults.add(path, "Must be valid Unicode.")
        elif name in COLUMNS or name == COHORT:
            return True
        else:
            self._faults.add(path, f"Must be properties.NAME, user.NAME or one of: {', '.join((*COLUMNS, COHORT))}.")
        return False

    def _condition(
        self, name: Any, operator: object, value: object, operator_path: Path, value_path: Path, *, origin: Path
    ) -> Filter:
        self._count += 1
        if self._count > MAX_CONDITIONS:
            if self._count == MAX_CONDITIONS + 1:
                self._faults.add(origin, f"A filter has at most {MAX_CONDITIONS} conditions.")
            return AllOf(())
        if not isinstance(operator, str) or operator not in OPERATORS:
            self._faults.add(operator_path, f"Must be one of: {', '.join(OPERATORS)}.")
            return AllOf(())
        if name == COHORT and operator not in COHORT_OPERATORS:
            self._faults.add(operator_path, f"Must be one of: {', '.join(COHORT_OPERATORS)}, with ids of cohorts.")
            return AllOf(())
        if operator in PRESENCE:
            if value is not None and value is not True:
                self._faults.add(value_path, "Must be true, or left out.")
            return Condition(name, operator, (), origin)
        listed = value if isinstance(value, list) else [value]
        if not 0 < len(listed) <= MAX_VALUES:
            self._faults.add(value_path, f"Must hold 1 to {MAX_VALUES} values.")
            return AllOf(())
        if name == COHORT and None in listed:
            self._faults.add(value_path, "Must be ids of cohorts.")
        texts = [self._value(operator, one, value_path) for one in listed]
        return Condition(name, operator, tuple(dict.fromkeys(texts)), origin)

    def _value(self, operator: str, value: object, path: Path) -> str | None:
        if value is None and operator in ("eq", "ne", "in", "not_in"):
            return None
        wanted = "a number" if operator in COMPARISONS else "a text, a number or a boolean"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if abs(value) < _GREATEST:  # false for nan, too
                return canonical_text(value)
            wanted = "a finite number"
        elif isinstance(value, str) and len(value) <= MAX_TEXT and _is_text(value):
            if operator not in COMPARISONS or number_of(value) is not None:
                return value
        elif isinstance(value, bool) and operator not in COMPARISONS:
            return canonical_text(value)
        elif isinstance(value, str):
            wanted = f"valid Unicode of at most {MAX_TEXT} characters"
        self._faults.add(path, f"Must be {wanted}.")
        return None


def _joined(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8; JSON's escapes can name half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
