"""The way in of `identify` and `alias`: what is wrong with a call, and what of it is made durable.

Promises: what these functions return for is durable (I1); a link that would join strangers is never stored and always
told; a call of which nothing can be taken is InvalidInput. The same call again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from iafa_api import clock
from iafa_api.domain import tracked_event as rules
from iafa_api.domain.identities import stands_for_nobody, trait_texts
from iafa_api.errors import InvalidInput, Malformed, TooLarge
from iafa_api.ingest.body import parse_timestamp
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.event_body import UNREADABLE
from iafa_api.ingest.frames import FRAME_VERSION, FrameHeader, IdentityCall
from iafa_api.ingest.refused_events import RefusedEvent
from iafa_api.lake import layout

IDENTIFY, ALIAS = "identify", "alias"
NOBODY = "Stands for no id: never joined."
SELF = "Is the same as user_id: never joined."
_IDENTIFY_FIELDS = ("id", "anonymous_id", "user_id", "traits", "timestamp")
_ALIAS_FIELDS = ("id", "previous_id", "user_id", "timestamp")


@dataclass(frozen=True, slots=True)
class RefusedLink:
    """An id that was not joined with the call's user, and why."""

    field: str
    id: str
    reason: str


@dataclass(slots=True)
class CheckedCall:
    """What is left of a call after checking; `call` is None where there is nothing to keep."""

    call: IdentityCall | None
    refused: list[RefusedLink] = field(default_factory=list)


def check_identify(body: bytes, now_us: int) -> CheckedCall:
    """`{anonymous_id?, user_id, traits?, timestamp?, id?}`: who a visitor is, and what is known of a user."""
    value = _read(body, _IDENTIFY_FIELDS)
    errors = _faults(value, ("user_id",), now_us)
    traits = value.get("traits")
    if traits is not None and not isinstance(traits, dict):
        errors.setdefault("traits", []).append("Not a valid mapping type.")
    elif rules.nests_deeper_than(traits, rules.NESTING_MAX):
        errors.setdefault("traits", []).append(f"Nested deeper than {rules.NESTING_MAX} levels.")
    _require_none(errors)
    refused = _refused_link(value, "anonymous_id")
    call = IdentityCall(
        user_id=value["user_id"],
        anonymous_id=None if refused else value.get("anonymous_id"),
        traits=trait_texts(traits) if traits else None,
        at=_moment(value),
        id=value.get("id"),
    )
    if call.anonymous_id is None and call.traits is None:
        return _nothing_left(refused)
    return CheckedCall(call, refused)


def check_alias(body: bytes, now_us: int) -> CheckedCall:
    """`{previous_id, user_id, timestamp?, id?}`: two users are one, whom answers call `user_id`."""
    value = _read(body, _ALIAS_FIELDS)
    _require_none(_faults(value, ("user_id", "previous_id"), now_us))
    refused = _refused_link(value, "previous_id")
    if refused:
        return _nothing_left(refused)
    return CheckedCall(
        IdentityCall(value["user_id"], None, value["previous_id"], None, _moment(value), value.get("id"))
    )


CHECKS: Mapping[str, Callable[[bytes, int], CheckedCall]] = {IDENTIFY: check_identify, ALIAS: check_alias}


def frame_of_calls(
    calls: Sequence[IdentityCall], door: str, project_id: str, refused: Sequence[RefusedEvent] = ()
) -> tuple[FrameHeader, bytes]:
    """The frame that makes calls durable, and with them what was refused of the request."""
    header = FrameHeader(
        version=FRAME_VERSION,
        project_id=layout.require_project_id(project_id),
        received_at=0,
        base_id=clock.new_mark() if refused else b"",
        form="batch",
        door=door,
        event_count=0,
        refused=refused,
        identities=calls,
    )
    return header, b"[]"


def store_call(call: IdentityCall, door: str, *, buffer: Buffer, project_id: str) -> None:
    """Make a checked call durable. Unavailable of the buffer."""
    buffer.append(*frame_of_calls([call], door, project_id))


def _read(body: bytes, fields: Collection[str]) -> Mapping[str, Any]:
    if len(body) > rules.EVENT_MAX_BYTES:
        raise TooLarge(f"A call may take {rules.EVENT_MAX_BYTES} bytes.")
    try:
        value = msgspec.json.decode(body)
    except UNREADABLE as error:
        raise Malformed(f"The body is not JSON that can be read: {error}.") from None
    if not isinstance(value, dict):
        _require_none({rules.WHOLE_EVENT: ["Invalid input type."]})
    _require_none({name: ["Unknown field."] for name in value if name not in fields})
    found: Mapping[str, Any] = value
    return found


def _faults(value: Mapping[str, Any], needed: Collection[str], now_us: int) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for name in ("user_id", "anonymous_id", "previous_id", "id"):
        text = value.get(name)
        if text is None:
            if name in needed:
                errors[name] = ["Missing data for required field."]
        elif not isinstance(text, str):
            errors[name] = ["Not a valid string."]
        # An empty id to be joined is not a fault of the call: it is one of those that stand for nobody.
        elif len(text) > rules.USER_ID_MAX or (not text and name in (*needed, "id")):
            errors[name] = [f"Length must be between 1 and {rules.USER_ID_MAX}."]
    user_id = value.get("user_id")
    if "user_id" not in errors and stands_for_nobody(str(user_id)):
        errors["user_id"] = [NOBODY]
    try:
        at = _moment(value)
    except ValueError:
        errors["timestamp"] = ["Not a valid moment: ISO 8601 with an offset is."]
    else:
        if at is not None and at > now_us + rules.FUTURE_LIMIT_US:
            errors["timestamp"] = ["More than 24 hours ahead."]
    return errors


def _moment(value: Mapping[str, Any]) -> int | None:
    text = value.get("timestamp")
    return None if text is None else parse_timestamp(text)


def _refused_link(value: Mapping[str, Any], name: str) -> list[RefusedLink]:
    text = value.get(name)
    if text is None:
        return []
    if stands_for_nobody(text):
        return [RefusedLink(name, text, NOBODY)]
    return [RefusedLink(name, text, SELF)] if text == value["user_id"] else []


def _nothing_left(refused: list[RefusedLink]) -> CheckedCall:
    if refused:
        _require_none({link.field: [link.reason] for link in refused})
    return CheckedCall(None)


def _require_none(errors: dict[str, list[str]]) -> None:
    if errors:
        raise InvalidInput("The call is not valid; see errors.", errors=errors)
