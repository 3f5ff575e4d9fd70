"""Reading what a sender sent: a whole body in one decode, event by event only where that refuses.

Promises: whatever the bytes, only `Malformed`, `TooLarge` or `InvalidInput` (of the envelope) is raised; a bad event is
refused alone and costs no other; what the fast way accepts, `find_faults` accepts with an equal value, because both
read timestamps with one parser. The body kept for the buffer is the request's own; where events were refused, it is
the accepted events' own bytes, so that what was refused leaves no trace in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from iafa_api import clock
from iafa_api.domain import tracked_event as rules
from iafa_api.domain.tracked_event import Fault, TimeLimits
from iafa_api.errors import InvalidInput, Malformed, TooLarge
from iafa_api.ingest.body_depth import cut_depth
from iafa_api.ingest.body_outline import NO_OUTLINE, Outline, has_oversize, outline_of
from iafa_api.ingest.event_body import EPOCH, EVENT, EVENTS, RAW_BATCH, UNREADABLE, EventBody, Moment, decode_events

Form = Literal["single", "batch"]
GROUP_EVENTS = 16  # read together where some events are bad: fewer cost calls, more are read again for one bad event
DEPTH_KEPT = 3 * rules.NESTING_MAX  # what is deeper is cut: above the rule's own limit, and well below the decoder's


# Every escape, so that a pair of characters is never taken for the half of another: a whole pair, a half, any other.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One event that was not taken: what it was (`value` is None where it cannot be read) and why not."""

    index: int
    id: str | None
    raw: bytes
    value: Any
    reason: str
    errors: dict[str, list[str]]


class CheckedBody(msgspec.Struct, frozen=True):
    """What is left of a body after checking. `body` in `form` holds exactly `events`, the accepted ones in order."""

    form: Form
    body: bytes
    events: Sequence[EventBody]
    refused: list[Refusal]
    sent_at_us: int | None
    names_ip: bool
    cut_count: int
    dropped_count: int  # events that the sender says it had to drop before this request

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


class _Check(msgspec.Struct, frozen=True):
    """The rules for one body, with the time limits as the sender's clock sees them."""

    now_us: int
    sent_at_us: int | None
    limits: TimeLimits
    earliest: datetime
    latest: datetime
    allows_event_type: Callable[[str], bool] | None

    def accepts(self, event: EventBody) -> bool:
        """The rules that the Struct does not know, but for the depth, for one event."""
        return (
            (event.user_id is not None or event.anonymous_id is not None)
            and (event.timestamp is None or self.earliest <= event.timestamp <= self.latest)
            and self._accepts_type(event.event_type)
        )

    def accepts_all(self, events: Sequence[EventBody]) -> bool:
        """The same for several at once, each rule in one sweep."""
        moments = [event.timestamp for event in events if event.timestamp is not None]
        if moments and not (self.earliest <= min(moments) and max(moments) <= self.latest):
            return False
        if [1 for event in events if event.user_id is None and event.anonymous_id is None]:
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
        events, sent_at, dropped_count = decode_events(body, form)
        sent_at_us = None if sent_at is None else _in_range(clock.to_us(sent_at))
    except (*UNREADABLE, ValueError):
        return _check_each(body, form, now_us, time_limits, allows_event_type, limits)
    _require_count(len(events), limits)
    check = _make_check(now_us, sent_at_us, time_limits, allows_event_type)
    outline = outline_of(body, events) if len(events) > 1 else NO_OUTLINE
    if (
        not check.accepts_all(events)
        or (outline.spare >= rules.NESTING_MAX and any(_nests_too_deep(event) for event in events))
        or (form == "batch" and has_oversize(body, outline, len(events), limits.event_bytes))
    ):
        return _check_each(body, form, now_us, time_limits, allows_event_type, limits)
    return _checked(form, body, outline, events, [], sent_at_us, dropped_count)


def _check_each(
    body: bytes,
    form: Form,
    now_us: int,
    time_limits: TimeLimits,
    allows_event_type: Callable[[str], bool] | None,
    limits: Limits,
) -> CheckedBody:
    raws, sent_at, dropped = _split(with_whole_characters(body), form)
    _require_count(len(raws), limits)
    sent_at_us, faults = _read_sent_at(sent_at)
    if faults and form == "batch":
        raise InvalidInput("The request's sent_at is not a moment.", errors=rules.errors_by_field(faults))
    check = _make_check(now_us, sent_at_us, time_limits, allows_event_type)
    read = [None] * len(raws) if faults else _read_each(raws, check, limits)
    kept, events = _join(raws, read)
    outline = outline_of(kept, events)
    if outline.spare >= rules.NESTING_MAX:
        read = [None if event is None or _nests_too_deep(event) else event for event in read]
        kept, events = _join(raws, read)
    refused = [
        _refuse(index, raw, check, limits, faults)
        for index, (raw, event) in enumerate(zip(raws, read, strict=True))
        if event is None
    ]
    return _checked("batch", kept, outline, events, refused, sent_at_us, _read_dropped(dropped))


def with_whole_characters(body: bytes) -> bytes:
    """The body with U+FFFD for every half of an escaped character: what a page writes that cuts a text in an emoji.

    JSON's grammar has it, no text can hold it: it must not cost the events beside it, nor its own.
    """
    if b"\\" not in body or (b"\\ud" not in body and b"\\uD" not in body):  # one byte is found faster than three
        return body
    return _ESCAPES.sub(lambda found: found[0] if found["half"] is None else b"\\ufffd", body)


def _split(body: bytes, form: Form) -> tuple[list[bytes], Any, Any]:
    try:
        return _split_shallow(body, form)
    except RecursionError:
        pass
    try:
        return _split_shallow(cut_depth(body, DEPTH_KEPT), form)
    except RecursionError as error:
        raise Malformed(f"The body is not JSON that can be read: {error}.") from None


def _split_shallow(body: bytes, form: Form) -> tuple[list[bytes], Any, Any]:
    try:
        if form == "single":
            value = msgspec.json.decode(body)
            sent_at = value.pop("sent_at", None) if isinstance(value, dict) else None
            return [msgspec.json.encode(value)], sent_at, None
        batch = RAW_BATCH.decode(body)
    except msgspec.ValidationError as error:
        if form == "single":  # JSON, but with a number that nothing can hold
            return [body], None, None
        raise InvalidInput(
            'A batch is {"events": […], "sent_at": "…", "dropped": 0} or an array of events.',
            errors={rules.WHOLE_EVENT: [str(error)]},
        ) from None
    except RecursionError:
        raise
    except UNREADABLE as error:
        raise Malformed(f"The body is not JSON that can be read: {error}.") from None
    if isinstance(batch, list):
        return [bytes(raw) for raw in batch], None, None
    return [bytes(raw) for raw in batch.events], batch.sent_at, batch.dropped


def _read_each(raws: Sequence[bytes], check: _Check, limits: Limits) -> list[EventBody | None]:
    """Each as an event, whatever its depth, None for what is to be refused.

    By groups: in most there is none, and one by one takes longer.
    """
    events: list[EventBody | None] = []
    for start in range(0, len(raws), GROUP_EVENTS):
        group = raws[start : start + GROUP_EVENTS]
        if (read := _read_together(group, check, limits)) is not None:
            events += read
        else:
            events += [_read_one(raw, check, limits) for raw in group]
    return events


def _read_one(raw: bytes, check: _Check, limits: Limits) -> EventBody | None:
    if len(raw) > limits.event_bytes:
        return None
    try:
        event = EVENT.decode(raw)
    except UNREADABLE:
        return None
    return event if check.accepts(event) else None


def _read_together(raws: Sequence[bytes], check: _Check, limits: Limits) -> Sequence[EventBody] | None:
    """All of them as events; None where one would be refused."""
    if max([len(raw) for raw in raws]) > limits.event_bytes:
        return None
    try:
        events = EVENTS.decode(b"[" + b",".join(raws) + b"]")
    except UNREADABLE:
        return None
    return events if len(events) == len(raws) and check.accepts_all(events) else None


def _join(raws: Sequence[bytes], read: Sequence[EventBody | None]) -> tuple[bytes, list[EventBody]]:
    """The batch of those that were read, and they themselves."""
    kept = [raw for raw, event in zip(raws, read, strict=True) if event is not None]
    return b"[%b]" % b",".join(kept), [event for event in read if event is not None]


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
        raw=raw,
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
    form: Form,
    body: bytes,
    outline: Outline,
    events: Sequence[EventBody],
    refused: list[Refusal],
    sent_at_us: int | None,
    dropped_count: int,
) -> CheckedBody:
    cut_count = 0 if outline.text_bytes <= rules.TEXT_CUT else _count_cut(events)
    names_ip = bool([1 for event in events if event.ip_address is not None])
    return CheckedBody(form, body, events, refused, sent_at_us, names_ip, cut_count, dropped_count)


def _count_cut(events: Sequence[EventBody]) -> int:
    # A list per field: one sweep over three fields is slower, and so is a generator.
    texts = [
        [event.url for event in events if event.url is not None],
        [event.referrer for event in events if event.referrer is not None],
        [event.user_agent for event in events if event.user_agent is not None],
    ]
    return sum([sum([len(text) > rules.TEXT_CUT for text in column]) for column in texts if column])


def _read_sent_at(value: Any) -> tuple[int | None, list[Fault]]:
    if value is None:
        return None, []
    try:
        return parse_timestamp(value), []
    except ValueError:
        return None, [Fault("sent_at", "not_a_moment", "Not a valid moment: ISO 8601 with an offset is.")]


def _read_dropped(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= rules.DROPPED_MAX:
        said = f"Must be a whole number from 0 to {rules.DROPPED_MAX}."
        raise InvalidInput("The request's dropped is not a count of events.", errors={"dropped": [said]})
    return value


def _require_count(count: int, limits: Limits) -> None:
    if count > limits.batch_events:
        raise TooLarge(f"A request may carry {limits.batch_events} events.")


def _nests_too_deep(event: EventBody) -> bool:
    properties = event.properties
    if not properties or not [1 for value in properties.values() if value.__class__ is dict or value.__class__ is list]:
        return False
    return rules.nests_deeper_than(properties, rules.NESTING_MAX)


def _in_range(time_us: int) -> int:
    if not rules.EARLIEST_US <= time_us <= rules.LATEST_US:
        raise ValueError("a moment lies between the years 1970 and 9999")
    return time_us


def _to_datetime(time_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=time_us)
