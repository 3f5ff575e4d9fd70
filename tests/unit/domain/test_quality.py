"""The rates of data quality: what they are of, and what they are of nothing."""

from iafa_api.domain.quality import MISSING_FIELDS, by_day, read_quality, total


def test_rates_are_of_what_came_in_and_of_what_was_accepted():
    counts = {"accepted": 6, "duplicates": 1, "rejected:a": 2, "rejected:b": 3, "client_dropped": 1}
    quality = read_quality(counts | {"late": 3, "missing:url": 2})
    assert quality.rejected == {"b": 3, "a": 2}, "the most frequent first"
    assert quality.rates == {
        "rejection_rate": 41.67,
        "duplicate_rate": 8.33,
        "late_rate": 50.0,
        "truncated_rate": 0.0,
        "capture_rate": 50.0,
    }
    assert quality.missing_rates == dict.fromkeys(MISSING_FIELDS, 0.0) | {"url": 33.33}


def test_a_rate_of_nothing_is_none():
    quality = read_quality({})
    assert set(quality.rates.values()) == set(quality.missing_rates.values()) == {None}


def test_days_without_events_are_there_and_the_total_is_their_sum():
    counts = {(2, "accepted"): 1, (4, "accepted"): 2, (4, "rejected:a"): 1}
    days = by_day(counts, range(1, 5))
    assert {day: (quality.accepted, quality.rejected_count) for day, quality in days.items()} == {
        1: (0, 0),
        2: (1, 0),
        3: (0, 0),
        4: (2, 1),
    }
    assert (total(counts).accepted, total(counts).rejected) == (3, {"a": 1})
