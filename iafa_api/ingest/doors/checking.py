"""From translated messages to frames: events by the pipeline, calls by `ingest.identity_calls`, in their order.

Promises: one bad message never costs the others; what is refused, also an id that stands for nobody, goes into the
frames, and so into data quality and the quarantine; nothing waits, and nothing is stored here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from iafa_api.domain.tracked_event import BODY_MAX_BYTES, NESTING_MAX, WHOLE_EVENT, Fault
from iafa_api.errors import IafaError
from iafa_api.ingest.body import Refusal
from iafa_api.ingest.doors.messages import Message
from iafa_api.ingest.frames import FrameHeader, IdentityCall
from iafa_api.ingest.identity_calls import CHECKS, IDENTIFY, NOBODY, SELF, frame_of_calls
from iafa_api.ingest.pipeline import Accepted
from iafa_api.ingest.refused_events import keep_refused

FRAME_BYTES = BODY_MAX_BYTES // 2  # of a part: names in full may make the messages longer than their request was
TOO_DEEP = f"Nested deeper than {NESTING_MAX} levels."
BAD_CALL = "not_valid_call"
REASONS = {NOBODY: "stands_for_nobody", SELF: "same_person"}  # by what is said of a link
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class CheckedMessages:
    """What is to be stored of a request, and what is to be said of it. `refused` by place in the request."""

    frames: list[tuple[FrameHeader, bytes]] = field(default_factory=list)
    accepted_count: int = 0
    refused: list[Refusal] = field(default_factory=list)
    untold: set[int] = field(default_factory=set)  # of the refused those that are no failure of the sender's
    ids: list[str] = field(default_factory=list)  # of the accepted events

    @property
    def failures(self) -> list[Refusal]:
        """What the sender is told of."""
        return [refusal for refusal in self.refused if refusal.index not in self.untold]


@dataclass(frozen=True, slots=True)
class _Place:
    index: int
    message: Message
    encoded: bytes


def check_messages(
    messages: Sequence[Message],
    *,
    project_id: str,
    door: str,
    check: Callable[[bytes], Accepted],
    hash_ip: Callable[[str], str],
    now_us: int,
) -> CheckedMessages:
    """`check` is the pipeline's, for the body of a batch."""
    result = CheckedMessages()
    for part in _parts(messages):
        first = part[0].message
        if first.fault is not None:
            refused = [_refused_for_fault(place) for place in part]
            result.frames.append(frame_of_calls((), door, project_id, keep_refused(refused, hash_ip)))
            result.refused += refused
            result.untold |= {place.index for place in part if place.message.kind == IDENTIFY}
        elif first.kind is not None:
            _check_calls(part, result, project_id, door, hash_ip, now_us)
        else:
            _check_events(part, result, check)
    return result


def _parts(messages: Iterable[Message]) -> Iterator[list[_Place]]:
    """Messages that go into one frame: what follows each other, is of one kind, by one clock and not too large."""
    places = map(_encoded, itertools.count(), messages)
    for _, alike in itertools.groupby(places, _likeness):
        part: list[_Place] = []
        size = 0
        for place in alike:
            if part and size + len(place.encoded) > FRAME_BYTES:
                yield part
                part, size = [], 0
            part.append(place)
            size += len(place.encoded) + 1
        yield part


def _likeness(place: _Place) -> tuple[bool, bool, str | None]:
    message = place.message
    return message.fault is not None, message.kind is not None, message.sent_at


def _encoded(index: int, message: Message) -> _Place:
    try:
        return _Place(index, message, _encode(message.fields))
    except RecursionError:  # it could just be read, and its properties stand a level deeper here
        return _Place(index, Message({}, fault=Fault("properties", "nested_too_deep", TOO_DEEP)), b"{}")


def _refused_for_fault(place: _Place) -> Refusal:
    fault = place.message.fault
    assert fault is not None
    return _refusal(place, fault.reason, {fault.field: [fault.message]})


def _check_events(part: Sequence[_Place], result: CheckedMessages, check: Callable[[bytes], Accepted]) -> None:
    events = b"[%b]" % b",".join([place.encoded for place in part])
    sent_at = part[0].message.sent_at
    accepted = check(events if sent_at is None else b'{"events":%b,"sent_at":%b}' % (events, _encode(sent_at)))
    result.refused += [replace(refusal, index=part[refusal.index].index) for refusal in accepted.refused]
    result.accepted_count += accepted.accepted_count
    result.ids += accepted.ids
    if accepted.header is not None:
        result.frames.append((accepted.header, accepted.body))


def _check_calls(
    part: Sequence[_Place],
    result: CheckedMessages,
    project_id: str,
    door: str,
    hash_ip: Callable[[str], str],
    now_us: int,
) -> None:
    calls: list[IdentityCall] = []
    refused: list[Refusal] = []
    for place in part:
        try:
            checked = CHECKS[str(place.message.kind)](place.encoded, now_us)
        except IafaError as error:
            errors = dict(error.errors or {WHOLE_EVENT: [error.message]})
            refused.append(_refusal(place, _reason(errors), errors))
            if refused[-1].reason in REASONS.values():
                result.untold.add(place.index)
            continue
        if checked.call is not None:
            calls.append(checked.call)
        for link in checked.refused:
            refused.append(_refusal(place, REASONS[link.reason], {link.field: [link.reason]}))
            result.untold.add(place.index)
        result.accepted_count += 1
    if calls or refused:
        result.frames.append(frame_of_calls(calls, door, project_id, keep_refused(refused, hash_ip)))
    result.refused += refused


def _reason(errors: Mapping[str, Sequence[str]]) -> str:
    said = {message for messages in errors.values() for message in messages}
    return REASONS.get(said.pop(), BAD_CALL) if len(said) == 1 else BAD_CALL


def _refusal(place: _Place, reason: str, errors: dict[str, list[str]]) -> Refusal:
    """A refused call or faulty message, as what can be kept of it."""
    given_id = place.message.fields.get("id")
    return Refusal(
        index=place.index,
        id=given_id if isinstance(given_id, str) else None,
        raw=place.encoded,
        value=dict(place.message.fields),
        reason=reason,
        errors=errors,
    )
