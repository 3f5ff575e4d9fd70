"""RadixInsight's events (`POST /collect`): the fields in groups, an array of them, each with its project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from iafa_api.domain.tracked_event import Fault
from iafa_api.ingest.doors.messages import (
    Fields,
    Message,
    id_text,
    part_of,
    properties_of_context,
    read_messages,
    read_with,
    strays,
)

NAME: Final = "collect"
OTHER_PROJECT: Final = Fault(
    "project_id", "other_project", "Is not the project of this key, neither its id nor its name."
)
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ONE: Final = msgspec.json.Decoder(msgspec.Raw)
_COLUMNS: Final = frozenset({("ip",), ("user_agent",), ("page", "url"), ("page", "referrer")})
_READ: Final = frozenset({"event_id", "event_name", "project_id", "timestamp", "user", "context", "properties"})
_USER: Final = frozenset({"user_id", "anonymous_id", "session_id"})


def read(body: bytes, projects: Sequence[str]) -> list[Message]:
    """The events of a body; `projects` are the names that the key's project goes by. Malformed, TooLarge."""
    shape = "an array of events, or one event"
    raws = read_with(_ARRAY, body, shape) if body.lstrip()[:1] == b"[" else [read_with(_ONE, body, shape)]
    return [one if isinstance(one, Message) else translate(one, projects) for one in read_messages(raws)]


def translate(event: Mapping[str, Any], projects: Sequence[str]) -> Message:
    """One event. What is neither a field of RadixInsight's nor of ours stays, and is refused for it."""
    user, user_fault = part_of(event, "user")
    context, context_fault = part_of(event, "context")
    page, page_fault = part_of(context, "page")
    around, around_fault = strays(event, _READ)
    in_user, in_user_fault = strays(user, _USER)
    fields = Fields(around | in_user)
    fields.put("id", id_text(event.get("event_id")))
    fields.put("event_type", event.get("event_name"))
    fields.put("user_id", id_text(user.get("user_id")))
    fields.put("anonymous_id", id_text(user.get("anonymous_id")))
    fields.put("session_id", id_text(user.get("session_id")))
    fields.put("timestamp", event.get("timestamp"))
    fields.put("url", page.get("url"))
    fields.put("referrer", page.get("referrer"))
    fields.put("user_agent", context.get("user_agent"))
    fields.put("ip_address", context.get("ip"))
    own = event.get("properties")
    if own is None or isinstance(own, dict):
        fields.put("properties", (properties_of_context(context, _COLUMNS) | (own or {})) or None)
    else:
        fields.put("properties", own)
    said = event.get("project_id")
    if said is not None and said not in projects:
        fields.put("project_id", said)  # stays with it in the quarantine, so that no replay takes it either
        return Message(fields.found, fault=OTHER_PROJECT)
    return Message(fields.found, fault=user_fault or context_fault or page_fault or around_fault or in_user_fault)
