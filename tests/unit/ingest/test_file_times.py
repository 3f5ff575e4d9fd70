"""Times in the spellings that files have."""

from __future__ import annotations

from typing import Any

import pytest

from iafa_api.errors import InvalidInput
from iafa_api.ingest.file_times import OutOfRange, TimeReader


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-01-15T10:00:00Z", "2026-01-15T10:00:00Z"),
        ("2026-01-15 10:00:00", "2026-01-15T10:00:00Z"),
        (" 2026-01-15 10:00 ", "2026-01-15T10:00:00Z"),
        ("2026-01-15", "2026-01-15T00:00:00Z"),
        ("20260115", "2026-01-15T00:00:00Z"),
        (20260115, "2026-01-15T00:00:00Z"),
        ("2026-01-15T10:00:00.123456789+05:30", "2026-01-15T04:30:00.123456Z"),
        ("2026-01-15 10:00:00 -0130", "2026-01-15T11:30:00Z"),
        ("2026-01-15 10:00:00 UTC", "2026-01-15T10:00:00Z"),
        ("2026-01-15 10:00:00.5 UTC", "2026-01-15T10:00:00.500000Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1_768_471_200, "2026-01-15T10:00:00Z"),
        ("1768471200", "2026-01-15T10:00:00Z"),
        (1_768_471_200_123, "2026-01-15T10:00:00.123000Z"),
        ("1768471200123456", "2026-01-15T10:00:00.123456Z"),
        (1_768_471_200_123_456_789, "2026-01-15T10:00:00.123456Z"),
        (1_768_471_200.123, "2026-01-15T10:00:00.123000Z"),
        ("1768471200.000001", "2026-01-15T10:00:00.000001Z"),
        (1.768471200123e12, "2026-01-15T10:00:00.123000Z"),
    ],
)
def test_a_time_is_read(value: Any, text: str) -> None:
    assert TimeReader().read(value)[0] == text


def test_a_time_is_told_in_microseconds_too() -> None:
    assert TimeReader().read("1970-01-01T00:00:01.5Z")[1] == 1_500_000


@pytest.mark.parametrize(
    ("local", "text"),
    [
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00Z"),  # twice: the first
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00Z"),  # skipped: the offset before
        ("2026-07-01", "2026-06-30T22:00:00Z"),
        ("2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z"),
    ],
)
def test_naive_times_are_in_the_zone(local: str, text: str) -> None:
    assert TimeReader("Europe/Berlin").read(local)[0] == text


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-01", "12345678", 12345678, "1e9", True, None, [], {}, float("nan"), float("inf")]
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        TimeReader().read(value)


@pytest.mark.parametrize("value", ["1969-12-31T23:59:59Z", -1, "0001-01-01T00:00+05:00", 10**20, "9999-12-31 23:59"])
def test_a_time_that_no_event_can_have_is_told_apart(value: Any) -> None:
    with pytest.raises(OutOfRange):
        TimeReader().read(value)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InvalidInput):
        TimeReader("Mars/Olympus")
