"""The buffer: where an event is durable before its sender hears of it, and waits until a flush takes it to Parquet.

Promises: `append` returns only when the frame is synced, in a segment whose directory entry is synced (I1); it either
returns or raises `Unavailable`, and then the events count for nobody, unless the disk fails even to take them back.
`received_at` rises strictly within a process and so within a segment. Past the high-water mark, of bytes that wait or
of free disk, it refuses (I9): nothing accepted is dropped to make room. Who comes first writes for all that wait, and
hands the turn to the first of those who came meanwhile: nobody's request waits for a thread that only writes. Safe over
fork and spawn: a process opens a segment of its own with its first append. Not for network disks.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from iafa_api import clock, durable
from iafa_api.errors import Unavailable
from iafa_api.ingest import segments
from iafa_api.ingest.frames import Frame, FrameHeader, encode_frame
from iafa_api.ingest.segment_writer import SegmentWriter
from iafa_api.ingest.segments import Backlog, Pending, Segment

LOOK_SECONDS = 0.25  # how often an idle writer looks for a request to seal, and a busy one at the disk
GROUP_BYTES = 8 << 20  # one write takes no more than about this: a larger one makes everybody wait for the largest
GROUP_REQUESTS = 300  # of three parts each: one system call takes 1024 (IOV_MAX)
RETRY_AFTER_SECONDS = 5.0


class _Waiter:
    """One append on its way. Its thread sleeps on `woken` until it is decided, or has the turn to write (`leads`)."""

    __slots__ = ("body", "byte_count", "error", "header", "leads", "woken")

    def __init__(self, header: FrameHeader, body: bytes) -> None:
        self.header = header
        self.body = body
        self.byte_count = len(body)  # about: what was refused may be more than what was not
        if header.refused:
            self.byte_count += sum([len(refused.text) for refused in header.refused])
        self.error: BaseException | None = None
        self.leads = False
        self.woken = threading.Lock()
        self.woken.acquire()


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
        self._turn: threading.Lock
        self._waiting: deque[_Waiter]
        self._keeper: threading.Thread | None
        self._is_closed: bool
        self._closing: threading.Event
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
        (failure,) = self.append_group([(header, body)])
        if failure is not None:
            raise failure
        return header.received_at

    def append_group(self, requests: Sequence[tuple[FrameHeader, bytes]]) -> list[BaseException | None]:
        """Make one or more requests durable, each for itself: None for each that is, else what `append` would raise.

        Blocks until the last is decided; each header has its `received_at` then.
        """
        waiters = [_Waiter(header, body) for header, body in requests]
        with self._lock:
            if self._is_closed:
                return [_stopping() for _ in waiters]
            if self._keeper is None:
                keeper = threading.Thread(target=self._keep, name="buffer-keeper", daemon=True)
                keeper.start()
                self._keeper = keeper
            self._waiting.extend(waiters)
            has_turn = self._turn.acquire(blocking=False)
        try:
            if has_turn:
                self._lead()
            for waiter in waiters:
                waiter.woken.acquire()
                if waiter.leads:
                    waiter.leads = False
                    self._lead()
        except BaseException:
            self._withdraw(waiters)
            raise
        return [waiter.error for waiter in waiters]

    def require_room(self) -> None:
        """Unavailable where an append would be refused: whether the service is ready (I9)."""
        if self._is_closed:
            raise _stopping()
        self._require_room(1)

    def close(self) -> None:
        """Write what waits, seal the segment, refuse what comes after. Again is harmless."""
        with self._lock:
            self._is_closed = True
        self._closing.set()
        if self._keeper is not None:
            self._keeper.join()
        with self._turn:  # let go of only where nobody waits
            self._seal()

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
        self._turn = threading.Lock()  # held by who may touch the segment; passed on from thread to thread
        self._waiting = deque()
        self._keeper = None
        self._is_closed = False
        self._closing = threading.Event()
        self._last_received_at = 0
        self._answered_request = 0
        self._bytes_left = 0
        self._is_disk_low = False
        self._looked_at = float("-inf")

    def _forget_parent(self) -> None:
        """In a forked child: the parent's segment is not ours, and its lock must fall with the parent alone."""
        self._seal()
        self._start_over()

    def _withdraw(self, waiters: Sequence[_Waiter]) -> None:
        """After Ctrl-C: who stands in line and is gone must not be given the turn, or must pass it on."""
        with self._lock:
            for waiter in waiters:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
        if any(waiter.leads for waiter in waiters):
            self._pass_on()

    def _lead(self) -> None:
        """Write for all that wait, or look for a request to seal where nobody does. For who has the turn."""
        group: list[_Waiter] = []
        failure: BaseException | None = None
        try:
            self._gather(group)
            if group:
                self._require_room(sum([waiter.byte_count for waiter in group]))
                self._write(group)
            else:
                self._seal_if_requested(self._now_us())
        except Unavailable as refusal:
            failure = refusal
        except Exception as error:  # noqa: BLE001 - whoever waits raises it; if nobody does, the next append will
            failure = error
            self._abandon()
        except BaseException as interrupt:  # Ctrl-C is for this thread; the others only hear that it failed
            failure = interrupt
            self._abandon()
            raise
        finally:
            for waiter in group:
                if failure is not None:
                    waiter.error = _error_for_one(failure)
                waiter.woken.release()
            self._pass_on()

    def _gather(self, group: list[_Waiter]) -> None:
        """Add those who wait, up to a size."""
        size = 0
        with self._lock:
            while self._waiting and size < GROUP_BYTES and len(group) < GROUP_REQUESTS:
                waiter = self._waiting.popleft()
                group.append(waiter)
                size += waiter.byte_count

    def _pass_on(self) -> None:
        """Give the turn to the first of those who wait, or back."""
        with self._lock:
            if self._waiting:
                heir = self._waiting[0]
                heir.leads = True
                heir.woken.release()
            else:
                self._turn.release()

    def _keep(self) -> None:
        """While nobody writes, look for requests to seal: who writes does so itself."""
        while not self._closing.wait(LOOK_SECONDS):
            if self._writer is not None and self._turn.acquire(blocking=False):
                self._lead()

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
        self._bytes_left -= self._writer.append(parts, received_at)
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


def _stopping() -> Unavailable:
    return Unavailable("The server is stopping.", retry_after_seconds=RETRY_AFTER_SECONDS)


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
