"""A tracked event as JSON: what bytes are an event or several, decoded, and encoded again without addresses.

Promises: what `decode_events` takes today it takes for ever, because the buffer keeps the bodies as they came; whatever
the bytes, only one of `UNREADABLE` is raised. The rules that a type cannot say are `ingest.body`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from iafa_api.domain import tracked_event as rules

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=rules.ID_MAX)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Every way msgspec has of saying that bytes are not what was asked for.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class EventBody(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One event as the contract has it. Optional fields: null is absent."""

    event_type: Annotated[str, msgspec.Meta(min_length=1, max_length=rules.EVENT_TYPE_MAX)]
    id: Text | None = None
    user_id: Text | None = None
    anonymous_id: Text | None = None
    session_id: Text | None = None
    timestamp: Moment | None = None
    properties: dict[str, Any] | None = None
    url: str | None = None
    referrer: str | None = None
    user_agent: str | None = None
    ip_address: str | None = None


class SingleBody(EventBody, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The body of a request with one event."""

    sent_at: Moment | None = None


class BatchBody(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The body of a request with several events; a bare array of events is one too."""

    events: list[EventBody]
    sent_at: Moment | None = None
    dropped: Annotated[int, msgspec.Meta(ge=0, le=rules.DROPPED_MAX)] | None = None


class RawBatchBody(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The same with the events still as text: for finding out which of them is the bad one."""

    events: list[msgspec.Raw]
    sent_at: Any = None
    dropped: Any = None


EVENT = msgspec.json.Decoder(EventBody)
EVENTS = msgspec.json.Decoder(list[EventBody])
_SINGLE = msgspec.json.Decoder(SingleBody)
_BATCH = msgspec.json.Decoder(BatchBody | list[EventBody])
RAW_BATCH = msgspec.json.Decoder(RawBatchBody | list[msgspec.Raw])


def decode_events(body: bytes | memoryview, form: str) -> tuple[Sequence[EventBody], datetime | None, int]:
    """The events of a body that was checked, its `sent_at`, and how many its sender had to drop before.

    Raises one of UNREADABLE for a body that was not checked.
    """
    if form == "single":
        single = _SINGLE.decode(body)
        return (single,), single.sent_at, 0
    batch = _BATCH.decode(body)
    return (batch, None, 0) if isinstance(batch, list) else (batch.events, batch.sent_at, batch.dropped or 0)


def encode_without_ips(events: Sequence[EventBody], hash_ip: Callable[[str], str]) -> bytes:
    """The events as a batch body with every IP address replaced by its keyed hash: a raw one is never stored."""
    for event in events:
        if event.ip_address is not None:
            msgspec.structs.force_setattr(event, "ip_address", hash_ip(event.ip_address))
        if isinstance(event, SingleBody):
            msgspec.structs.force_setattr(event, "sent_at", None)  # the frame's header has it
    return msgspec.json.encode(events)
