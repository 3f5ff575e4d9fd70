"""Times as files have them: ISO 8601 in its many spellings, days, and counts since 1970.

Promises one moment or ValueError, never a guess that depends on the machine: a time without an offset is in the zone
that was named, an hour that occurs twice is the first of the two, one that the clock skips is read with the offset
before the skip. Not for the API, whose senders must name an offset: that is `ingest.body`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from iafa_api import clock
from iafa_api.domain.time_range import zone_named
from iafa_api.domain.tracked_event import EARLIEST_US, LATEST_US

# Seconds, milliseconds, microseconds and nanoseconds are told apart by their size: each unit's numbers from 1973 on
# lie above the limit of the one before, and seconds reach to the year 5138.
EPOCH_UNITS: Final = ((10**11, 1_000_000), (10**14, 1000), (10**17, 1), (10**20, Decimal("0.001")))

_EPOCH: Final = datetime(1970, 1, 1)
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_DAY_DIGITS: Final = re.compile(r"[0-9]{8}")
_UTC_NAMED: Final = re.compile(r" ?(UTC|GMT)$")


class OutOfRange(ValueError):
    """A time, but not one that an event can have."""


class TimeReader:
    """Reads times, those without an offset in one time zone."""

    def __init__(self, timezone: str = "UTC") -> None:
        zone = zone_named(timezone)
        self._zone = None if timezone == "UTC" else zone

    def read(self, value: Any) -> tuple[str, int]:
        """The moment as text of the contract's form (UTC, `Z`) and in microseconds. Eight digits are a day."""
        if value.__class__ is str:
            try:
                moment = datetime.fromisoformat(value)
            except ValueError:
                moment = _read_text(value.strip())
        else:
            moment = _read_number(value)
        moment = self._in_utc(moment)
        time_us = clock.to_us(moment)
        if not EARLIEST_US <= time_us <= LATEST_US:
            raise OutOfRange("an event lies between the years 1970 and 9999")
        return moment.isoformat()[:-6] + "Z", time_us

    def _in_utc(self, moment: datetime) -> datetime:
        try:
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
            if self._zone is None:
                return moment.replace(tzinfo=UTC)
            return moment.replace(tzinfo=self._zone).astimezone(UTC)
        except OverflowError:
            raise OutOfRange("an event lies between the years 1970 and 9999") from None


def _read_text(text: str) -> datetime:
    if _NUMBER.fullmatch(text) and not _DAY_DIGITS.fullmatch(text):
        return _of_epoch(Decimal(text))
    return datetime.fromisoformat(_UTC_NAMED.sub("Z", text))


def _read_number(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a time is text or a number")
    if isinstance(value, int):
        text = str(value)
        return datetime.fromisoformat(text) if _DAY_DIGITS.fullmatch(text) else _of_epoch(Decimal(value))
    # By way of its text: 1700000000.123 is meant to have three decimals, and its binary value has fifty.
    number = Decimal(repr(value))
    if not number.is_finite():
        raise ValueError("a time is finite")
    return _of_epoch(number)


def _of_epoch(number: Decimal) -> datetime:
    for limit, microseconds in EPOCH_UNITS:
        if abs(number) < limit:
            try:
                return _EPOCH + timedelta(microseconds=int(number * microseconds))
            except OverflowError:
                break
    raise OutOfRange("an event lies between the years 1970 and 9999")
