"""Segment's messages (its HTTP tracking API): calls of six types, one by one or in batches.

What Segment's own servers do with the clocks is done here by the pipeline: a time is set right by `sentAt`. A message
with both `timestamp` and `originalTimestamp` has been through a server of theirs, and its `timestamp` is right already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from iafa_api import clock
from iafa_api.domain.tracked_event import Fault, corrected_time
from iafa_api.errors import InvalidInput
from iafa_api.ingest.body import parse_timestamp
from iafa_api.ingest.doors.messages import (
    Fields,
    Message,
    id_text,
    not_an_object,
    part_of,
    properties_of_context,
    read_messages,
    read_object,
    read_with,
    require_sent_at,
    sent_at_fault,
)
from iafa_api.ingest.identity_calls import ALIAS, IDENTIFY

NAME: Final = "segment"
TRACK, PAGE, SCREEN, GROUP = "track", "page", "screen", "group"
TYPES: Final = (TRACK, IDENTIFY, PAGE, SCREEN, GROUP, ALIAS)
EVENT_TYPES: Final[Mapping[str, str]] = {PAGE: "page_view", SCREEN: "screen_view", GROUP: "group"}
# What the sender called the fields of ours that an answer names.
THEIR_NAMES: Final[Mapping[str, str]] = {
    "id": "messageId",
    "event_type": "event",
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "previous_id": "previousId",
    "sent_at": "sentAt",
}
UNKNOWN_TYPE: Final = Fault("type", "unknown_type", f"Must be one of: {', '.join(TYPES)}.")
_COLUMNS: Final = frozenset({("ip",), ("userAgent",), ("sessionId",), ("page", "url"), ("page", "referrer")})


class Batch(msgspec.Struct, frozen=True):
    """The body of a batch. `context` is that of every message which says nothing else."""

    batch: list[msgspec.Raw]
    context: Any = None
    sentAt: Any = None
    writeKey: Any = None


_BATCH: Final = msgspec.json.Decoder(Batch)


def read_call(body: bytes) -> Any:
    """The message of a body; whatever JSON it is. Malformed."""
    return read_object(body)


def read_batch(body: bytes) -> Batch:
    """The messages of a body, unread. Malformed, or InvalidInput where it is no batch."""
    batch: Batch = read_with(_BATCH, body, '{"batch": […], "sentAt": "…", "writeKey": "…"}')
    return batch


def key_of_call(message: Any) -> Any:
    """The write key that a message names."""
    return message.get("writeKey") if isinstance(message, dict) else None


def key_of_batch(batch: Batch) -> Any:
    """The write key that a batch names, or the first of its messages that names one."""
    if batch.writeKey is not None:
        return batch.writeKey
    named = (key_of_call(message) for message in read_messages(batch.batch))
    return next((key for key in named if key is not None), None)


def translate_call(message: Any, kind: str, now_us: int) -> list[Message]:
    """The message of a request, whose address says its type."""
    return [translate(message, kind, {}, None, now_us) if isinstance(message, dict) else not_an_object()]


def translate_batch(batch: Batch, now_us: int) -> list[Message]:
    """The messages of a batch. InvalidInput of its own `sentAt` and `context`, TooLarge for too many."""
    sent_at = require_sent_at(batch.sentAt, "sentAt")
    shared, fault = part_of({"context": batch.context}, "context")
    if fault is not None:
        raise InvalidInput("The batch's context is not an object.", errors={fault.field: [fault.message]})
    return [
        one
        if isinstance(one, Message)
        else translate(one, one.get("type") or one.get("action"), shared, sent_at, now_us)
        for one in read_messages(batch.batch)
    ]


def translate(
    message: Mapping[str, Any], kind: Any, shared: Mapping[str, Any], sent_at: str | None, now_us: int
) -> Message:
    """One message of a type (`kind`); `shared` is the context of its batch, `sent_at` the clock of it."""
    if message.get("sentAt") is not None:
        if (fault := sent_at_fault(message["sentAt"])) is not None:
            return Message({}, fault=fault)
        sent_at = message["sentAt"]
    time = message.get("timestamp")
    original = message.get("originalTimestamp")
    if time is None:
        time = original
    elif original is not None:
        sent_at = None
    if not isinstance(kind, str):
        kind = None
    if kind in (IDENTIFY, ALIAS):
        return _call(message, kind, _corrected(time, sent_at, now_us))
    return _event(message, kind, shared, time, sent_at)


def _event(
    message: Mapping[str, Any], kind: str | None, shared: Mapping[str, Any], time: Any, sent_at: str | None
) -> Message:
    own_context, context_fault = part_of(message, "context")
    context = {**shared, **own_context}
    page, page_fault = part_of(context, "page")
    own, own_fault = part_of(message, "traits" if kind == GROUP else "properties")
    fields = Fields()
    fields.put("id", id_text(message.get("messageId")))
    fields.put("event_type", message.get("event") if kind == TRACK else EVENT_TYPES.get(kind or ""))
    fields.put("user_id", id_text(message.get("userId")))
    fields.put("anonymous_id", id_text(message.get("anonymousId")))
    fields.put("session_id", id_text(context.get("sessionId")))
    fields.put("timestamp", time)
    fields.put("url", page.get("url"), own.get("url") if kind == PAGE else None)
    fields.put("referrer", page.get("referrer"), own.get("referrer") if kind == PAGE else None)
    fields.put("user_agent", context.get("userAgent"))
    fields.put("ip_address", context.get("ip"))
    properties = properties_of_context(context, _COLUMNS)
    if kind == PAGE:  # what says the same as a column is not kept twice
        own = {
            name: value
            for name, value in own.items()
            if name not in ("url", "referrer") or value != fields.found.get(name)
        }
    properties |= own
    if kind in (PAGE, SCREEN):
        for name in ("name", "category"):
            if message.get(name) not in (None, ""):
                properties[name] = message[name]
    if kind == GROUP and message.get("groupId") is not None:
        properties["group_id"] = id_text(message["groupId"])
    fields.put("properties", properties or None)
    fault = context_fault or page_fault or own_fault
    if kind != TRACK and kind not in EVENT_TYPES:
        fields.put("type", kind)
        fault = UNKNOWN_TYPE
    return Message(fields.found, sent_at=sent_at, fault=fault)


def _call(message: Mapping[str, Any], kind: str, time: Any) -> Message:
    context, _ = part_of(message, "context")
    fields = Fields()
    fields.put("id", id_text(message.get("messageId")))
    fields.put("user_id", id_text(message.get("userId")))
    fields.put("timestamp", time)
    visitor = id_text(message.get("anonymousId"))
    if kind == ALIAS:
        previous = id_text(message.get("previousId"))
        # A browser that knows no user yet names its visitor: that is what `identify` is for.
        if previous is None or previous != visitor:
            fields.put("previous_id", previous)
            return Message(fields.found, ALIAS)
    fields.put("anonymous_id", visitor)
    fields.put("traits", message.get("traits"), context.get("traits"))
    fault = None
    if "user_id" not in fields.found:
        fault = Fault("user_id", "no_user", "Nothing is kept of a visitor without a user.")
    return Message(fields.found, IDENTIFY, fault=fault)


def _corrected(time: Any, sent_at: str | None, now_us: int) -> Any:
    """The time of a call, set right by the sender's clock; as it is where it is none."""
    if time is None or sent_at is None:
        return time
    try:
        return clock.format_time(corrected_time(parse_timestamp(time), parse_timestamp(sent_at), now_us))
    except (ValueError, OverflowError):
        return time
