"""Moments as the clocks and calendars of a place show them, for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

WEEKDAYS = pa.array(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
HOURS = pa.array([str(hour) for hour in range(24)])
WORDS = pa.array(["false", "true"])
FIRST_HOUR, LAST_HOUR, WORKDAYS = 9, 16, 5  # business hours: from 9:00 to 17:00, Monday to Friday


def local_times(moments_us: Sequence[int], timezones: Sequence[str]) -> dict[str, Any]:
    """`local_hour`, `local_weekday` and `is_business_hours` as columns of texts; `timezones` has an IANA name a row."""
    moments = np.array(moments_us, dtype=np.int64)
    hours, days = np.zeros(len(moments), dtype=np.int64), np.zeros(len(moments), dtype=np.int64)
    distinct = set(timezones)
    names = np.array(timezones, dtype=object) if len(distinct) > 1 else None
    for name in distinct:
        rows = slice(None) if names is None else np.flatnonzero(names == name)
        local = pc.local_timestamp(pa.array(moments[rows]).cast(pa.timestamp("us", tz=name)))
        hours[rows], days[rows] = pc.hour(local).to_numpy(), pc.day_of_week(local).to_numpy()
    is_business = (days < WORKDAYS) & (hours >= FIRST_HOUR) & (hours <= LAST_HOUR)
    return {
        "local_hour": HOURS.take(pa.array(hours)),
        "local_weekday": WEEKDAYS.take(pa.array(days)),
        "is_business_hours": WORDS.take(pa.array(is_business.astype(np.int64))),
    }
