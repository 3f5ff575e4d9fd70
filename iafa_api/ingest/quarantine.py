"""The quarantine: refused events with their reasons, from the frames that brought them to files, for thirty days.

Promises: the flush moves them in the commit that moves their segments, and counts each there, kept or not; a reader
sees each once, those that still wait in the buffer included, and none that was replayed. Per project and UTC day of
receipt no more is kept than the limits say; the rest is counted.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from iafa_api import clock
from iafa_api.domain import quality
from iafa_api.errors import BrokenData
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import FrameHeader, derive_ids
from iafa_api.lake import layout, quarantine_files
from iafa_api.lake.manifest import Manifest
from iafa_api.lake.manifest_schema import QuarantineFile, Stored
from iafa_api.lake.writer_lock import hold_writer_lock

KEEP_DAYS = 30  # what the API says; shorter, and a mistake of last month cannot be taken back


class QuarantinedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A refused event: a line of a file. Append new fields with a default; never take one away.

    `id` is the one it would have had if it had been accepted without bringing one. `event` is what it said, null where
    that is no JSON that is kept whole; then `text` has what there is.
    """

    id: str
    received_at: str
    reason: str
    errors: dict[str, Any]
    event: msgspec.Raw
    text: str | None
    byte_count: int
    index: int
    door: str
    event_id: str | None
    user_id: str | None
    anonymous_id: str | None
    sent_at: str | None
    ip_hash: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class QuarantineLimits:
    """How much is kept of one project and one day."""

    event_count: int = 10_000
    byte_count: int = 20 << 20


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which refused events are meant: all that meet every condition given. The end does not belong to the range."""

    start_us: int
    end_us: int
    reason: str | None = None
    ids: Collection[str] | None = None

    def takes(self, entry: QuarantinedEvent) -> bool:
        """Whether this one is meant, by all but the days."""
        return (self.reason is None or entry.reason == self.reason) and (self.ids is None or entry.id in self.ids)


DEFAULT_LIMITS = QuarantineLimits()


class _LineId(msgspec.Struct, frozen=True):
    id: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(QuarantinedEvent).decode
_decode_id = msgspec.json.Decoder(_LineId).decode


class QuarantineUpdate:
    """What one flush adds to the quarantine of a project, and takes from it. Nothing counts before the commit."""

    def __init__(self, root: Path, project_id: str, files: Sequence[QuarantineFile], limits: QuarantineLimits) -> None:
        self.counts: Counter[tuple[int, str]] = Counter()
        self._root = root
        self._project_id = project_id
        self._files = files
        self._limits = limits
        self._new: dict[int, dict[str, bytes]] = {}
        self._replayed: dict[int, set[str]] = {}
        self._room: dict[int, tuple[int, int]] = {}  # events and bytes that may still be kept of a day

    def take(self, header: FrameHeader) -> None:
        """Count what a request had refused, keep what there is room for, and note what it takes from the quarantine."""
        day = header.received_at // layout.DAY_US
        for entry in entries_of(header):
            self.counts[day, quality.REJECTED + entry.reason] += 1
            if not self._keep(day, entry):
                self.counts[day, quality.OVERFLOW] += 1
        for replayed_day, entry_id in header.replayed:
            self._replayed.setdefault(replayed_day, set()).add(entry_id)

    def write(self, added: list[Stored], removed: list[Stored]) -> None:
        """Write what is new, without what was replayed, and add to the lists what the manifest is to name from now on,
        and what no more."""
        for day in sorted({*self._new, *self._replayed}):
            gone = self._replayed.get(day, set())
            lines = [line for entry_id, line in self._new.get(day, {}).items() if entry_id not in gone]
            taken, left = self._take_lines(day, gone, is_growing=bool(lines))
            if left or lines:
                added.append(quarantine_files.write_lines(self._root, self._project_id, day, [*left, *lines]))
            removed += taken

    def _keep(self, day: int, entry: QuarantinedEvent) -> bool:
        if day not in self._room:
            live = [file for file in self._files if file.day == day]
            self._room[day] = (
                self._limits.event_count - sum(file.row_count for file in live),
                self._limits.byte_count - sum(file.byte_count for file in live),
            )
        line = _encode(entry)
        event_count, byte_count = self._room[day]
        if event_count < 1 or byte_count <= len(line):
            return False
        self._room[day] = (event_count - 1, byte_count - len(line) - 1)
        self._new.setdefault(day, {})[entry.id] = line
        return True

    def _take_lines(
        self, day: int, gone: Collection[str], *, is_growing: bool
    ) -> tuple[list[QuarantineFile], list[bytes]]:
        """The files of a day to be written anew, because they hold what is gone or are many, and their other lines."""
        files = [file for file in self._files if file.day == day]
        many = quarantine_files.plan_merge(files) if is_growing else []
        taken: list[QuarantineFile] = []
        left: list[bytes] = []
        for file in files if gone else many:
            try:
                lines = list(quarantine_files.read_lines(self._root, file))
            except BrokenData:  # stays as it is, for a person to look at: events must not wait for it
                continue
            kept = [line for line in lines if _id_of(line) not in gone]
            if len(kept) < len(lines) or file in many:
                taken.append(file)
                left += kept
        return taken, left


def entries_of(header: FrameHeader) -> Iterator[QuarantinedEvent]:
    """The refused events in a frame's header."""
    if not header.refused:
        return
    ids = derive_ids(header.base_id, [refused.index for refused in header.refused])
    sent_at = None if header.sent_at is None else clock.format_time(header.sent_at)
    for entry_id, refused in zip(ids, header.refused, strict=True):
        # Line ends in JSON stand only between its parts, where a blank means the same.
        text = refused.text.replace("\n", " ").replace("\r", " ") if refused.is_whole else refused.text
        yield QuarantinedEvent(
            id=entry_id,
            received_at=clock.format_time(header.received_at),
            reason=refused.reason,
            errors=dict(refused.errors),
            event=msgspec.Raw(text.encode() if refused.is_whole else b"null"),
            text=None if refused.is_whole else text,
            byte_count=refused.byte_count,
            index=refused.index,
            door=header.door,
            event_id=refused.id,
            user_id=refused.user_id,
            anonymous_id=refused.anonymous_id,
            sent_at=sent_at,
            ip_hash=header.ip_hash,
            user_agent=header.user_agent,
        )


def read_quarantine(
    buffer: Buffer, manifest: Manifest, root: Path, project_id: str, wanted: QuarantineFilter
) -> Iterator[QuarantinedEvent]:
    """The refused events that are meant, each once, day by day. BrokenData where a file cannot be read."""
    waiting, replayed, names = _read_waiting(buffer, project_id)
    # In this order (I7): what is flushed in between comes from the buffer and from a file, and is told by its id.
    flushed = manifest.flushed_among(names)
    files = manifest.list_live(QuarantineFile, project_id)
    first, last = clock.format_time(wanted.start_us), clock.format_time(wanted.end_us)
    seen = {entry.id for name, entries in waiting.items() if name not in flushed for entry in entries}
    days = range(wanted.start_us // layout.DAY_US, wanted.end_us // layout.DAY_US + 1)
    for file in sorted(files, key=lambda file: file.day):
        if file.day in days:
            for line in quarantine_files.read_lines(root, file):
                entry = _decode_line(file, line)
                if entry.id in seen or entry.id in replayed:
                    continue
                if first <= entry.received_at < last and wanted.takes(entry):
                    yield entry
    for name, entries in waiting.items():
        for entry in entries:
            is_there = name not in flushed and entry.id not in replayed
            if is_there and first <= entry.received_at < last and wanted.takes(entry):
                yield entry


def list_newest(entries: Iterable[QuarantinedEvent], first: int, last: int) -> tuple[list[QuarantinedEvent], int]:
    """Those from place `first` to `last` (both included), newest first, and how many there are in all."""
    count = 0

    def counted() -> Iterator[QuarantinedEvent]:
        nonlocal count
        for entry in entries:
            count += 1
            yield entry

    newest = heapq.nlargest(last + 1, counted(), key=lambda entry: (entry.received_at, -entry.index))
    return newest[first:], count


def encode_line(entry: QuarantinedEvent) -> bytes:
    """The entry as a line of JSON, its end included."""
    return _encode(entry) + b"\n"


def run_quarantine_expiry(manifest: Manifest, root: Path, now_us: int, *, lock_seconds: float = 0.0) -> int:
    """Let go of what came in more than 30 days ago; how many events those are. A sweep removes the bytes."""
    with hold_writer_lock(root, wait_seconds=lock_seconds):
        oldest = now_us // layout.DAY_US - KEEP_DAYS
        expired = [file for file in manifest.list_live(QuarantineFile) if file.day < oldest]
        if expired:
            manifest.commit(removed=expired, now_us=now_us)
        return sum(file.row_count for file in expired)


def _read_waiting(buffer: Buffer, project_id: str) -> tuple[dict[str, list[QuarantinedEvent]], set[str], list[str]]:
    """What no flush has taken yet: refused events by segment, the ids of those that were replayed; all segments."""
    waiting: dict[str, list[QuarantinedEvent]] = {}
    replayed: set[str] = set()
    segments = buffer.list_segments()
    for segment in segments:
        entries: list[QuarantinedEvent] = []
        try:
            for frame in buffer.read_frames(segment, project_id=project_id):
                if frame.header.project_id == project_id:
                    entries += entries_of(frame.header)
                    replayed |= {entry_id for _, entry_id in frame.header.replayed}
        except FileNotFoundError:  # flushed since it was listed: the manifest, read later, has what was in it (I6)
            continue
        waiting[segment.name] = entries
    return waiting, replayed, [segment.name for segment in segments]


def _decode_line(file: QuarantineFile, line: bytes) -> QuarantinedEvent:
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BrokenData(f"{file.path} holds a line that cannot be read: {error}.") from error


def _id_of(line: bytes) -> str | None:
    try:
        return _decode_id(line).id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
