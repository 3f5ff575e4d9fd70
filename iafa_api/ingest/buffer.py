"""The buffer: where an event is durable before its sender hears of it, and waits until a flush takes it to Parquet.

Promises: `append` returns only when the frame is synced, in a segment whose directory entry is synced (I1); it either
returns or raises `Unavailable`, and then the events count for nobody, unless the disk fails even to take them back.
`received_at` rises strictly within a process and so within a segment. Past the high-water mark, of bytes that wait or
of free disk, it refuses (I9): nothing accepted is dropped to make room. One thread per process writes for all that
wait. Safe over fork and spawn: a process opens a segment of its own with its first append. Not for network disks.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

from iafa_api import clock, durable
from iafa_api.errors import Unavailable
from iafa_api.ingest import segments
from iafa_api.ingest.frames import Frame, FrameHeader, encode_frame
from iafa_api.ingest.segment_writer import SegmentWriter
from iafa_api.ingest.segments import Backlog, Pending, Segment

LOOK_SECONDS = 0.25  # how often an idle writer looks for a request to seal, and a busy one at the disk
GROUP_BYTES = 8 << 20  # one write takes no more than about this: a larger one makes everybody wait for the largest
RETRY_AFTER_SECONDS = 5.0


class _Waiter:
    """One append on its way: the sender's thread sleeps on `done`, the writing thread sets the rest and wakes it."""

    __slots__ = ("body", "done", "error", "header")

    def __init__(self, header: FrameHeader, body: bytes) -> None:
        self.header = header
        self.body = body
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Buffer:
    """The segments in one directory. Any number of processes and threads may have one each over the same directory."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = 32 << 20,
        high_water_bytes: int = 2 << 30,
        free_disk_bytes: int = 512 << 20,
        now_us: Callable[[], int] = clock.now_us,
    ) -> None:
        self.directory = directory
        self._segment_bytes = segment_bytes
        self._high_water_bytes = high_water_bytes
        self._free_disk_bytes = free_disk_bytes
        self._now_us = now_us
        self._lock: threading.Lock
        self._queue: SimpleQueue[_Waiter | None]
        self._thread: threading.Thread | None
        self._is_closed: bool
        self._last_received_at: int
        self._answered_request: int
        self._bytes_left: int
        self._looked_at: float
        self._backlog = Backlog(directory)
        self._writer: SegmentWriter | None = None
        self._start_over()
        _buffers.add(self)

    def append(self, header: FrameHeader, body: bytes) -> int:
        """Make one request durable and tell its `received_at`. Blocks until then; Unavailable where it cannot be."""
        waiter = _Waiter(header, body)
        with self._lock:
            if self._is_closed:
                raise Unavailable("The server is stopping.", retry_after_seconds=RETRY_AFTER_SECONDS)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write_for_all, name="buffer-writer", daemon=True)
                self._thread.start()
            self._queue.put(waiter)
        waiter.done.acquire()
        if waiter.error is not None:
            raise waiter.error
        return waiter.header.received_at

    def require_room(self) -> None:
        """Unavailable where an append would be refused: whether the service is ready (I9)."""
        if self._is_closed or (self._thread is not None and not self._thread.is_alive()):
            raise Unavailable("Nothing writes events to the disk.", retry_after_seconds=RETRY_AFTER_SECONDS)
        self._require_room(1)

    def close(self) -> None:
        """Write what waits, seal the segment, refuse what comes after. Again is harmless."""
        with self._lock:
            thread, was_closed = self._thread, self._is_closed
            self._is_closed = True
            if thread is not None and not was_closed:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def list_segments(self) -> list[Segment]:
        """Every segment in view, of this process and of others."""
        return segments.list_segments(self.directory)

    def read_frames(self, segment: Segment, *, project_id: str | None = None) -> Iterator[Frame]:
        """The frames of a segment, with the bodies of one project or of all; FileNotFoundError where it was flushed."""
        return segments.read_frames(segment, project_id=project_id)

    def pending(self, without: Collection[str] = ()) -> Pending:
        """How many events wait, but for those of some segments, and since when; reads only what is new since the last
        call. For one thread."""
        return self._backlog.look(without)

    def request_seal(self, moment_us: int) -> None:
        """Ask every writer to put what it receives from this moment on into a new segment."""
        durable.make_directory(self.directory)
        segments.request_seal(self.directory, moment_us)

    def remove_segment(self, name: str) -> None:
        """Unlink a flushed segment, after the commit that names it (I6)."""
        segments.remove_segment(self.directory, name)

    def keep_damaged(self, name: str) -> None:
        """Keep the bytes of a damaged segment for a person to look at, whatever becomes of it here."""
        segments.keep_damaged(self.directory, name)

    def remove_dead_temporaries(self, now_us: int) -> int:
        """Remove what writers that died left before it came into view (I8)."""
        return segments.remove_dead_temporaries(self.directory, now_us / clock.MICROSECONDS)

    def _start_over(self) -> None:
        self._lock = threading.Lock()
        self._queue = SimpleQueue()
        self._thread = None
        self._is_closed = False
        self._last_received_at = 0
        self._answered_request = 0
        self._bytes_left = 0
        self._is_disk_low = False
        self._looked_at = float("-inf")

    def _forget_parent(self) -> None:
        """In a forked child: the parent's segment is not ours, and its lock must fall with the parent alone."""
        self._seal()
        self._start_over()

    def _write_for_all(self) -> None:
        is_open = True
        while is_open:
            group: list[_Waiter] = []
            failure: BaseException | None = None
            try:
                is_open = self._gather(group)
                if group:
                    self._require_room(sum([len(waiter.body) for waiter in group]))
                    self._write(group)
                else:
                    self._seal_if_requested(self._now_us())
            except Unavailable as refusal:
                failure = refusal
            except BaseException as error:  # noqa: BLE001 - whoever waits raises it; if nobody does, the next append will
                failure = error
                self._abandon()
            for waiter in group:
                if failure is not None:
                    waiter.error = _error_for_one(failure)
                waiter.done.release()
        self._seal()

    def _gather(self, group: list[_Waiter]) -> bool:
        """Add all that wait, up to a size; nothing after a while without any. False at the end of the buffer."""
        size = 0
        try:
            waiter = self._queue.get(timeout=LOOK_SECONDS)
            while waiter is not None:
                group.append(waiter)
                size += len(waiter.body)
                if size >= GROUP_BYTES:
                    return True
                waiter = self._queue.get_nowait()
        except Empty:
            return True
        return False

    def _write(self, group: list[_Waiter]) -> None:
        # A frame's time is taken before the look for a request: a request is made for a moment ahead, so whoever
        # takes a time after that moment also sees it, and no sealed segment holds a frame from after the request.
        newest = max(self._now_us(), self._last_received_at + 1) + len(group) - 1
        self._seal_if_requested(newest)
        if self._writer is None:
            durable.make_directory(self.directory)
            opened_at = max(self._now_us(), self._last_received_at + 1, newest)
            self._writer = SegmentWriter(self.directory, opened_at)
            # Only from here on is it in view: a flush that did not see it must have taken only what came earlier.
            self._last_received_at = max(opened_at, self._now_us())
        received_at = max(newest - len(group), self._last_received_at)
        parts: list[bytes] = []
        for waiter in group:
            received_at += 1
            waiter.header.received_at = received_at
            try:
                parts += encode_frame(waiter.header, waiter.body, self._writer.salt_crc)
            except (UnicodeError, TypeError, OverflowError) as error:  # concerns nobody else who waits
                waiter.error = error
        self._last_received_at = received_at
        if not parts:
            return
        content = b"".join(parts)
        self._writer.append(content, received_at)
        self._bytes_left -= len(content)
        if self._writer.length >= self._segment_bytes:
            self._seal()

    def _seal_if_requested(self, moment_us: int) -> None:
        """Seal for a request whose moment has come, each request once.

        Told apart by their moments alone: after the clock was set back, every request is from before `opened_at`.
        """
        requested = segments.read_seal_request(str(self.directory))
        if requested <= moment_us and requested != self._answered_request:
            self._seal()
            self._answered_request = requested

    def _seal(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.seal()

    def _abandon(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()

    def _require_room(self, wanted_bytes: int) -> None:
        now = clock.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            durable.make_directory(self.directory)
            disk = os.statvfs(self.directory)
            free = disk.f_bavail * disk.f_frsize - self._free_disk_bytes
            room = self._high_water_bytes - segments.bytes_in_view(self.directory)
            self._bytes_left = min(room, free)
            self._is_disk_low = free < room
            self._looked_at = now
        if wanted_bytes > self._bytes_left:
            what = "Too little disk is free." if self._is_disk_low else "Too many events wait to be stored."
            raise Unavailable(what, retry_after_seconds=RETRY_AFTER_SECONDS)


def _error_for_one(failure: BaseException) -> BaseException:
    """An exception of its own for each of those who wait: one object raised in many threads mixes their tracebacks."""
    if isinstance(failure, Unavailable):
        return Unavailable(failure.message, retry_after_seconds=failure.retry_after_seconds)
    error: BaseException
    if isinstance(failure, OSError):
        error = Unavailable("The disk did not take the events.", retry_after_seconds=RETRY_AFTER_SECONDS)
    else:
        error = RuntimeError("the buffer's writer failed")
    error.__cause__ = failure
    return error


_buffers: weakref.WeakSet[Buffer] = weakref.WeakSet()


def _forget_parents() -> None:
    for buffer in list(_buffers):
        buffer._forget_parent()


os.register_at_fork(after_in_child=_forget_parents)
