"""What one row of an export is here, and what all products' rows have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from iafa_api.domain import tracked_event as rules
from iafa_api.ingest.doors.messages import Fields, Message, id_text
from iafa_api.ingest.exports.joins import Joins
from iafa_api.ingest.file_times import TimeReader

PAGE_VIEW, SCREEN_VIEW = "page_view", "screen_view"


class NotAnEvent(Exception):
    """A row that is neither an event nor a call; its text is the reason, short and stable."""


@dataclass(slots=True)
class Found:
    """A row's event (None where it only says who is whom), its time in microseconds, and its calls."""

    event: dict[str, Any] | None
    time_us: int
    calls: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What the rows of a file are read with."""

    times: TimeReader
    make_id: Callable[[dict[str, Any]], str]
    joins: Joins = field(default_factory=Joins)

    def time_of(self, value: Any) -> tuple[str, int]:
        """The moment, as text of the contract's form and in microseconds; NotAnEvent."""
        if value is None or value == "":
            raise NotAnEvent("timestamp: missing")
        try:
            return self.times.read(value)
        except ValueError:
            raise NotAnEvent("timestamp: not a time") from None

    def id_of(self, raw: dict[str, Any], *given: Any) -> str:
        """The first of the given ids, else one that follows from the row."""
        for value in given:
            text = id_text(value)
            if isinstance(text, str) and text:
                return text
        return self.make_id(raw)


def object_in(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A row's object; NotAnEvent where there is something else."""
    value = raw.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise NotAnEvent(f"{name}: not a JSON object")
    _require_shallow(name, value)
    return dict(value)


def type_of(name: Any, ours: Mapping[str, str]) -> Any:
    """The event type that a name stands for; what is no text is left for the rules."""
    return ours.get(name, name) if isinstance(name, str) else name


def without_empty(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Pairs that say something."""
    return {name: value for name, value in pairs.items() if value is not None and value != ""}


def event_of(
    event_id: str, event_type: Any, timestamp: str, properties: Mapping[str, Any], **texts: Any
) -> dict[str, Any]:
    """An event of what was found; ids may be whole numbers."""
    fields = Fields({"id": event_id, "timestamp": timestamp})
    fields.put("event_type", event_type)
    for name, value in texts.items():
        fields.put(name, id_text(value))
    kept = without_empty(properties)
    _require_shallow("properties", kept)
    fields.put("properties", kept or None)
    return fields.found


def _require_shallow(name: str, value: Any) -> None:
    """What is deeper could be read and not be written any more."""
    if rules.nests_deeper_than(value, rules.NESTING_MAX):
        raise NotAnEvent(f"{name}: nested deeper than {rules.NESTING_MAX} levels")
