"""An event as it is stored, for who looks at single ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Arrival:
    """Where an event stands in the order of arrival: no two of a project are equal. Microseconds since 1970."""

    ingested_at: int
    segment: str
    place: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event. Times are microseconds since 1970; `context` is what was made of it beside what its sender said;
    `file` is None while it waits in the buffer, in its segment."""

    id: str
    event_type: str
    user_id: str | None
    anonymous_id: str | None
    session_id: str | None
    properties: Mapping[str, str | None]
    url: str | None
    referrer: str | None
    user_agent: str | None
    ip_hash: str | None
    created_at: int
    client_timestamp: int | None
    arrival: Arrival
    context: Mapping[str, str]
    file: str | None
