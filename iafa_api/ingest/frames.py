"""The bytes of a buffer segment (drawn in docs/buffer_format.md): frames, and what their headers say.

Promises: a frame is either whole or not there (length above 0, salted CRC). What events it holds: `frame_events`.
Header fields are only ever appended: an old frame stays readable, a newer one is read as far as it is known.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

import msgspec

from iafa_api import clock
from iafa_api.errors import BrokenData
from iafa_api.ingest import event_body as bodies
from iafa_api.ingest.refused_events import RefusedEvent
from iafa_api.ingest.schema_failures import SchemaFailure

MAGIC = b"IAFASEG1"  # the last character is the version of everything below
FRAME_VERSION = 1
SEGMENT_HEADER = struct.Struct("<8s8sQI4xQQ16x")  # magic, salt, opened_at, crc of these three, the cell
SEGMENT_HEADER_BYTES = SEGMENT_HEADER.size
SYNCED_CELL = struct.Struct("<QQ")  # synced_length, received_at of the last frame below it
SYNCED_CELL_OFFSET = 32
SALT_BYTES = 8
FRAME_PREFIX = struct.Struct("<II")  # length of the payload, crc32 of salt and payload
HEADER_LENGTH = struct.Struct("<I")  # 10,000 skipped places come near to what 16 bits can say


class UnreadableFrame(BrokenData):
    """A whole frame with a body that this program cannot read; the others of its segment are not concerned."""


class IdentityCall(msgspec.Struct, array_like=True, gc=False):
    """A call that says who is whom. Append new fields at the end, with a default; never move one."""

    user_id: str
    anonymous_id: str | None = None  # whose events are to be the user's
    previous_id: str | None = None  # the user who is to be one with this one
    traits: Mapping[str, str | None] | None = None  # None for a value: it is taken away
    at: int | None = None  # microseconds, or None: from the time of receipt on
    id: str | None = None  # as the sender gave it
    change: str | None = None  # UNDO or RESTORE of `domain.identities`: of the link that it names
    actor: str | None = None  # who it is by, such as key:… or user:…


class FrameHeader(msgspec.Struct, array_like=True, gc=False):
    """What is known of a request beside its body. Append new fields at the end, with a default; never move one."""

    version: int
    project_id: str
    received_at: int  # microseconds, strictly rising within a segment; the buffer sets it
    base_id: bytes  # 16 random bytes: the ids of events that bring none follow from it and their index
    form: str  # how the body is read: single, batch
    door: str  # where it came in: track, batch, import, …; says nothing about the bytes
    event_count: int  # of the events in the body
    skipped: Sequence[int] = ()  # places in the request of refused events, which are not in the body
    sent_at: int | None = None
    ip_hash: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    user_agent: str | None = None
    cut_count: int = 0  # texts of the body's events that are longer than what is kept of them
    dropped_count: int = 0  # events that the sender says it had to drop before this request
    refused: Sequence[RefusedEvent] = ()
    replayed: Sequence[tuple[int, str]] = ()  # day and id in the quarantine that the body's events come from
    identities: Sequence[IdentityCall] = ()  # of a frame without events
    timezone: str = "UTC"  # the project's
    url_parameters: Sequence[str] = ()  # which the project allows to stay in addresses
    places: Sequence[Sequence[str | None]] = ()  # country, region and city of each event, where they name addresses
    failed: Sequence[SchemaFailure] = ()  # events that fail the schema of their type


class Frame(NamedTuple):
    """One durable request. `place` is the ordinal in the segment of its first event, `end` where the next begins."""

    segment: str
    place: int
    end: int
    header: FrameHeader
    body: bytes


class SegmentHeader(NamedTuple):
    """The first bytes of a segment. `opened_at` is before every `received_at` in it."""

    salt_crc: int
    opened_at: int
    synced_length: int
    last_received_at: int  # of the frames below synced_length; 0 where there is none


_encode_header = msgspec.msgpack.Encoder().encode
_decode_header = msgspec.msgpack.Decoder(FrameHeader).decode


def encode_segment_header(salt: bytes, opened_at: int) -> bytes:
    """The header of an empty segment."""
    crc = zlib.crc32(struct.pack("<8s8sQ", MAGIC, salt, opened_at))
    return SEGMENT_HEADER.pack(MAGIC, salt, opened_at, crc, SEGMENT_HEADER_BYTES, 0)


def parse_segment_header(content: bytes) -> SegmentHeader:
    """BrokenData where the bytes are none: a segment is renamed into view after its header is synced."""
    if len(content) < SEGMENT_HEADER_BYTES:
        raise BrokenData("A buffer segment is shorter than its header.")
    magic, salt, opened_at, crc, synced_length, last_received_at = SEGMENT_HEADER.unpack_from(content)
    if magic != MAGIC or crc != zlib.crc32(content[: struct.calcsize("<8s8sQ")]):
        raise BrokenData("A buffer segment has no header that this program knows.")
    return SegmentHeader(zlib.crc32(salt), opened_at, synced_length, last_received_at)


def encode_frame(header: FrameHeader, body: bytes, salt_crc: int) -> tuple[bytes, bytes, bytes]:
    """The parts of a frame, to be written one after the other."""
    encoded = _encode_header(header)
    head = HEADER_LENGTH.pack(len(encoded)) + encoded
    crc = zlib.crc32(body, zlib.crc32(head, salt_crc))
    return FRAME_PREFIX.pack(len(head) + len(body), crc), head, body


def walk_frames(
    file: BinaryIO, segment: str, salt_crc: int, limit: int, *, place: int = 0, project_id: str | None = None
) -> Iterator[Frame]:
    """The frames from where `file` stands up to byte `limit`; ends before the first that is not whole.

    With `project_id` the frames of other projects come without their bodies. They are checked all the same: a bad one
    ends the segment for everybody, as it does for a flush.

    The salt makes bytes of other files no frames, and a length of 0 ends the segment: a zero-filled tail, which a
    crash can leave, would otherwise be a run of empty frames.
    """
    end = file.tell()
    while end + FRAME_PREFIX.size <= limit:
        prefix = file.read(FRAME_PREFIX.size)
        if len(prefix) < FRAME_PREFIX.size:
            return
        length, crc = FRAME_PREFIX.unpack(prefix)
        end += FRAME_PREFIX.size + length
        if length < HEADER_LENGTH.size or end > limit:
            return
        payload = file.read(length)
        if len(payload) < length or zlib.crc32(payload, salt_crc) != crc:
            return
        split = HEADER_LENGTH.size + HEADER_LENGTH.unpack_from(payload)[0]
        try:
            header = _decode_header(payload[HEADER_LENGTH.size : split])
        except bodies.UNREADABLE:
            return
        is_wanted = project_id is None or header.project_id == project_id
        yield Frame(segment, place, end, header, payload[split:] if is_wanted else b"")
        place += header.event_count


def derive_ids(base_id: bytes, places: Sequence[int]) -> list[str]:
    """UUIDs (version 4 in form) of the events at these places of a request: the same for the answer and the flush."""
    if not places:
        return []
    # An extendable hash: the id at a place does not depend on how many others are asked for.
    stream = hashlib.shake_128(base_id).hexdigest(16 * (max(places) + 1))
    return [clock.as_uuid(stream[32 * place : 32 * place + 32]) for place in places]


def accepted_places(event_count: int, skipped: Sequence[int]) -> Sequence[int]:
    """Where in the request the events of a body stood."""
    if not skipped:
        return range(event_count)
    refused = set(skipped)
    return [place for place in range(event_count + len(refused)) if place not in refused]
