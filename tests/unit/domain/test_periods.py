"""The calendar of periods, against a walk through the minutes of a clock on the wall."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from iafa_api.clock import to_us
from iafa_api.domain.periods import (
    INTERVALS,
    MAX_PERIODS,
    Calendar,
    last_periods,
    next_period,
    period_at,
    periods_between,
    previous_period,
)
from iafa_api.errors import InvalidInput

MINUTE = 60_000_000
HOUR = 60 * MINUTE
SPANS = {"hour": 3, "day": 9, "week": 25, "month": 75}  # days to walk through
# A day before something happens to the clock there.
ODD_MOMENTS = [
    ("Europe/Berlin", datetime(2026, 3, 28)),
    ("Europe/Berlin", datetime(2026, 10, 24)),
    ("America/Los_Angeles", datetime(2025, 3, 8)),
    ("America/Sao_Paulo", datetime(2018, 11, 3)),  # midnight itself is skipped
    ("America/Sao_Paulo", datetime(2018, 2, 16)),  # the last hour before midnight comes twice
    ("America/Havana", datetime(2025, 11, 1)),  # midnight comes twice
    ("America/St_Johns", datetime(2010, 11, 6)),  # back over midnight, a minute after it
    ("America/St_Johns", datetime(2011, 3, 12)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4)),  # half an hour
    ("Australia/Lord_Howe", datetime(2026, 10, 3)),
    ("Pacific/Apia", datetime(2011, 12, 28)),  # a day that never was
    ("Pacific/Kiritimati", datetime(1994, 12, 29)),  # the same, beside a new year
    ("Pacific/Kwajalein", datetime(1993, 8, 19)),
    ("Asia/Kathmandu", datetime(1985, 12, 30)),  # a quarter of an hour, in the middle of an hour
    ("Asia/Pyongyang", datetime(2018, 5, 3)),
    ("Antarctica/Troll", datetime(2026, 3, 28)),  # two hours
    ("Pacific/Chatham", datetime(2026, 4, 4)),
    ("Africa/Casablanca", datetime(2026, 2, 14)),
    ("UTC", datetime(2024, 2, 28)),
]


def naive_starts(calendar: Calendar, start: datetime, minutes: int) -> list[int]:
    """The minutes at which another period begins, found by looking at the clock each minute."""
    starts: list[int] = []
    latest, key = date.min, None
    for minute in range(minutes):
        moment = start + timedelta(minutes=minute)
        local = moment.astimezone(calendar.zone)
        latest = max(latest, local.date())
        if calendar.interval == "hour":
            now: object = (local.date(), local.hour, local.utcoffset())
        elif calendar.interval == "month":
            now = (latest.year, latest.month)
        else:
            now = latest.toordinal()
            if calendar.interval == "week":  # the first day of the calendar was a Monday
                now = (now - (1 if calendar.week_start == "monday" else 0)) // 7
        if now != key and key is not None:
            starts.append(to_us(moment))
        key = now
    return starts


@pytest.mark.parametrize("week_start", ["monday", "sunday"])
@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize(("zone", "moment"), ODD_MOMENTS)
def test_periods_are_what_a_walk_through_the_minutes_finds(
    zone: str, moment: datetime, interval: str, week_start: str
) -> None:
    if interval != "week" and week_start == "sunday":
        return
    calendar = Calendar(ZoneInfo(zone), interval, week_start)
    start = moment.replace(tzinfo=UTC) - timedelta(days=SPANS[interval] // 2)
    starts = naive_starts(calendar, start, SPANS[interval] * 1440)
    assert len(starts) >= 2
    found = periods_between(calendar, starts[0], starts[-1])
    assert [(one.start_us, one.end_us) for one in found] == list(pairwise(starts))
    rng = random.Random(f"{zone} {interval}")
    for _ in range(30):
        first, last = sorted(rng.randrange(starts[0], starts[-1]) for _ in range(2))
        touched = [one for one in found if one.end_us > first and one.start_us < last]
        assert periods_between(calendar, first, last) == tuple(touched)
        assert last_periods(calendar, len(touched), last - 1) == tuple(touched)
    for before, after in pairwise(found):
        assert next_period(calendar, before) == after
        assert previous_period(calendar, after) == before
        assert period_at(calendar, after.start_us) == period_at(calendar, after.end_us - 1) == after
        assert period_at(calendar, after.start_us - 1) == before


def labels(zone: str, interval: str, start: datetime, end: datetime, week_start: str = "monday") -> list[str]:
    calendar = Calendar(ZoneInfo(zone), interval, week_start)
    first, last = (to_us(moment.replace(tzinfo=ZoneInfo(zone))) for moment in (start, end))
    return [period.label for period in periods_between(calendar, first, last)]


def test_a_period_is_named_by_its_local_start() -> None:
    start, end = datetime(2026, 1, 31, 13, 30), datetime(2026, 2, 2)
    assert labels("Europe/Berlin", "hour", start, start + timedelta(hours=1)) == [
        "2026-01-31T13:00:00+01:00",
        "2026-01-31T14:00:00+01:00",
    ]
    assert labels("Europe/Berlin", "day", start, end) == ["2026-01-31", "2026-02-01"]
    assert labels("Europe/Berlin", "week", start, end) == ["2026-01-26"]
    assert labels("Europe/Berlin", "week", start, end, "sunday") == ["2026-01-25", "2026-02-01"]
    assert labels("Europe/Berlin", "month", start, end) == ["2026-01-01", "2026-02-01"]


def test_an_hour_that_occurs_twice_is_two_periods_and_one_that_is_skipped_is_none() -> None:
    found = labels("Europe/Berlin", "hour", datetime(2026, 10, 25, 1), datetime(2026, 10, 25, 4))
    assert [label[11:] for label in found] == ["01:00:00+02:00", "02:00:00+02:00", "02:00:00+01:00", "03:00:00+01:00"]
    found = labels("Europe/Berlin", "hour", datetime(2026, 3, 29, 1), datetime(2026, 3, 29, 4))
    assert [label[11:] for label in found] == ["01:00:00+01:00", "03:00:00+02:00"]


def test_a_day_that_a_zone_skips_is_no_period() -> None:
    found = labels("Pacific/Apia", "day", datetime(2011, 12, 29), datetime(2012, 1, 1))
    assert found == ["2011-12-29", "2011-12-31"]


def test_an_empty_range_touches_no_period() -> None:
    assert periods_between(Calendar(ZoneInfo("UTC"), "day"), 5, 5) == ()


def test_more_periods_than_an_answer_holds_are_refused() -> None:
    hours = Calendar(ZoneInfo("UTC"), "hour")
    assert len(periods_between(hours, 0, MAX_PERIODS * HOUR)) == MAX_PERIODS
    with pytest.raises(InvalidInput) as caught:
        periods_between(hours, 0, MAX_PERIODS * HOUR + 1)
    assert list(caught.value.errors or {}) == ["interval"]


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_refused(interval: str, year: int) -> None:
    with pytest.raises(InvalidInput):
        period_at(Calendar(ZoneInfo("Asia/Tokyo"), interval), to_us(datetime(year, 6, 1, tzinfo=UTC)))
    near = datetime(2, 1, 1, tzinfo=UTC) if year == 1 else datetime(9998, 12, 31, 23, tzinfo=UTC)
    assert period_at(Calendar(ZoneInfo("America/New_York"), interval), to_us(near)).label
