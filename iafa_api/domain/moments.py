"""Moments as people write them where the past is asked for, and as the metadata log writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from iafa_api import clock
from iafa_api.domain.faults import refuse


def log_time(text: str, field: str, *, at_end: bool) -> str:
    """A time with an offset, or a day (its start or end, in UTC), in the form of the log. InvalidInput for others."""
    try:
        if len(text) == len("2026-01-31"):
            day = datetime.combine(date.fromisoformat(text), time.max if at_end else time.min, UTC)
            return clock.format_time(clock.to_us(day))
        return clock.format_time(clock.parse_time(text))
    except (ValueError, OverflowError):
        message = "Must be a time with an offset (2026-01-31T10:00:00Z) or a day (2026-01-31)."
        raise refuse((field,), message) from None
