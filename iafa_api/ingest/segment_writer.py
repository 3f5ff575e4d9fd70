"""One segment while it is written: made, appended to, sealed. For one thread of one process.

Promises: a segment comes into view whole, locked and synced with its directory entry (I1, I2); `append` returns only
when its bytes are durable; after a failed `append` the segment must be abandoned: a second fsync after a failed one
reports success for pages that the kernel has dropped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from iafa_api import clock, durable
from iafa_api.ingest.frames import (
    SALT_BYTES,
    SEGMENT_HEADER_BYTES,
    SYNCED_CELL,
    SYNCED_CELL_OFFSET,
    encode_segment_header,
    parse_segment_header,
)
from iafa_api.ingest.segments import SUFFIX, TEMPORARY_SUFFIX

NAME_BYTES = 4  # random ones, beside the moment: processes that open a segment in one microsecond need two names


class SegmentWriter:
    """An open segment; the lock falls with the descriptor, and so with the process."""

    def __init__(self, directory: Path, opened_at: int) -> None:
        """Make the segment under a temporary name, lock it, rename it into view (I2). OSError leaves nothing behind."""
        self.name = f"{opened_at:016x}-{clock.new_secret(NAME_BYTES).hex()}"
        self.opened_at = opened_at
        self.length = SEGMENT_HEADER_BYTES
        temporary, path = directory / f"{self.name}{TEMPORARY_SUFFIX}", directory / f"{self.name}{SUFFIX}"
        header = encode_segment_header(clock.new_secret(SALT_BYTES), opened_at)
        self.salt_crc = parse_segment_header(header).salt_crc
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(temporary, flags, durable.FILE_MODE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.write(self._descriptor, header) != len(header):
                raise OSError("short write of a segment's header")
            os.fsync(self._descriptor)
            temporary.rename(path)
            durable.sync_directory(directory)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            self.seal()  # where the rename was done, what is left is an empty segment that the next flush takes away
            raise

    def append(self, parts: Sequence[bytes], last_received_at: int) -> int:
        """Write at the end and wait for the disk; only then may readers see it and senders hear of it (I1).

        Tells how many bytes it were. The parts are not joined: new memory for a batch costs more than its check sum.
        """
        length = sum([len(part) for part in parts])
        written = os.writev(self._descriptor, parts)
        if written != length:
            raise OSError(f"short write: {written} of {length} bytes")
        os.fdatasync(self._descriptor)
        end = self.length + length
        # Not synced itself: after a crash of the machine nobody holds the lock, and whole frames count without it.
        os.pwrite(self._descriptor, SYNCED_CELL.pack(end, last_received_at), SYNCED_CELL_OFFSET)
        self.length = end  # only now: where the cell failed, nobody is answered and `abandon` takes the bytes back
        return length

    def seal(self) -> None:
        """Never to be written again (I3)."""
        os.close(self._descriptor)

    def abandon(self) -> None:
        """Seal after a failure, and take back, as well as the disk lets us, what nobody is answered for."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self.length)
        with contextlib.suppress(OSError):
            self.seal()
