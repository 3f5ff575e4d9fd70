"""What there is to ask about in a project: event types, properties, traits, and values of them, with bounds.

A kind is what a value's text reads as: events keep values as texts, so the number 10 and the text "10" are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from iafa_api.domain.time_range import TimeRange

KINDS: Final = ("number", "text", "boolean", "json")
JSON_ENDS: Final = (("{", "}"), ("[", "]"))
VALUE_MAX: Final = 200  # characters of a value that is shown: a picker does not show an essay


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an answer shows: so many event types, names of each, and values of each of those."""

    event_types: int
    names: int
    values: int


OVERVIEW: Final = Bounds(100, 50, 5)
ONE_TYPE: Final = Bounds(1, 500, 20)


@dataclass(frozen=True, slots=True)
class CatalogueQuestion:
    """The events of a range, of one type or of all. Names contain `search`: those of event types, or, where one type is
    asked for, of its properties; and those of traits."""

    time_range: TimeRange
    event_type: str | None = None
    search: str = ""

    @property
    def bounds(self) -> Bounds:
        return OVERVIEW if self.event_type is None else ONE_TYPE


@dataclass(frozen=True, slots=True)
class NameUse:
    """A property or trait: how many have it, of which kinds the values are, and the most frequent ones.

    `has_more`: there are values beside those shown.
    """

    name: str
    count: int
    kinds: Mapping[str, int]
    values: tuple[tuple[str, int], ...]

    @property
    def has_more(self) -> bool:
        return sum(count for _, count in self.values) < self.count


@dataclass(frozen=True, slots=True)
class TypeUse:
    """An event type; times are microseconds, `columns` says how many of its events have each."""

    event_type: str
    count: int
    first_us: int
    last_us: int
    columns: Mapping[str, int]
    properties: tuple[NameUse, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The most frequent event types and traits first; `persons` are those of whom any trait is known."""

    event_types: tuple[TypeUse, ...]
    has_more: bool
    persons: int
    traits: tuple[NameUse, ...]
    has_more_traits: bool
