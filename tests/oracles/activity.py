"""Whose an event is, and whether it is one that is asked for: what the oracles of returning people have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iafa_api.domain.asked_events import AskedEvents
from iafa_api.domain.filters import matches
from iafa_api.domain.periods import Period

Event = Mapping[str, Any]


def unit_of(event: Event, count_by: str | None) -> Any:
    """The person, session or value that an event counts for; None where it has none.

    `joined_to` in an event is the user whom its own user is joined to.
    """
    if count_by is None:
        if event["user_id"] is not None:
            return ("user", event.get("joined_to", event["user_id"]))
        return ("anonymous", event["anonymous_id"])
    return value_of(event, count_by)


def value_of(event: Event, name: str) -> str | None:
    kind, _, rest = name.partition(".")
    found: str | None = event["properties"].get(rest) if kind == "properties" else event[name]
    return found


def is_one_of(event: Event, asked: AskedEvents) -> bool:
    return asked.event_type in (None, event["event_type"]) and matches(asked.filter, event)


def lies_in(event: Event, period: Period) -> bool:
    return bool(period.start_us <= event["created_at"] < period.end_us)


def arrival(event: Event) -> tuple[Any, ...]:
    return (event["created_at"], event["ingested_at"], event["segment"], event["place"])
