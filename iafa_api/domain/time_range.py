"""The range of a question: local days or times in, half-open microseconds out.

Both ends that the caller names are inclusive: a day to its last microsecond (days of 23 and 25 hours included), a
time to its own. A local time that occurs twice is the first one at the start and the second one at the end; one that
the clock skips is the moment of the skip. A time with an offset is what it says, whatever the time zone.

Without both ends the range is the last 30 local days, today included. With a start alone it runs through today (or,
where the start lies ahead of today, through the start's own day); with an end alone it is the 30 days that end there.
A start of `7d` is the 7 days that end with the end's: a saved question that says so moves on with the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from iafa_api.domain.faults import refuse

DEFAULT_DAYS: Final = 30
NOT_PLACES: Final = frozenset({"localtime", "posixrules", "Factory"})  # files beside the zones, of the machine

_EPOCH: Final = datetime(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_TIME: Final = time(23, 59, 59, 999_999)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST_DAYS: Final = re.compile(r"([1-9][0-9]{0,4})d")
_TIME: Final = re.compile(
    _DAY.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_WANTED: Final = "Must be a day (2026-01-31) or a time (2026-01-31T10:00:00, or with an offset)."
_WANTED_OR_DAYS: Final = f"{_WANTED[:-1]}, or the last so many days (7d)."


@dataclass(frozen=True, slots=True)
class TimeRange:
    """`start_us` belongs to the range, `end_us` does not; `start` and `end` are what the answer shows."""

    start_us: int
    end_us: int
    start: str
    end: str


def parse_range(start: str | None, end: str | None, *, timezone: str, now_us: int) -> TimeRange:
    zone = zone_named(timezone)
    today = local_day(now_us, zone)
    days = _days_in(start)
    if days:
        start = None
    first = None if start is None else _read(start, "start_date", _WANTED_OR_DAYS)
    last = None if end is None else _read(end, "end_date")
    if last is None:
        last = today if first is None else max(today, _day_of(first, zone))
    if first is None:
        days = days or DEFAULT_DAYS
        try:
            first = _day_of(last, zone) - timedelta(days=days - 1)
        except OverflowError:
            raise refuse(("end_date",), f"Must be a day that has {days} days before it.") from None
    start_us = first_us(first, zone)
    end_us = _last_us(last, zone) + 1
    if end_us <= start_us and not _skipped_by_the_clock(first, last):
        raise refuse(("end_date",), "Must not lie before start_date.")
    return TimeRange(start_us, max(start_us, end_us), start or str(first), end or str(last))


def parse_moment(text: str, field: str, *, timezone: str) -> int:
    """The last microsecond of what the text names: a day's end, or the time itself. InvalidInput for `field`."""
    return _last_us(_read(text, field), zone_named(timezone))


def zone_named(name: str) -> ZoneInfo:
    """The time zone of an IANA name; `InvalidInput` for `timezone` where there is none."""
    try:
        if name in NOT_PLACES:
            raise ValueError(name)
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        # OSError: "Europe" is a directory of the time zone data base, and a name may be too long for a file.
        raise refuse(("timezone",), "Must be an IANA time zone, such as Europe/Berlin.") from None


def first_us(value: date | datetime, zone: ZoneInfo) -> int:
    """The first microsecond of a local day, or of a local time; what the clock skips is the moment of the skip."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if value.tzinfo is not None:
        return _us(value)
    if _is_skipped(value, zone):
        return _skip_us(value, zone)
    return _us(value.replace(tzinfo=zone, fold=0))


def local_day(time_us: int, zone: ZoneInfo) -> date:
    """The date on a clock of the zone at this moment."""
    moment = _EPOCH.replace(tzinfo=UTC) + time_us * _MICROSECOND
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.date()


def _days_in(start: str | None) -> int:
    """How many days a start such as `7d` asks for; 0 where it says something else."""
    found = _LAST_DAYS.fullmatch(start or "")
    return int(found[1]) if found else 0


def _read(text: str, field: str, wanted: str = _WANTED) -> date | datetime:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError:
        pass
    raise refuse((field,), wanted)


def _last_us(value: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(value, datetime):
        if value < date.max:
            return first_us(value + timedelta(days=1), zone) - 1  # a clock that goes back over midnight moves no day
        value = datetime.combine(value, _LAST_TIME)
    if value.tzinfo is not None:
        return _us(value)
    if _is_skipped(value, zone):
        return _skip_us(value, zone) - 1
    return _us(value.replace(tzinfo=zone, fold=1))


def _us(moment: datetime) -> int:
    # In integers, and not by converting to UTC, which cannot name the hours before year 1 and after year 9999.
    return (moment.replace(tzinfo=None) - _EPOCH) // _MICROSECOND - _offset_us(moment)


def _offset_us(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return offset // _MICROSECOND


def _is_skipped(local: datetime, zone: ZoneInfo) -> bool:
    # By PEP 495 the offset falls from fold 0 to fold 1 where an hour repeats, and rises only where one is left out.
    earlier, later = (_offset_us(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    return earlier < later


def _skip_us(local: datetime, zone: ZoneInfo) -> int:
    """The instant at which the clock jumps over `local`."""
    before = _us(local.replace(tzinfo=zone, fold=1)) // 1_000_000
    after = _us(local.replace(tzinfo=zone, fold=0)) // 1_000_000 + 1
    new_offset = local.replace(tzinfo=zone, fold=1).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after * 1_000_000


def _day_of(value: date | datetime, zone: ZoneInfo) -> date:
    if not isinstance(value, datetime):
        return value
    return value.date() if value.tzinfo is None else local_day(_us(value), zone)


def _skipped_by_the_clock(first: date | datetime, last: date | datetime) -> bool:
    """An empty range is nobody's mistake where the clock left out all of it (a day that a country skipped)."""
    start = first if isinstance(first, datetime) else datetime.combine(first, time.min)
    end = last if isinstance(last, datetime) else datetime.combine(last, _LAST_TIME)
    return start.tzinfo is None and end.tzinfo is None and start <= end
