"""The rules of ranges: local days and times, clocks that change, defaults, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iafa_api.clock import format_time, to_us
from iafa_api.domain.time_range import parse_range
from iafa_api.errors import InvalidInput

NOW = to_us(datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
HOUR = 3_600_000_000


def bounds(start: str | None, end: str | None, timezone: str = "UTC") -> tuple[str, str]:
    found = parse_range(start, end, timezone=timezone, now_us=NOW)
    return format_time(found.start_us)[:19], format_time(found.end_us - 1)


@pytest.mark.parametrize(
    ("day", "timezone", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-10-25", "UTC", 24),
        ("2018-11-04", "America/Sao_Paulo", 23),  # midnight itself is skipped
        ("2018-02-17", "America/Sao_Paulo", 25),  # the last hour before midnight comes twice
        ("2025-11-02", "America/Havana", 25),  # midnight comes twice
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2011-12-30", "Pacific/Apia", 0),  # a day that never was
        ("2010-11-06", "America/St_Johns", 24),  # the clock goes back over midnight, a minute after it
        ("2010-11-07", "America/St_Johns", 25),
    ],
)
def test_a_local_day_is_as_long_as_its_clock_makes_it(day: str, timezone: str, hours: float) -> None:
    found = parse_range(day, day, timezone=timezone, now_us=NOW)
    assert found.end_us - found.start_us == hours * HOUR
    assert (found.start, found.end) == (day, day)


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/New_York"])
def test_each_day_begins_where_the_day_before_ends(timezone: str) -> None:
    whole = parse_range("2025-01-01", "2026-12-31", timezone=timezone, now_us=NOW)
    end_us = whole.start_us
    for offset in range(730):
        day = str(datetime.fromordinal(datetime(2025, 1, 1).toordinal() + offset).date())
        found = parse_range(day, day, timezone=timezone, now_us=NOW)
        assert found.start_us == end_us
        end_us = found.end_us
    assert end_us == whole.end_us


def test_a_start_may_be_the_last_so_many_days() -> None:
    assert bounds("7d", None) == ("2026-03-04T00:00:00", "2026-03-10T23:59:59.999999Z")
    assert bounds("1d", None, "Asia/Tokyo") == ("2026-03-10T15:00:00", "2026-03-11T14:59:59.999999Z")
    assert bounds("30d", None) == bounds(None, None)
    assert bounds("2d", "2026-01-10T12:00:00")[0] == "2026-01-09T00:00:00"
    shown = parse_range("7d", None, timezone="UTC", now_us=NOW)
    assert (shown.start, shown.end) == ("2026-03-04", "2026-03-10")  # not 7d: what is shown can be asked for later


@pytest.mark.parametrize("start", ["0d", "-7d", "7", "d", "7 d", "100000d", "7h", "\u0667d"])
def test_a_start_of_no_days_says_what_would_be_right(start: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_range(start, None, timezone="UTC", now_us=NOW)
    assert "or the last so many days (7d)" in refused.value.errors["start_date"][0]


def test_days_before_the_calendar_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_range("99999d", "0001-03-01", timezone="UTC", now_us=NOW)
    assert list(refused.value.errors) == ["end_date"]


def test_both_times_are_inclusive_to_the_microsecond() -> None:
    assert bounds("2026-01-10T12:00:00", "2026-01-10T12:00:00") == (
        "2026-01-10T12:00:00",
        "2026-01-10T12:00:00.000000Z",
    )
    assert bounds("2026-01-10T12:00", "2026-01-10 12:00:00.5")[1] == "2026-01-10T12:00:00.500000Z"


def test_an_hour_that_occurs_twice_is_the_first_at_the_start_and_the_second_at_the_end() -> None:
    found = bounds("2026-10-25T02:30:00", "2026-10-25T02:30:00", "Europe/Berlin")
    assert found == ("2026-10-25T00:30:00", "2026-10-25T01:30:00.000000Z")


def test_a_time_that_the_clock_skips_is_the_moment_of_the_skip() -> None:
    assert bounds("2026-03-29T02:30:00", "2026-03-29T03:00:00", "Europe/Berlin")[0] == "2026-03-29T01:00:00"
    found = bounds("2026-03-29T00:30:00", "2026-03-29T02:30:00", "Europe/Berlin")
    assert found == ("2026-03-28T23:30:00", "2026-03-29T00:59:59.999999Z")


def test_an_offset_counts_as_it_says() -> None:
    found = bounds("2026-01-10T12:00:00+02:00", "2026-01-10T12:00:00Z", "Asia/Tokyo")
    assert found == ("2026-01-10T10:00:00", "2026-01-10T12:00:00.000000Z")


def test_the_default_is_the_last_thirty_local_days_with_today() -> None:
    found = parse_range(None, None, timezone="Europe/Berlin", now_us=NOW)
    assert (found.start, found.end) == ("2026-02-10", "2026-03-11")  # half past midnight in Berlin
    assert bounds(None, None) == ("2026-02-09T00:00:00", "2026-03-10T23:59:59.999999Z")


def test_one_end_alone_gives_the_other() -> None:
    assert bounds("2026-03-01", None) == ("2026-03-01T00:00:00", "2026-03-10T23:59:59.999999Z")
    assert bounds("2026-03-11", None) == ("2026-03-11T00:00:00", "2026-03-11T23:59:59.999999Z")
    assert bounds(None, "2026-01-30") == ("2026-01-01T00:00:00", "2026-01-30T23:59:59.999999Z")
    assert bounds(None, "2026-01-30T12:00:00") == ("2026-01-01T00:00:00", "2026-01-30T12:00:00.000000Z")


def test_the_first_and_the_last_year_have_days_everywhere() -> None:
    for timezone in ("Asia/Tokyo", "America/New_York"):
        found = parse_range("0001-01-01", "9999-12-31", timezone=timezone, now_us=NOW)
        assert found.start_us < 0 < found.end_us


@pytest.mark.parametrize(
    ("start", "end", "timezone", "field"),
    [
        ("2026-02-30", "2026-03-01", "UTC", "start_date"),
        ("yesterday", None, "UTC", "start_date"),
        ("2026-01-01T25:00:00", None, "UTC", "start_date"),
        ("20260101", None, "UTC", "start_date"),
        ("10000-01-01", None, "UTC", "start_date"),
        ("0000-01-01", None, "UTC", "start_date"),
        ("2026-01-01", "", "UTC", "end_date"),
        ("2026-01-02", "2026-01-01", "UTC", "end_date"),
        ("2026-01-01T12:00:00.000001", "2026-01-01T12:00:00", "UTC", "end_date"),
        (None, "0001-01-20", "UTC", "end_date"),
        (None, None, "Mars/Olympus", "timezone"),
        (None, None, "Europe", "timezone"),
        (None, None, "../etc/passwd", "timezone"),
        (None, None, "", "timezone"),
        (None, None, "x" * 5000, "timezone"),
        (None, None, "\ud800", "timezone"),
    ],
)
def test_what_is_no_range_is_refused_by_field(start: str | None, end: str | None, timezone: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_range(start, end, timezone=timezone, now_us=NOW)
    assert list(caught.value.errors or {}) == [field]
