"""Token buckets that all workers of a machine share: limits that hold however many processes serve.

A bucket fills at `per_minute` a minute up to one minute's worth. What asks is let through while its bucket is above
zero and may overdraw it; the next then waits the longer. The buckets are slots of one memory-mapped file, found by a
hash of their name: two names that meet in a slot push each other out, which at worst gives somebody a fresh minute.
They need no durability: a lost file is a file of full buckets.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import math
import mmap
import os
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from iafa_api import clock, durable

SLOTS = 1 << 16
TAGS_KEPT = 1024  # in memory: who asks once asks again soon
WAYS = 4  # neighbouring slots that a name may use; the one that waits longest is given up
_SLOT = struct.Struct("=Qdd")  # hash of the name, level, time of the last change in seconds
_SIZE = SLOTS * _SLOT.size


class Standing(NamedTuple):
    """How a bucket stands: above zero it lets through. `per_minute` 0 is no limit, and full for ever."""

    name: str
    level: float
    per_minute: int

    @property
    def wait_seconds(self) -> float:
        """Until it is above zero; 0 where it is."""
        return 0.0 if self.level > 0 else max(-self.level * 60 / self.per_minute, 0.001)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The fields of draft-ietf-httpapi-ratelimit-headers: so many a minute, what is left, seconds until full.

        The part of the name before its colon stands for the bucket: what is limited, and not whose it is.
        """
        if not self.per_minute:
            return []
        what = self.name.partition(":")[0]
        full_in = math.ceil((self.per_minute - self.level) * 60 / self.per_minute)
        return [
            ("RateLimit-Policy", f'"{what}";q={self.per_minute};w=60'),
            ("RateLimit", f'"{what}";r={max(0, int(self.level))};t={max(0, full_in)}'),
        ]


class Buckets:
    """The buckets in one file, which is made if it is not there."""

    def __init__(self, path: Path) -> None:
        durable.make_directory(path.parent)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE)
        if os.fstat(self._descriptor).st_size != _SIZE:
            # Not a hole: the first touch of one is a write, and on a full disk that kills the process (SIGBUS).
            if os.pwrite(self._descriptor, bytes(_SIZE), 0) != _SIZE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.ftruncate(self._descriptor, _SIZE)
        self._slots = mmap.mmap(self._descriptor, _SIZE)
        self._mutex = threading.Lock()

    def take(self, name: str, amount: float, *, per_minute: int) -> float:
        """0 if `amount` was taken from the bucket, else the seconds to wait. `per_minute` 0 means no limit."""
        if per_minute == 0:
            return 0.0
        with self._locked():
            before = self._change(name, amount, per_minute, must_be_above_zero=True)
        return Standing(name, before, per_minute).wait_seconds

    def look(self, name: str, *, per_minute: int) -> Standing:
        """How the bucket stands, without a lock: what another process changes meanwhile counts for the next look."""
        if per_minute == 0:
            return Standing(name, 1.0, 0)
        now = clock.now_us() / clock.MICROSECONDS
        _, level, changed_at = self._find(_tag(name), float(per_minute), now)
        return Standing(name, _refilled(level, changed_at, now, per_minute), per_minute)

    def charge(self, name: str, amount: float, *, per_minute: int) -> Standing:
        """Take `amount` whatever is there, for a request that was let through before its amount was known."""
        (standing,) = self.charge_all([(name, amount, per_minute)])
        return standing

    def charge_all(self, charges: Sequence[tuple[str, float, int]]) -> list[Standing]:
        """Charge many (name, amount, per minute) in turn, for the price of one lock."""
        with self._locked() if any(per_minute for _, _, per_minute in charges) else nullcontext():
            return [
                Standing(name, self._change(name, amount, per_minute, must_be_above_zero=False) - amount, per_minute)
                for name, amount, per_minute in charges
            ]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._mutex:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _change(self, name: str, amount: float, per_minute: int, *, must_be_above_zero: bool) -> float:
        """The level before; it stays as it is where it must be above zero and is not."""
        if per_minute == 0:
            return 1.0
        tag, now = _tag(name), clock.now_us() / clock.MICROSECONDS
        offset, level, changed_at = self._find(tag, float(per_minute), now)
        level = _refilled(level, changed_at, now, per_minute)
        after = level - amount if level > 0 or not must_be_above_zero else level
        _SLOT.pack_into(self._slots, offset, tag, after, now)
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


def _refilled(level: float, changed_at: float, now: float, per_minute: int) -> float:
    return min(float(per_minute), level + max(0.0, now - changed_at) * per_minute / 60)


@functools.lru_cache(TAGS_KEPT)
def _tag(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1  # 0 is an empty slot
