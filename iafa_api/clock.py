"""The only source of time and chance: tests can name a moment, and all else stays a function of its input.

Times are integers: microseconds since 1970-01-01T00:00:00Z. Text form: ISO 8601, `Z`, six fractional digits.
"""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime

MICROSECONDS = 1_000_000
MARK_BYTES = 16
MARKS_DRAWN = 256  # each time: a system call lets another thread of the interpreter go first, which costs more than it
_marks: list[bytes] = []
os.register_at_fork(after_in_child=_marks.clear)  # what the parent hands out must not be handed out again


def now_us() -> int:
    """The wall clock in microseconds since the epoch."""
    return time.time_ns() // 1000


def monotonic() -> float:
    """Seconds of a clock that never goes back; only differences mean something."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def new_id() -> str:
    """A random UUID (version 4) in its text form."""
    return as_uuid(new_mark().hex())


def as_uuid(text: str) -> str:
    """32 random hexadecimal digits in the form of a UUID of version 4."""
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


def new_mark() -> bytes:
    """16 random bytes, to tell a thing from all others. From the system's source, which is asked for many at once."""
    while True:
        try:
            return _marks.pop()
        except IndexError:  # filled by two threads at once, it only lasts longer
            drawn = secrets.token_bytes(MARK_BYTES * MARKS_DRAWN)
            _marks.extend([drawn[start : start + MARK_BYTES] for start in range(0, len(drawn), MARK_BYTES)])


def new_secret(byte_count: int = 32) -> bytes:
    """Random bytes for keys and tokens."""
    return secrets.token_bytes(byte_count)


def format_time(time_us: int) -> str:
    """`2026-01-15T10:00:00.000123Z`."""
    moment = datetime.fromtimestamp(time_us // MICROSECONDS, UTC).replace(microsecond=time_us % MICROSECONDS)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> int:
    """The inverse of `format_time`; any ISO 8601 moment with an offset. ValueError where there is no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return to_us(moment)


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exact (no floating point in between)."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * MICROSECONDS + delta.microseconds
