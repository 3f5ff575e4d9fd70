"""Reading what a sender sent: a whole body in one decode, event by event only where that refuses.

Promises: whatever the bytes, only `Malformed`, `TooLarge` or `InvalidInput` (of the envelope) is raised; a bad event is
refused alone and costs no other; what the fast way accepts, `find_faults` accepts with an equal value, because both
read timestamps with one parser. The body kept for the buffer is the request's own; where events were refused, it is
the accepted events' own bytes, so that what was refused leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from iafa_api import clock
from iafa_api.domain import tracked_event as rules
from iafa_api.domain.tracked_event import Fault, TimeLimits
from iafa_api.errors import InvalidInput, Malformed, TooLarge

Form = Literal["single", "batch"]
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


class RawBatchBody(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The same with the events still as text: for finding out which of them is the bad one."""

    events: list[msgspec.Raw]
    sent_at: Any = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One event that was not taken: what it was (None where it cannot be read at all) and why not."""

    index: int
    id: str | None
    value: Any
    reason: str
    errors: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class CheckedBody:
    """What is left of a body after checking. `body` in `form` holds exactly `events`, the accepted ones in order."""

    form: Form
    body: bytes
    events: Sequence[EventBody]
    refused: list[Refusal]
    sent_at_us: int | None
    names_ip: bool
    cut_count: int

    @property
    def skipped(self) -> tuple[int, ...]:
        """The places in the request of the refused events."""
        return tuple(refusal.index for refusal in self.refused)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may carry. The defaults are the contract's."""

    body_bytes: int = rules.BODY_MAX_BYTES
    batch_events: int = rules.BATCH_MAX_EVENTS
    event_bytes: int = rules.EVENT_MAX_BYTES


CONTRACT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Check:
    """The rules for one body, with the time limits as the sender's clock sees them."""

    now_us: int
    sent_at_us: int | None
    limits: TimeLimits
    earliest: datetime
    latest: datetime
    allows_event_type: Callable[[str], bool] | None

    def accepts(self, event: EventBody) -> bool:
        """The rules that the Struct does not know, for one event."""
        return (
            (event.user_id is not None or event.anonymous_id is not None)
            and (event.timestamp is None or self.earliest <= event.timestamp <= self.latest)
            and self._accepts_type(event.event_type)
            and not (event.properties and _nests_too_deep(event.properties))
        )

    def accepts_all(self, events: Sequence[EventBody]) -> bool:
        """The same for all events of a body at once, each rule in one sweep."""
        moments = [event.timestamp for event in events if event.timestamp is not None]
        if moments and not (self.earliest <= min(moments) and max(moments) <= self.latest):
            return False
        if None in [event.user_id or event.anonymous_id for event in events]:
            return False
        return all(self._accepts_type(event_type) for event_type in {event.event_type for event in events})

    def _accepts_type(self, event_type: str) -> bool:
        return not rules.has_control_character(event_type) and (
            self.allows_event_type is None or self.allows_event_type(event_type)
        )

    def find_faults(self, value: Any) -> list[Fault]:
        return rules.find_faults(
            value,
            parse_timestamp=parse_timestamp,
            limits=self.limits,
            sent_at_us=self.sent_at_us,
            now_us=self.now_us,
            allows_event_type=self.allows_event_type,
        )


_MOMENT = msgspec.json.Decoder(Moment)
_EVENT = msgspec.json.Decoder(EventBody)
_SINGLE = msgspec.json.Decoder(SingleBody)
_BATCH = msgspec.json.Decoder(BatchBody | list[EventBody])
_RAW_BATCH = msgspec.json.Decoder(RawBatchBody | list[msgspec.Raw])


def parse_timestamp(text: str) -> int:
    """Microseconds of an ISO 8601 moment with an offset; ValueError for anything else. The only such parser here."""
    if not isinstance(text, str):
        raise ValueError("a moment is text")
    try:
        moment = msgspec.convert(text, Moment)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    return _in_range(clock.to_us(moment))


def check_body(
    body: bytes,
    form: Form,
    *,
    now_us: int,
    retention_limit_us: int | None = None,
    allows_event_type: Callable[[str], bool] | None = None,
    limits: Limits = CONTRACT_LIMITS,
) -> CheckedBody:
    """Sort the events of a body into accepted and refused. `retention_limit_us` is a length of time; None: for ever."""
    if len(body) > limits.body_bytes:
        raise TooLarge(f"A request may carry {limits.body_bytes} bytes.")
    time_limits = rules.plan_time_limits(now_us, retention_limit_us)
    if form == "single" and len(body) > limits.event_bytes:
        raise TooLarge(f"An event may take {limits.event_bytes} bytes.")
    try:
        events, sent_at = decode_events(body, form)
        sent_at_us = None if sent_at is None else _in_range(clock.to_us(sent_at))
    except (*UNREADABLE, ValueError):
        return _check_each(body, form, now_us, time_limits, allows_event_type, limits)
    _require_count(len(events), limits)
    check = _make_check(now_us, sent_at_us, time_limits, allows_event_type)
    nests = body.count(b"[") >= rules.NESTING_MAX or body.count(b"{") >= 2 * len(events) + rules.NESTING_MAX
    if (
        not check.accepts_all(events)
        or (nests and any(event.properties and _nests_too_deep(event.properties) for event in events))
        or (form == "batch" and _has_oversize(body, limits))
    ):
        return _check_each(body, form, now_us, time_limits, allows_event_type, limits)
    return _checked(form, body, events, [], sent_at_us)


def decode_events(body: bytes | memoryview, form: str) -> tuple[Sequence[EventBody], datetime | None]:
    """The events of a body that was checked, and its `sent_at`. Raises one of UNREADABLE for one that was not."""
    if form == "single":
        single = _SINGLE.decode(body)
        return (single,), single.sent_at
    batch = _BATCH.decode(body)
    return (batch, None) if isinstance(batch, list) else (batch.events, batch.sent_at)


def encode_without_ips(events: Sequence[EventBody], hash_ip: Callable[[str], str]) -> bytes:
    """The events as a batch body with every IP address replaced by its keyed hash: a raw one is never stored."""
    for event in events:
        if event.ip_address is not None:
            msgspec.structs.force_setattr(event, "ip_address", hash_ip(event.ip_address))
        if isinstance(event, SingleBody):
            msgspec.structs.force_setattr(event, "sent_at", None)  # the frame's header has it
    return msgspec.json.encode(events)


def _check_each(
    body: bytes,
    form: Form,
    now_us: int,
    time_limits: TimeLimits,
    allows_event_type: Callable[[str], bool] | None,
    limits: Limits,
) -> CheckedBody:
    raws, sent_at = _split(body, form)
    _require_count(len(raws), limits)
    sent_at_us, faults = _read_sent_at(sent_at)
    if faults and form == "batch":
        raise InvalidInput("The request's sent_at is not a moment.", errors=rules.errors_by_field(faults))
    check = _make_check(now_us, sent_at_us, time_limits, allows_event_type)
    events: list[EventBody] = []
    kept: list[bytes] = []
    refused: list[Refusal] = []
    for index, raw in enumerate(raws):
        event = _accepted(raw, check, limits)
        if event is None or faults:
            refused.append(_refuse(index, raw, check, limits, faults))
        else:
            events.append(event)
            kept.append(raw)
    return _checked("batch", b"[" + b",".join(kept) + b"]", events, refused, sent_at_us)


def _split(body: bytes, form: Form) -> tuple[list[bytes], Any]:
    try:
        if form == "single":
            value = msgspec.json.decode(body)
            sent_at = value.pop("sent_at", None) if isinstance(value, dict) else None
            return [msgspec.json.encode(value)], sent_at
        batch = _RAW_BATCH.decode(body)
    except msgspec.ValidationError as error:
        if form == "single":  # JSON, but with a number that nothing can hold
            return [body], None
        raise InvalidInput(
            'A batch is {"events": […], "sent_at": "…"} or an array of events.',
            errors={rules.WHOLE_EVENT: [str(error)]},
        ) from None
    except UNREADABLE as error:
        raise Malformed(f"The body is not JSON that can be read: {error}.") from None
    if isinstance(batch, list):
        return [bytes(raw) for raw in batch], None
    return [bytes(raw) for raw in batch.events], batch.sent_at


def _accepted(raw: bytes, check: _Check, limits: Limits) -> EventBody | None:
    if len(raw) > limits.event_bytes:
        return None
    try:
        event = _EVENT.decode(raw)
    except UNREADABLE:
        return None
    return event if check.accepts(event) else None


def _refuse(index: int, raw: bytes, check: _Check, limits: Limits, more: list[Fault]) -> Refusal:
    value: Any = None
    if len(raw) > limits.event_bytes:
        faults = [Fault(rules.WHOLE_EVENT, "too_large", f"An event may take {limits.event_bytes} bytes.")]
    else:
        try:
            value = msgspec.json.decode(raw)
        except UNREADABLE as error:
            faults = [Fault(rules.WHOLE_EVENT, "unreadable", f"{error}.")]
        else:
            faults = check.find_faults(value) + more
    if not faults:  # the two forms of the rules disagree, which a property test looks for; the stricter one counts
        faults = [Fault(rules.WHOLE_EVENT, "not_valid", "Not a valid event.")]
    given_id = value.get("id") if isinstance(value, dict) else None
    return Refusal(
        index=index,
        id=given_id if isinstance(given_id, str) else None,
        value=value,
        reason=faults[0].reason,
        errors=rules.errors_by_field(faults),
    )


def _make_check(
    now_us: int,
    sent_at_us: int | None,
    limits: TimeLimits,
    allows_event_type: Callable[[str], bool] | None,
) -> _Check:
    """`timestamp + (now - sent_at)` within the limits, solved for the timestamp: then only comparisons are left."""
    shift = 0 if sent_at_us is None else now_us - sent_at_us
    earliest = max(rules.EARLIEST_US, limits.earliest_us - shift)
    latest = min(rules.LATEST_US, limits.latest_us - shift)
    if earliest > latest:  # no timestamp will do
        earliest, latest = rules.LATEST_US, rules.EARLIEST_US
    return _Check(now_us, sent_at_us, limits, _to_datetime(earliest), _to_datetime(latest), allows_event_type)


def _checked(
    form: Form, body: bytes, events: Sequence[EventBody], refused: list[Refusal], sent_at_us: int | None
) -> CheckedBody:
    cut = rules.TEXT_CUT
    cut_count = sum(
        [
            len(text) > cut
            for event in events
            for text in (event.url, event.referrer, event.user_agent)
            if text is not None
        ]
    )
    names_ip = any([event.ip_address is not None for event in events])  # noqa: C419 - a list is twice as fast here
    return CheckedBody(form, body, events, refused, sent_at_us, names_ip, cut_count)


def _has_oversize(body: bytes, limits: Limits) -> bool:
    if len(body) <= limits.event_bytes:
        return False
    batch = _RAW_BATCH.decode(body)
    raws = batch if isinstance(batch, list) else batch.events
    return max([len(memoryview(raw)) for raw in raws], default=0) > limits.event_bytes


def _read_sent_at(value: Any) -> tuple[int | None, list[Fault]]:
    if value is None:
        return None, []
    try:
        return parse_timestamp(value), []
    except ValueError:
        return None, [Fault("sent_at", "not_a_moment", "Not a valid moment: ISO 8601 with an offset is.")]


def _require_count(count: int, limits: Limits) -> None:
    if count > limits.batch_events:
        raise TooLarge(f"A request may carry {limits.batch_events} events.")


def _nests_too_deep(properties: dict[str, Any]) -> bool:
    if not [value for value in properties.values() if value.__class__ is dict or value.__class__ is list]:
        return False
    return rules.nests_deeper_than(properties, rules.NESTING_MAX)


def _in_range(time_us: int) -> int:
    if not rules.EARLIEST_US <= time_us <= rules.LATEST_US:
        raise ValueError("a moment lies between the years 1970 and 9999")
    return time_us


def _to_datetime(time_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=time_us)
