"""The append-only log of metadata events: one file, JSON Lines, the only place where metadata is born.

A line is a JSON array of the envelopes of one append: it is there whole or not at all. Promised: what `sync` has
returned for survives everything but the disk; positions rise in one order for all processes; readers see whole, synced
lines only (up to `mark`), so nothing that was seen is ever taken back; what is in the log is never changed.

One writer at a time holds `lock` and writes; the sync comes after the lock, and one fsync serves all that wait for it,
in all processes. What every process must know of that, at the cost of a load, stands in three mapped integers
(`log.marks`): they are derived, and made anew at every start. A last line that a crash has torn was never
acknowledged: the next writer or start sets it aside in `torn/`. Any other line that does not fit is BrokenData.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from iafa_api import clock, durable
from iafa_api.errors import BrokenData, Unavailable
from iafa_api.metadata.events import (
    GENESIS,
    UNREADABLE,
    Cause,
    MetadataEvent,
    NewEvent,
    canonical_json,
    read_envelope,
    read_line,
    seal_envelope,
    verify_envelope,
)

LOCK_SECONDS = 10.0  # a writer holds the lock for less than a millisecond; longer means that something hangs
POLL_SECONDS = 0.0002  # how often a writer of another process is waited for
GENERATION, WRITTEN, SYNCED = range(3)  # the marks: 64 bits each, so that a load or store is never half done
MARKS_BYTES = 24
READ_BYTES = 4 << 20  # how much of the log is in memory at a time
LAST_LINE_BYTES = 1 << 16  # how far back the start of a line is looked for at a time


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log, after event `seq`: where the next line starts, the hash it must follow, the time it had."""

    seq: int = 0
    offset: int = 0
    hash: str = GENESIS
    at: str = ""

    @classmethod
    def after(cls, event: MetadataEvent, offset: int) -> Position:
        """The place after an event, the last of its line, that ends at byte `offset`."""
        return cls(event.seq, offset, event.hash, event.at)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the log may be read. A new `generation` means that unsynced lines were taken back after a failed sync:
    whoever has read beyond `synced` starts again."""

    generation: int
    synced: int


class Log:
    """The log in one directory. Safe for many threads and processes of one machine."""

    def __init__(self, directory: Path, *, now: Callable[[], int] = clock.now_us) -> None:
        """Open the log, making it where there is none, and bring it into order after a crash."""
        durable.make_directory(directory)
        self._torn = directory / "torn"
        self._now = now
        self._write_lock, self._sync_lock = _Lock(directory / "log.lock"), _Lock(directory / "sync.lock")
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(directory / "log.jsonl", flags, durable.FILE_MODE)
        weakref.finalize(self, os.close, self._file)
        marks = os.open(directory / "log.marks", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE)
        if os.fstat(marks).st_size < MARKS_BYTES:
            os.ftruncate(marks, MARKS_BYTES)
        self._marks = memoryview(mmap.mmap(marks, MARKS_BYTES)).cast("Q")
        os.close(marks)
        durable.sync_directory(directory)
        self._recover()

    def mark(self) -> Mark:
        """How far the log may be read now."""
        while True:
            mark = Mark(self._marks[GENERATION], self._marks[SYNCED])
            if self._marks[GENERATION] == mark.generation:  # else the two are of different generations
                return mark

    @property
    def written(self) -> int:
        """Where the last whole line ends, synced or not. Means something only to who holds the lock."""
        return self._marks[WRITTEN]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the one writer. Unavailable where another holds on for too long."""
        with self._write_lock.hold():
            if os.fstat(self._file).st_size != self._marks[WRITTEN]:  # a writer died before it could say so
                try:
                    self._settle()
                except OSError:
                    raise Unavailable("Metadata cannot be written at the moment.", retry_after_seconds=5) from None
            yield

    def read(self, position: Position, limit: int) -> tuple[list[MetadataEvent], Position]:
        """The events from `position` to byte `limit`, and the position after them. BrokenData where they do not fit."""
        events: list[MetadataEvent] = []
        for more, offset in self.read_appends(position, limit):  # noqa: B007 - the last one counts
            events += more
        return events, Position.after(events[-1], offset) if events else position

    def read_appends(self, start: Position, limit: int) -> Iterator[tuple[list[MetadataEvent], int]]:
        """The events of one append after the other, with the byte after each. BrokenData where they do not fit."""
        seq, offset, prev = start.seq, start.offset, start.hash
        for line in self._lines(offset, limit):
            events = read_line(line, seq=seq, prev=prev)
            if not events:
                envelopes, _ = _checked(line, Position(seq, offset, prev))
                events = [read_envelope(envelope) for envelope in envelopes]
            seq, offset, prev = events[-1].seq, offset + len(line) + 1, events[-1].hash
            yield events, offset

    def read_raw(self, position: Position, limit: int) -> Iterator[tuple[list[dict[str, Any]], Position]]:
        """The envelopes as they were written, a line at a time, each checked against the chain."""
        for line in self._lines(position.offset, limit):
            envelopes, position = _checked(line, position)
            yield envelopes, position

    def read_line(self, start: int, end: int) -> list[dict[str, Any]]:
        """The envelopes of the one line between two bytes, each checked by its own hash."""
        envelopes = _parse(os.pread(self._file, end - 1 - start, start))
        if envelopes is None:
            raise BrokenData(f"The metadata log is broken at byte {start}.")
        for envelope in envelopes:
            verify_envelope(envelope, seq=envelope.get("seq", 0), prev=envelope.get("prev", ""))
        return envelopes

    def holds(self, position: Position) -> bool:
        """Whether the line before `position` is the one that it was taken after: whether a snapshot is of this log."""
        if position.offset == 0:
            return position == Position()
        if position.offset > self._marks[SYNCED]:
            return False
        envelopes = _parse(self._line_before(position.offset))
        last = envelopes[-1] if envelopes else {}
        return (last.get("seq"), last.get("hash")) == (position.seq, position.hash)

    def seal(self, position: Position, new: Sequence[NewEvent], cause: Cause) -> list[dict[str, Any]]:
        """The envelopes of new events after `position`. Times never fall, even where the clock is set back."""
        at = max(clock.format_time(self._now()), position.at)
        prev, seq = position.hash, position.seq
        envelopes = []
        for event in new:
            seq += 1
            envelopes.append(seal_envelope(event, cause, seq=seq, at=at, prev=prev))
            prev = envelopes[-1]["hash"]
        return envelopes

    def write(self, position: Position, envelopes: Sequence[dict[str, Any]]) -> Position:
        """Write a line at `position`, the end of the log; the lock must be held. Durable only after `sync`.

        Unavailable where the disk does not take it; nothing is left of it then.
        """
        line = canonical_json(envelopes).encode() + b"\n"
        try:
            if os.write(self._file, line) != len(line):
                raise OSError("short write")
        except OSError:
            with contextlib.suppress(OSError):  # what cannot be cut off now, the next writer sets aside
                os.ftruncate(self._file, position.offset)
            raise Unavailable("Metadata cannot be written at the moment.", retry_after_seconds=5) from None
        last = envelopes[-1]
        after = Position(last["seq"], position.offset + len(line), last["hash"], last["at"])
        self._marks[WRITTEN] = after.offset
        return after

    def sync(self, offset: int, generation: int) -> None:
        """Return once all up to `offset` is durable; one fsync serves all that wait. The lock must not be held.

        Unavailable where the disk fails: the unsynced lines are taken back, for every process.
        """
        while self._marks[SYNCED] < offset or self._marks[GENERATION] != generation:
            with self._sync_lock.hold():
                if self._marks[GENERATION] != generation:
                    raise Unavailable("Metadata could not be written.", retry_after_seconds=5)
                if self._marks[SYNCED] < offset:
                    self._sync_all()

    def _sync_all(self) -> None:
        written = self._marks[WRITTEN]
        try:
            os.fsync(self._file)
        except OSError:  # never tried again: a second fsync after a failed one reports success for lost pages
            with self._write_lock.hold():
                self._start_generation()  # first: should this process die now, nobody goes on from what was cut off
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._marks[SYNCED])
                self._marks[WRITTEN] = self._marks[SYNCED]
            raise Unavailable("Metadata could not be written.", retry_after_seconds=5) from None
        self._marks[SYNCED] = written

    def _recover(self) -> None:
        """After a crash of the machine the marks may be anything: what is whole in the file is synced and counts."""
        with self._sync_lock.hold(), self._write_lock.hold():
            if self._marks[SYNCED] > os.fstat(self._file).st_size:  # other marks than this log's: it was restored
                self._start_generation()
                self._marks[SYNCED] = 0
            self._settle()
            os.fsync(self._file)
            self._marks[SYNCED] = self._marks[WRITTEN]

    def _start_generation(self) -> None:
        self._marks[GENERATION] = (self._marks[GENERATION] + 1) % (1 << 64)

    def _settle(self) -> None:
        """Find where the last whole line ends, and set aside what a crash has left after it. The lock must be held."""
        size = os.fstat(self._file).st_size
        end = self._line_start(size)
        if end == size and size and _parse(self._line_before(size)) is None:  # garbage that happens to end like a line
            end = self._line_start(size - 1)
        if end < size:
            durable.make_directory(self._torn)
            torn = os.pread(self._file, size - end, end)
            durable.replace_file(self._torn / f"{end}-{self._now()}", torn)  # on a full disk, no half of it is left
            os.ftruncate(self._file, end)
        self._marks[WRITTEN] = end

    def _lines(self, start: int, limit: int) -> Iterator[bytes]:
        """The lines between two bytes, without their ends. BrokenData where the file ends before, or within a line."""
        rest = b""
        while start < limit:
            content = os.pread(self._file, min(READ_BYTES, limit - start), start)
            if not content:
                raise BrokenData("The metadata log is shorter than it was.")
            start += len(content)
            *lines, rest = (rest + content).split(b"\n")
            yield from lines
        if rest:
            raise BrokenData(f"The metadata log does not end with a whole line at byte {limit}.")

    def _line_before(self, offset: int) -> bytes:
        """The line that ends at `offset`, without its end; b"" where none does."""
        if offset == 0 or os.pread(self._file, 1, offset - 1) != b"\n":
            return b""
        start = self._line_start(offset - 1)
        return os.pread(self._file, offset - 1 - start, start)

    def _line_start(self, offset: int) -> int:
        """The byte after the last end of a line before `offset`: where the line starts that goes on there."""
        start = offset
        while start > 0:
            step = min(start, LAST_LINE_BYTES)
            found = os.pread(self._file, step, start - step).rfind(b"\n")
            if found >= 0:
                return start - step + found + 1
            start -= step
        return 0


class _Lock:
    """A lock among the threads of this process, then among processes: only one thread of each has to poll.

    An flock on a file that stays open: opening it each time costs more than all else that an append does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._open()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock. Unavailable where another holds on for too long."""
        if not self._mutex.acquire(timeout=LOCK_SECONDS):
            raise Unavailable("Metadata cannot be changed at the moment.", retry_after_seconds=1)
        try:
            if self._process_id != os.getpid():  # a fork shares its parent's file, and would share the lock with it
                self._open()
            self._wait()
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._mutex.release()

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE)
        weakref.finalize(self, os.close, self._file)
        self._process_id = os.getpid()

    def _wait(self) -> None:
        until = clock.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if clock.monotonic() > until:
                    raise Unavailable("Metadata cannot be changed at the moment.", retry_after_seconds=1) from None
                clock.sleep(POLL_SECONDS)


def _checked(line: bytes, position: Position) -> tuple[list[dict[str, Any]], Position]:
    """The envelopes of a line at `position`, and the position after it. BrokenData where it does not follow."""
    envelopes = _parse(line)
    if envelopes is None:
        raise BrokenData(f"The metadata log is broken after event {position.seq}, at byte {position.offset}.")
    seq, prev = position.seq, position.hash
    for envelope in envelopes:
        seq += 1
        verify_envelope(envelope, seq=seq, prev=prev)
        prev = envelope["hash"]
    return envelopes, Position(seq, position.offset + len(line) + 1, prev, envelopes[-1]["at"])


def _parse(line: bytes) -> list[dict[str, Any]] | None:
    """The envelopes of a line, or None where it is not what `write` writes."""
    try:
        envelopes = msgspec.json.decode(line, type=list[dict[str, Any]])
    except UNREADABLE:
        return None
    return envelopes or None
