"""What several questions ask in the same words: which events, counted by whom, by which interval.

Each reader takes one field of a question's document; what is wrong with it is added to `faults` under its path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.faults import MISSING, UNKNOWN, Faults, Path
from iafa_api.domain.filters import Filter, is_property, read_filter
from iafa_api.domain.funnel_json import MAX_NAME, is_label
from iafa_api.domain.periods import INTERVALS

DEFAULT_INTERVAL: Final = "day"


@dataclass(frozen=True, slots=True)
class AskedEvents:
    """The events of a type (None: of any) that pass a filter."""

    event_type: str | None
    filter: Filter | None = None


def read_events(document: Mapping[str, Any], field: str, faults: Faults) -> AskedEvents:
    """`{"event_type", "filter"}` in a field that must be there; an event_type of null means any event."""
    asked = document.get(field)
    if asked is None:
        faults.add((field,), MISSING)
    elif not isinstance(asked, Mapping):
        faults.add((field,), "Must be a mapping with event_type, and a filter if need be.")
    else:
        return read_events_at(asked, faults, (field,))
    return AskedEvents(None)


def read_events_at(
    asked: Mapping[str, Any], faults: Faults, path: Path, *, beside: frozenset[str] = frozenset()
) -> AskedEvents:
    """The same where it stands at `path`, with what else may be said `beside` it."""
    for key in asked.keys() - {"event_type", "filter"} - beside:
        faults.add((*path, str(key)), UNKNOWN)
    event_type = asked.get("event_type")
    if "event_type" not in asked:
        faults.add((*path, "event_type"), MISSING)
    elif event_type is not None and not is_label(event_type):
        wanted = f"Must be 1 to {MAX_NAME} characters without control characters, or null for any event."
        faults.add((*path, "event_type"), wanted)
    return AskedEvents(event_type, read_filter(asked.get("filter"), faults, (*path, "filter")))


def read_count_by(document: Mapping[str, Any], faults: Faults) -> str | None:
    """Whose activity is counted: None for persons, `session_id`, or `properties.NAME`."""
    asked = document.get("count_by")
    if asked in (None, "users"):
        return None
    if asked == "sessions":
        return "session_id"
    if isinstance(asked, str) and asked.startswith("properties.") and is_property(asked):
        return asked
    faults.add(("count_by",), "Must be users, sessions or properties.NAME.")
    return None


def read_interval(document: Mapping[str, Any], faults: Faults) -> str:
    asked = document.get("interval")
    if asked is None:
        return DEFAULT_INTERVAL
    if asked not in INTERVALS:
        faults.add(("interval",), f"Must be one of: {', '.join(INTERVALS)}.")
        return DEFAULT_INTERVAL
    return str(asked)


def read_whole_number(
    document: Mapping[str, Any], field: str, faults: Faults, *, default: int, least: int, most: int, path: Path = ()
) -> int:
    asked = document.get(field)
    if asked is None:
        return default
    if type(asked) is not int or not least <= asked <= most:
        faults.add((*path, field), f"Must be a whole number from {least} to {most}.")
        return default
    return asked
