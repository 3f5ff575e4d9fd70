"""What a catalogue says, slowly: lists of the events, and counting by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iafa_api.domain.catalogue import Bounds, CatalogueQuestion
from iafa_api.domain.filters import COLUMNS
from tests.oracles.activity import Event

Named = tuple[str, str]


def catalogue(
    rows: Iterable[Event], traits: Mapping[Any, Mapping[str, str]], question: CatalogueQuestion, bounds: Bounds
) -> dict[str, Any]:
    asked, wanted = question.time_range, question.event_type
    rows = [one for one in rows if asked.start_us <= one["created_at"] < asked.end_us]
    rows = [one for one in rows if wanted in (None, one["event_type"])]
    if wanted is None:
        rows = [one for one in rows if question.search.lower() in one["event_type"].lower()]
    ranked = by_count(Counter(one["event_type"] for one in rows))
    types = []
    for event_type, count in ranked[: bounds.event_types]:
        events = [one for one in rows if one["event_type"] == event_type]
        pairs = [pair for one in events for pair in one["properties"].items()]
        search = question.search if wanted is not None else ""
        times = [one["created_at"] for one in events]
        columns = {name: sum(one[name] is not None for one in events) for name in COLUMNS}
        types.append((event_type, count, min(times), max(times), columns, *names(pairs, search, bounds)))
    known = [pair for one in traits.values() for pair in one.items()]
    return {
        "types": types,
        "has_more": len(ranked) > bounds.event_types,
        "persons": sum(bool(one) for one in traits.values()),
        "traits": names(known, question.search, bounds),
    }


def names(pairs: Sequence[tuple[str, str | None]], search: str, bounds: Bounds) -> tuple[list[Any], bool]:
    there = [(name, value) for name, value in pairs if value is not None and search.lower() in name.lower()]
    ranked = by_count(Counter(name for name, _ in there))
    found = []
    for name, count in ranked[: bounds.names]:
        values = [value for of, value in there if of == name]
        shown = by_count(Counter(value for value in values if len(value) <= 200))[: bounds.values]
        has_more = set(values) != {value for value, _ in shown}
        found.append((name, count, dict(Counter(map(kind, values))), tuple(shown), has_more))
    return found, len(ranked) > bounds.names


def kind(text: str) -> str:
    if text in ("true", "false"):
        return "boolean"
    if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text, re.ASCII):
        return "number"
    return "json" if text[:1] + text[-1:] in ("{}", "[]") and len(text) > 1 else "text"


def by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0].encode()))
