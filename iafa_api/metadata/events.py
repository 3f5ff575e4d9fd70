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

from migrations_json.chain import SCHEMA_VERSION, upgrade_event

GENESIS = "0" * 64  # `prev` of the first event


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change: `kind` is user, api_key, operator (the command line) or system (a job)."""

    kind: str
    id: str | None = None
    ip_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What a change is laid to: who asked, in which request."""

    actor: Actor
    request_id: str


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


def data_hash(envelope: Mapping[str, Any]) -> str:
    """The hash of what an event says, apart from its place in the chain."""
    return _sha256({name: value for name, value in envelope.items() if name not in ("seq", "prev", "hash")})


def chain_hash(seq: int, prev: str, content: str) -> str:
    """The hash of an event in its place; `content` is its data_hash."""
    return _sha256({"seq": seq, "prev": prev, "data_hash": content})


def read_envelope(envelope: Mapping[str, Any]) -> MetadataEvent:
    """The event of a stored envelope, brought to today's schema version.

    KeyError, TypeError or ValueError where it is not an envelope; the chain is the reader's to check.
    """
    upgraded = upgrade_event(dict(envelope))
    return MetadataEvent(**{**upgraded, "actor": Actor(**upgraded["actor"])})


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no blanks, unescaped Unicode. Standard library only, so that an offline
    check can do the same."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
