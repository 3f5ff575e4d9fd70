"""The only source of time and chance: tests can name a moment, and all else stays a function of its input.

Times are integers: microseconds since 1970-01-01T00:00:00Z. Text form: ISO 8601, `Z`, six fractional digits.
"""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime

MICROSECONDS = 1_000_000


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
    return str(uuid.uuid4())


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
