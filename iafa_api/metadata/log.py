"""The append-only log of metadata events: one file, JSON Lines, the only place where metadata is born.

A line is a JSON array of the envelopes of one append, so that an append is there whole or not at all. Promised:
`append` returns after the line is synced; positions rise in one order for all processes; a reader sees whole lines
only and reads only the bytes it has not seen; what is in the log is never changed. One writer at a time (`lock`).
A last line that a crash has torn was never acknowledged: the next writer sets it aside in `torn/` and goes on. Any
other line that does not fit the chain is BrokenData: a person has to look.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from iafa_api import clock, durable
from iafa_api.errors import BrokenData, StaleVersion, Unavailable
from iafa_api.metadata.events import (
    GENESIS,
    Cause,
    MetadataEvent,
    NewEvent,
    canonical_json,
    chain_hash,
    data_hash,
    read_envelope,
    seal_envelope,
)

LOCK_SECONDS = 10.0  # a writer holds the lock for milliseconds; longer means the disk hangs, and the caller should know


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log, after event `seq`: the byte where the next line starts, and the hash it must follow."""

    seq: int = 0
    offset: int = 0
    hash: str = GENESIS


class Log:
    """The log in one directory. Safe for many threads and processes."""

    def __init__(self, directory: Path, *, now: Callable[[], int] = clock.now_us) -> None:
        durable.make_directory(directory)
        self._path = directory / "log.jsonl"
        self._torn = directory / "torn"
        self._lock = FileLock(directory / "log.lock", timeout=LOCK_SECONDS, mode=durable.FILE_MODE)
        self._now = now

    def size(self) -> int:
        """Bytes in the log: a reader whose position is at this offset has nothing to read."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the one writer. Unavailable where another holds on for too long."""
        try:
            self._lock.acquire()
        except Timeout:
            raise Unavailable("Metadata cannot be changed at the moment.", retry_after_seconds=1) from None
        try:
            yield
        finally:
            self._lock.release()

    def read(self, position: Position) -> tuple[list[MetadataEvent], Position]:
        """The events after `position` and the position after them.

        BrokenData where the log does not continue at `position`, which is what a reader sees whose last append was
        taken back, or whose log was restored: it starts again from nothing.
        """
        events: list[MetadataEvent] = []
        try:
            with self._path.open("rb") as file:
                file.seek(position.offset)
                content = file.read()
        except FileNotFoundError:
            content = b""
        if position.offset > self.size():
            raise BrokenData("The metadata log is shorter than it was.")
        lines = content.split(b"\n")
        for number, line in enumerate(lines[:-1]):
            is_last = number == len(lines) - 2 and not lines[-1]
            read = _read_line(line, position)
            if read is None:
                if is_last:  # torn and yet with an end: left for the next writer to set aside
                    break
                raise BrokenData(f"The metadata log is broken after event {position.seq}, at byte {position.offset}.")
            events.extend(read)
            position = Position(read[-1].seq, position.offset + len(line) + 1, read[-1].hash)
        return events, position

    def append(self, position: Position, new: Sequence[NewEvent], cause: Cause) -> None:
        """Write events at `position`, which must be the end of the log; the lock must be held.

        Returns once they are durable. StaleVersion where two of them do not follow
        each other in their stream, Unavailable where the disk does not take them; nothing is left of them then.
        """
        at, prev, seq = clock.format_time(self._now()), position.hash, position.seq
        envelopes: list[dict[str, Any]] = []
        seen: dict[str, int] = {}
        for event in new:
            if seen.get(event.stream, event.expected_version) != event.expected_version:
                raise StaleVersion(f"{event.stream} is not at version {event.expected_version}.")
            seen[event.stream] = event.expected_version + 1
            seq += 1
            envelope = seal_envelope(event, cause, seq=seq, at=at, prev=prev)
            prev = envelope["hash"]
            envelopes.append(envelope)
        line = canonical_json(envelopes).encode() + b"\n"
        self._set_torn_tail_aside(position.offset)
        self._write(position.offset, line)

    def _write(self, offset: int, line: bytes) -> None:
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, durable.FILE_MODE)
        try:
            if os.write(descriptor, line) != len(line):
                raise OSError("short write")
            os.fsync(descriptor)
            if is_new:
                durable.sync_directory(self._path.parent)
        except OSError:
            os.ftruncate(descriptor, offset)
            raise Unavailable("Metadata cannot be written at the moment.", retry_after_seconds=5) from None
        finally:
            os.close(descriptor)

    def _set_torn_tail_aside(self, offset: int) -> None:
        if self.size() <= offset:
            return
        durable.make_directory(self._torn)
        with self._path.open("r+b") as file:
            file.seek(offset)
            durable.write_new_file(self._torn / f"{offset}-{self._now()}", file.read())
            durable.sync_directory(self._torn)
            file.truncate(offset)
            os.fsync(file.fileno())


def _read_line(line: bytes, position: Position) -> list[MetadataEvent] | None:
    """The events of a line that follows `position`, or None where it does not."""
    seq, prev = position.seq, position.hash
    events = []
    try:
        for envelope in json.loads(line):
            seq += 1
            content = data_hash(envelope)
            if (envelope["seq"], envelope["prev"]) != (seq, prev) or envelope["hash"] != chain_hash(seq, prev, content):
                return None
            prev = envelope["hash"]
            events.append(read_envelope(envelope))
    except (ValueError, TypeError, KeyError):
        return None
    return events or None
