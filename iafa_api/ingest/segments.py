"""The reader's side of the buffer: which segments there are, whether anybody still writes them, and their frames.

Promises: of a segment that a process has locked, nothing past its synced length is read (I10); one that nobody locks
never changes again (I3), and all its whole frames count, because a writer that died may have synced more than it said.
Reading takes no lock that a writer would notice, in this process or another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from iafa_api import durable
from iafa_api.errors import BrokenData
from iafa_api.ingest.frames import (
    SEGMENT_HEADER_BYTES,
    Frame,
    SegmentHeader,
    parse_segment_header,
    walk_frames,
)

SUFFIX = ".segment"
TEMPORARY_SUFFIX = ".segment.tmp"
SEAL_REQUEST = "seal.request"
DAMAGED = "damaged"
# A writer locks its temporary file right after making it; only one far older than that moment has no writer.
TEMPORARY_GRACE_SECONDS = 60.0


class Segment(NamedTuple):
    """A segment as it was when it was looked at. `header` is None where its first bytes are not a header."""

    name: str
    path: Path
    is_live: bool
    header: SegmentHeader | None
    length: int  # up to here it may be read


class Pending(NamedTuple):
    """What waits in the buffer for a flush."""

    event_count: int
    oldest_received_at: int | None


def list_segments(directory: Path) -> list[Segment]:
    """Every segment in view, in the order they were opened. One that is gone while this looks was flushed."""
    names = sorted(entry.name for entry in _scan(directory) if entry.name.endswith(SUFFIX))
    looked_at = (look_at_segment(directory / name) for name in names)
    return [segment for segment in looked_at if segment is not None]


def look_at_segment(path: Path) -> Segment | None:
    """The segment at this path, None where there is none any more."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # First the lock, then the length: the other way round, a writer could append and die in between.
        is_live = _is_locked(descriptor)
        content = os.pread(descriptor, SEGMENT_HEADER_BYTES, 0)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    try:
        header = parse_segment_header(content)
    except BrokenData:
        header = None
    length = min(header.synced_length, size) if header and is_live else size
    return Segment(path.name.removesuffix(SUFFIX), path, is_live, header, length)


def read_frames(
    segment: Segment, *, start: int = SEGMENT_HEADER_BYTES, place: int = 0, project_id: str | None = None
) -> Iterator[Frame]:
    """The frames from byte `start` (an earlier frame's `end`) on. FileNotFoundError where it was flushed meanwhile.

    With `project_id` the frames of other projects come without their bodies.
    """
    if segment.header is None:
        return
    with segment.path.open("rb", buffering=1 << 18) as file:
        file.seek(start)
        salt_crc = segment.header.salt_crc
        yield from walk_frames(file, segment.name, salt_crc, segment.length, place=place, project_id=project_id)


def remove_segment(directory: Path, name: str) -> None:
    """Unlink a segment. Only after the commit that names it (I6); again is harmless."""
    (directory / f"{name}{SUFFIX}").unlink(missing_ok=True)


def keep_damaged(directory: Path, name: str) -> None:
    """Give a segment that cannot be read to its end a second name in `damaged/`, for a person to look at.

    A link, and before the commit: after a crash the first name may be unlinked as flushed, the bytes still stay.
    """
    durable.make_directory(directory / DAMAGED)
    with contextlib.suppress(FileExistsError):
        os.link(directory / f"{name}{SUFFIX}", directory / DAMAGED / f"{name}{SUFFIX}")
    durable.sync_directory(directory / DAMAGED)


def remove_dead_temporaries(directory: Path, now_seconds: float) -> int:
    """Unlink what writers that died left before it came into view (I8); nobody was answered for what is in them."""
    removed = 0
    for entry in _scan(directory):
        path = Path(entry.path)
        if not entry.name.endswith(TEMPORARY_SUFFIX):
            continue
        try:
            is_old = now_seconds - entry.stat().st_mtime > TEMPORARY_GRACE_SECONDS
            segment = look_at_segment(path) if is_old else None
        except FileNotFoundError:  # its writer has just renamed it
            continue
        if segment is not None and not segment.is_live:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def request_seal(directory: Path, moment_us: int) -> None:
    """Ask every writer to put what it receives from this moment on into a new segment.

    The moment is the file's time of change: one system call to write, one to read, and never half there.
    """
    path = directory / SEAL_REQUEST
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, durable.FILE_MODE)
        os.close(descriptor)
    os.utime(path, ns=(moment_us * 1000, moment_us * 1000))


def read_seal_request(directory: str) -> int:
    """The moment that was asked for last, 0 where nobody has asked. Called before every write: keep it one call."""
    try:
        return os.stat(f"{directory}/{SEAL_REQUEST}").st_mtime_ns // 1000  # noqa: PTH116 - Path costs ten times it
    except FileNotFoundError:
        return 0


def bytes_in_view(directory: Path) -> int:
    """How much disk the segments take: what the high-water mark is compared with (I9)."""
    total = 0
    for entry in _scan(directory):
        if entry.name.endswith(SUFFIX):
            try:
                total += entry.stat().st_size
            except FileNotFoundError:
                continue
    return total


class Backlog:
    """Counts what waits, reading only what is new since it last looked. One object per process, not for two threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen: dict[str, tuple[int, int, int | None]] = {}  # end, events, first received_at

    def look(self, without: Collection[str] = ()) -> Pending:
        """The events that no flush has taken yet, but for those of some segments."""
        seen: dict[str, tuple[int, int, int | None]] = {}
        for segment in list_segments(self._directory):
            end, count, oldest = self._seen.get(segment.name, (SEGMENT_HEADER_BYTES, 0, None))
            if segment.length > end:
                try:
                    for frame in read_frames(segment, start=end, place=count):
                        end = frame.end
                        count += frame.header.event_count
                        oldest = frame.header.received_at if oldest is None else oldest
                except FileNotFoundError:
                    continue
            seen[segment.name] = (end, count, oldest)
        self._seen = seen
        asked = [waiting for name, waiting in seen.items() if name not in without]
        moments = [oldest for _, _, oldest in asked if oldest is not None]
        return Pending(sum(count for _, count, _ in asked), min(moments, default=None))


def _scan(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:  # nothing was ever appended
        return []


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two readers do not take each other for writers
    except BlockingIOError:
        return True
    return False
