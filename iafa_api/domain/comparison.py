"""The earlier range that an answer is compared with, and by how much figures have changed.

`previous_period` is the range of the same length just before; `previous_year` the same local dates a year earlier (29
February is the 28th then); `{"shift_days": -7}` moves both ends by local days. What was given as days or local times
stays so: a shifted day is that whole local day, whatever the clocks did.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from iafa_api.domain.faults import Faults, Path
from iafa_api.domain.time_range import TimeRange, parse_range

PERIODS: Final = ("previous_period", "previous_year")
MAX_SHIFT_DAYS: Final = 3650
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def read_comparison(document: object, faults: Faults, path: Path = ("compare",)) -> str | int | None:
    """One of PERIODS, or the days to shift by; None where nothing is asked."""
    if document is None or document in PERIODS:
        return document if isinstance(document, str) else None
    if isinstance(document, Mapping) and set(document) == {"shift_days"}:
        days = document["shift_days"]
        if type(days) is int and 0 < abs(days) <= MAX_SHIFT_DAYS:
            return days
        faults.add((*path, "shift_days"), f"Must be a whole number of at most {MAX_SHIFT_DAYS} days, not 0.")
        return None
    faults.add(path, f'Must be one of: {", ".join(PERIODS)}, or such as {{"shift_days": -7}}.')
    return None


def compared_range(time_range: TimeRange, compare: str | int, *, timezone: str, now_us: int) -> TimeRange:
    """The range to compare with."""
    start, end = _read(time_range.start), _read(time_range.end)
    if compare == "previous_period" and (isinstance(start, datetime) or isinstance(end, datetime)):
        length = time_range.end_us - time_range.start_us
        ends = [_text(time_range.start_us - length), _text(time_range.start_us - 1)]
    else:
        if compare == "previous_year":
            moved = (_year_before(start), _year_before(end))
        else:
            days = compare if isinstance(compare, int) else -((end - start).days + 1)
            moved = (start + timedelta(days=days), end + timedelta(days=days))
        ends = [moment.isoformat() for moment in moved]
    return parse_range(ends[0], ends[1], timezone=timezone, now_us=now_us)


def change_percent(now: float | None, before: float | None) -> float | None:
    """By how many percent a figure has changed, with two digits; None where there was none, or nothing."""
    if now is None or not before:
        return None
    return round(100 * (now - before) / before, 2)


def _read(text: str) -> date | datetime:
    return (
        datetime.fromisoformat(text.upper().replace(",", "."))
        if len(text) > len("2026-01-31")
        else date.fromisoformat(text)
    )


def _year_before(moment: Any) -> Any:
    try:
        return moment.replace(year=moment.year - 1)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year - 1, day=28)


def _text(time_us: int) -> str:
    return (_EPOCH + time_us * _MICROSECOND).isoformat()
