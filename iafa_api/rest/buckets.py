"""Token buckets that all workers of a machine share: limits that hold however many processes serve.

A bucket fills at `per_minute` a minute up to one minute's worth. What asks is let through while its bucket is above
zero and may overdraw it; the next then waits the longer. The buckets are slots of one memory-mapped file, found by a
hash of their name: two names that meet in a slot push each other out, which at worst gives somebody a fresh minute.
They need no durability: a lost file is a file of full buckets.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
from pathlib import Path

from iafa_api import clock, durable

SLOTS = 1 << 16
WAYS = 4  # neighbouring slots that a name may use; the one that waits longest is given up
_SLOT = struct.Struct("=Qdd")  # hash of the name, level, time of the last change in seconds
_SIZE = SLOTS * _SLOT.size


class Buckets:
    """The buckets in one file, which is made if it is not there."""

    def __init__(self, path: Path) -> None:
        durable.make_directory(path.parent)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE)
        if os.fstat(self._descriptor).st_size != _SIZE:
            os.ftruncate(self._descriptor, _SIZE)
        self._slots = mmap.mmap(self._descriptor, _SIZE)
        self._mutex = threading.Lock()

    def take(self, name: str, amount: float, *, per_minute: int) -> float:
        """0 if `amount` was taken from the bucket, else the seconds to wait. `per_minute` 0 means no limit."""
        level = self._change(name, amount, per_minute, must_be_above_zero=True)
        return 0.0 if level > 0 else max(-level * 60 / per_minute, 0.001)

    def charge(self, name: str, amount: float, *, per_minute: int) -> None:
        """Take `amount` whatever is there: for a request that was let through before its amount was known."""
        self._change(name, amount, per_minute, must_be_above_zero=False)

    def _change(self, name: str, amount: float, per_minute: int, *, must_be_above_zero: bool) -> float:
        """The level before; it stays as it is where it must be above zero and is not."""
        if per_minute == 0:
            return 1.0
        tag, now = _tag(name), clock.now_us() / clock.MICROSECONDS
        capacity = float(per_minute)
        with self._mutex:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                offset, level, changed_at = self._find(tag, capacity, now)
                level = min(capacity, level + max(0.0, now - changed_at) * per_minute / 60)
                after = level - amount if level > 0 or not must_be_above_zero else level
                _SLOT.pack_into(self._slots, offset, tag, after, now)
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return level

    def _find(self, tag: int, capacity: float, now: float) -> tuple[int, float, float]:
        oldest: tuple[float, int] = (float("inf"), 0)
        first = tag % SLOTS
        for way in range(WAYS):
            offset = (first + way) % SLOTS * _SLOT.size
            found, level, changed_at = _SLOT.unpack_from(self._slots, offset)
            if found == tag:
                return offset, level, changed_at
            oldest = min(oldest, (changed_at, offset))
        return oldest[1], capacity, now


def _tag(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1  # 0 is an empty slot
