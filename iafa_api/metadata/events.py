"""The envelope of a metadata event, its text form, and the chain of hashes that ties the log together.

The envelope is `{seq, stream, version, type, schema_version, at, actor, request_id, organization_id, data, sealed,
prev, hash}` and does not change any more. `seq` counts all events without a gap, `version` those of one stream.
`data` is plain, `sealed` holds tokens of `metadata.vault`.

The chain: `data_hash` is the SHA-256 of the canonical JSON of all fields but seq, prev and hash; `hash` is that of
`{data_hash, prev, seq}`. So whoever has `{seq, prev, data_hash, hash}` of an event can check the chain without seeing
the event itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from iafa_api.errors import BrokenData
from migrations_json.chain import SCHEMA_VERSION, STEPS, upgrade_event

GENESIS = "0" * 64  # `prev` of the first event
# What a decoder says of bytes that are no JSON; the last one, of what is nested deeper than any event
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
OUTSIDE_DATA_HASH = frozenset({"seq", "prev", "hash"})
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_decode_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change: `kind` is user, api_key, operator (the command line) or system (a job)."""

    kind: str
    id: str | None = None
    ip_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that may come again: `id` stands for who asks, where, and with which key, `body` for what is asked."""

    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What a change is laid to: who asked, in which request, and how that is known when it comes again."""

    actor: Actor
    request_id: str
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A change that was decided on and is not in the log yet. `expected_version` is the stream's version before."""

    stream: str
    expected_version: int
    type: str
    organization_id: str | None
    data: Mapping[str, Any]
    sealed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetadataEvent:
    """An event as the log holds it."""

    seq: int
    stream: str
    version: int
    type: str
    schema_version: int
    at: str
    actor: Actor
    request_id: str
    organization_id: str | None
    data: Mapping[str, Any]
    sealed: Mapping[str, str]
    prev: str
    hash: str

    @property
    def kind(self) -> str:
        """The kind of thing that the event is about: `funnel` of `funnel.created`."""
        return self.type.partition(".")[0]

    @property
    def subject_id(self) -> str:
        """The id in the stream's name."""
        return self.stream.partition("-")[2]


_decode_events = msgspec.json.Decoder(list[MetadataEvent]).decode


def seal_envelope(new: NewEvent, cause: Cause, *, seq: int, at: str, prev: str) -> dict[str, Any]:
    """The envelope of a new event, hash included."""
    envelope: dict[str, Any] = {
        "seq": seq,
        "stream": new.stream,
        "version": new.expected_version + 1,
        "type": new.type,
        "schema_version": SCHEMA_VERSION,
        "at": at,
        "actor": asdict(cause.actor),
        "request_id": cause.request_id,
        "organization_id": new.organization_id,
        "data": dict(new.data),
        "sealed": dict(new.sealed),
        "prev": prev,
    }
    return envelope | {"hash": chain_hash(seq, prev, data_hash(envelope))}


def verify_envelope(envelope: Mapping[str, Any], *, seq: int, prev: str) -> None:
    """Check that an envelope is what was sealed, in this place of the chain. BrokenData if not."""
    try:
        # true and 1.0 equal 1, and no hash is over the text of seq
        is_in_place = type(envelope["seq"]) is int and (envelope["seq"], envelope["prev"]) == (seq, prev)
        content = {name: value for name, value in envelope.items() if name not in OUTSIDE_DATA_HASH}
        # The fast encoder writes nearly every value as the canonical one does. A hash that fits either text is proof;
        # only one that fits neither is a fault.
        fast = hashlib.sha256(_encode_sorted(content)).hexdigest()
        is_whole = envelope["hash"] == chain_hash(seq, prev, fast) or (
            envelope["hash"] == chain_hash(seq, prev, data_hash(envelope))
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):  # what has no canonical JSON, too
        is_in_place = is_whole = False
    if not is_in_place or not is_whole:
        raise BrokenData(f"Event {seq} of the metadata log is not what was written there.")


def data_hash(envelope: Mapping[str, Any]) -> str:
    """The hash of what an event says, apart from its place in the chain."""
    return _sha256({name: value for name, value in envelope.items() if name not in OUTSIDE_DATA_HASH})


def chain_hash(seq: int, prev: str, content: str) -> str:
    """The hash of an event in its place; `content` is its data_hash."""
    # canonical_json of the three, written out: it is made for every event of a replay
    return hashlib.sha256(f'{{"data_hash":"{content}","prev":"{prev}","seq":{seq}}}'.encode()).hexdigest()


def read_envelope(envelope: Mapping[str, Any]) -> MetadataEvent:
    """The event of a stored envelope, brought to today's schema version.

    BrokenData where a newer program wrote it; whether it is what was written is `verify_envelope`'s to say.
    """
    try:
        upgraded = upgrade_event(dict(envelope))
    except ValueError as error:
        raise BrokenData(f"Event {envelope['seq']} was written by a newer program: {error}.") from None
    return MetadataEvent(**{**upgraded, "actor": Actor(**upgraded["actor"])})


def read_line(line: bytes, *, seq: int, prev: str) -> list[MetadataEvent]:
    """The events of a line that goes on after event `seq` with the hash `prev`, each checked against the chain.

    What `verify_envelope` and `read_envelope` say of a line of today's form, in half the time; none where it is of
    another form, or is not what was written: theirs to tell apart.
    """
    try:
        events = _decode_events(line)
        texts = [line[1:-1]] if len(events) == 1 else [bytes(text) for text in _decode_texts(line)]
    except UNREADABLE:
        return []
    for event, text in zip(events, texts, strict=True):
        seq += 1
        # A line is canonical JSON, so without its place in the chain the text is the one that data_hash is of. A text
        # that comes to that when three members are cut from it, of which a decoder says that they are its own, says
        # the same whichever place they had.
        text = text.replace(f',"hash":"{event.hash}"'.encode(), b"", 1)
        text = text.replace(f',"prev":"{prev}"'.encode(), b"", 1)
        text = text.replace(f',"seq":{seq}'.encode(), b"", 1)
        is_whole = event.hash == chain_hash(seq, prev, hashlib.sha256(text).hexdigest())
        if not is_whole or (event.seq, event.prev, event.schema_version) != (seq, prev, len(STEPS)):
            return []
        prev = event.hash
    return events


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no blanks, unescaped Unicode. Standard library only, so that an offline
    check can do the same."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
