"""One event in camelCase (`POST /v1/events`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from iafa_api.ingest.doors.messages import (
    Fields,
    Message,
    id_text,
    not_an_object,
    part_of,
    properties_of_context,
    read_object,
    require_sent_at,
    strays,
)

NAME: Final = "v1_events"
# Theirs and ours; what is neither stays in the event, and is refused for it.
FIELDS: Final[Mapping[str, str]] = {
    "eventId": "id",
    "eventType": "event_type",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "sessionId": "session_id",
    "timestamp": "timestamp",
    "properties": "properties",
    "url": "url",
    "referrer": "referrer",
    "userAgent": "user_agent",
    "ipAddress": "ip_address",
    "sentAt": "sent_at",
}
_IDS: Final = frozenset({"id", "user_id", "anonymous_id", "session_id"})
_COLUMNS: Final = frozenset({("ip",), ("userAgent",), ("page", "url"), ("page", "referrer")})


def read(body: bytes) -> list[Message]:
    """The event of a body, as a list of one. Malformed; InvalidInput where its `sentAt` is no moment."""
    event = read_object(body)
    return [translate(event) if isinstance(event, dict) else not_an_object()]


def translate(event: Mapping[str, Any]) -> Message:
    context, context_fault = part_of(event, "context")
    page, page_fault = part_of(context, "page")
    sent_at = require_sent_at(event.get("sentAt"), "sentAt")
    around, around_fault = strays(event, {*FIELDS, "context"})
    fields = Fields(around)
    for theirs, ours in FIELDS.items():
        value = event.get(theirs)
        if ours not in ("properties", "sent_at"):
            fields.put(ours, id_text(value) if ours in _IDS else value)
    fields.put("url", event.get("url"), page.get("url"))
    fields.put("referrer", event.get("referrer"), page.get("referrer"))
    fields.put("user_agent", event.get("userAgent"), context.get("userAgent"))
    fields.put("ip_address", event.get("ipAddress"), context.get("ip"))
    own = event.get("properties")
    if own is None or isinstance(own, dict):
        fields.put("properties", (properties_of_context(context, _COLUMNS) | (own or {})) or None)
    else:
        fields.put("properties", own)
    return Message(fields.found, sent_at=sent_at, fault=context_fault or page_fault or around_fault)
