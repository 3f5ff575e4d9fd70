"""What a message of another product's shape is here, and what all such shapes have in common.

Promises of every translation: it only renames and moves, and judges nothing that `ingest.pipeline` judges; an event
that it makes holds what the message said, also where that is wrong, so that the one set of rules refuses it; of an
address there is nothing but in `ip_address`, which is never stored as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from iafa_api.domain import tracked_event as rules
from iafa_api.domain.tracked_event import Fault
from iafa_api.errors import InvalidInput, Malformed, TooLarge
from iafa_api.ingest.body import DEPTH_KEPT, parse_timestamp, with_whole_characters
from iafa_api.ingest.body_depth import cut_depth
from iafa_api.ingest.event_body import UNREADABLE

TITLED = frozenset({"page", "campaign"})  # parts of a context whose names are ours without the part's own
UTM_NAMES: Mapping[str, str] = {"name": "utm_campaign"}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: an event in the form of the Tracking API, or a call (`kind`: identify, alias), or what is wrong.

    With a fault, `fields` is what can be kept of it. `sent_at` is the sender's clock, by which times are set right.
    """

    fields: dict[str, Any]
    kind: str | None = None
    sent_at: str | None = None
    fault: Fault | None = None


@dataclass(slots=True)
class Fields:
    """The fields of an event, as they are found; what is missing or empty is left out."""

    found: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, *values: Any) -> None:
        """The first of the values that says something."""
        for value in values:
            if value is not None and value != "":
                self.found[name] = value
                return


def id_text(value: Any) -> Any:
    """An id as text where it is a whole number; all else as it is, for the rules to judge."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def read_object(body: bytes) -> Any:
    """The value of a body that should be one object, however deep it is. Malformed."""
    return _decode(msgspec.json.Decoder(), body)


def read_with(decoder: msgspec.json.Decoder[Any], body: bytes, shape: str) -> Any:
    """The body in the decoder's shape, which `shape` words for who sent another one. Malformed, or InvalidInput."""
    try:
        return _decode(decoder, body)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"The body is {shape}.", errors={rules.WHOLE_EVENT: [str(error)]}) from None


def read_messages(raws: Sequence[msgspec.Raw]) -> Iterator[Any]:
    """The value of each; a Message with its fault where one cannot be read, or is no object. TooLarge for too many."""
    if len(raws) > rules.BATCH_MAX_EVENTS:
        raise TooLarge(f"A request may carry {rules.BATCH_MAX_EVENTS} events.")
    for raw in raws:
        try:
            value = msgspec.json.decode(raw)
        except UNREADABLE as error:
            # What it said is not kept: an address may stand in it anywhere.
            yield Message({}, fault=Fault(rules.WHOLE_EVENT, "unreadable", f"{error}."))
            continue
        yield value if isinstance(value, dict) else not_an_object()


def not_an_object() -> Message:
    """What is said of a message that is no JSON object."""
    return Message({}, fault=Fault(rules.WHOLE_EVENT, "not_an_object", "Invalid input type."))


def require_sent_at(value: Any, name: str) -> str | None:
    """A request's own clock; InvalidInput where it is none."""
    if value is None:
        return None
    if (fault := sent_at_fault(value)) is not None:
        raise InvalidInput(f"The request's {name} is not a moment.", errors={name: [fault.message]})
    return str(value)


def sent_at_fault(value: Any) -> Fault | None:
    """What is wrong with a message's own clock."""
    try:
        parse_timestamp(value)
    except ValueError:
        return Fault("sent_at", "not_a_moment", "Not a valid moment: ISO 8601 with an offset is.")
    return None


def strays(value: Mapping[str, Any], known: Collection[str]) -> tuple[dict[str, Any], Fault | None]:
    """What an object says beyond the fields of its shape: it stays in the event, which is refused for it.

    A fault where it has a name of ours, under which the rules would take it.
    """
    found = {name: inner for name, inner in value.items() if name not in known}
    ours = next((name for name in found if name in rules.FIELDS), None)
    if ours is None:
        return found, None
    return {}, Fault(ours, "unknown_field", "Unknown field.")


def part_of(value: Mapping[str, Any], name: str) -> tuple[dict[str, Any], Fault | None]:
    """An object in an object, empty where it is missing; a fault where it is something else."""
    part = value.get(name)
    if part is None:
        return {}, None
    if not isinstance(part, dict):
        return {}, Fault(name, "wrong_type", "Not a valid mapping type.")
    return part, None


def properties_of_context(context: Mapping[str, Any], taken: Collection[tuple[str, ...]]) -> dict[str, Any]:
    """What a context says beyond the fields that an event has, under plain names.

    `{"device": {"type": …}}` is `device_type`; what nests deeper stays JSON. Of `page` and `campaign` it is the name
    alone (`title`, `utm_source`). `taken` are the paths that are fields already.
    """
    found: dict[str, Any] = {}
    for part, value in context.items():
        if (part,) in taken:  # whatever it is: of an address nothing goes anywhere else
            continue
        if not isinstance(value, dict):
            if value is not None and value != "":
                found[plain_name(part)] = value
            continue
        for name, inner in value.items():
            if inner is not None and inner != "" and (part, name) not in taken:
                found[_name_in_context(part, name)] = inner
    return found


def plain_name(name: str) -> str:
    """`userAgentData` as `user_agent_data`."""
    return _HUMP.sub("_", name).lower()


def _name_in_context(part: str, name: str) -> str:
    if part == "campaign":
        return UTM_NAMES.get(name, f"utm_{plain_name(name)}")
    return plain_name(name) if part in TITLED else f"{plain_name(part)}_{plain_name(name)}"


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    body = with_whole_characters(body)
    try:
        try:
            return decoder.decode(body)
        except RecursionError:
            return decoder.decode(cut_depth(body, DEPTH_KEPT))
    except msgspec.ValidationError:
        if decoder.type is Any:  # a number that nothing can hold
            raise Malformed("The body is not JSON that can be read: a number is out of range.") from None
        raise
    except UNREADABLE as error:
        raise Malformed(f"The body is not JSON that can be read: {error}.") from None
