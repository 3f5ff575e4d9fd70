"""The demo shop: the same again on every machine, in the API's form, and with the story in it that it promises."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pytest

from iafa_api.domain.demo_shop import DEMO_FUNNELS, bad_release_day, events_of_day, is_checkout_broken
from iafa_api.domain.demo_visitors import visitors_since
from iafa_api.domain.funnel_json import LEAST_STAGES_SAVED, funnel_from_json, to_json
from iafa_api.domain.tracked_event import TEXT_CUT, find_faults, plan_time_limits
from iafa_api.ingest.body import parse_timestamp

LAST_DAY = date(2026, 11, 22)  # a Sunday
BAD_DAY = date(2026, 11, 10)
STEPS = ("page_view", "product_view", "add_to_cart", "checkout_started", "purchase")
FIRST_EVENT = ("8df185ef-5fa5-523f-945e-b9c720efd0f2", "2026-11-22T01:10:41.525Z", "page_view")
EVENT_COUNT = 1540
Events = list[dict[str, Any]]


@lru_cache
def shop() -> dict[date, Events]:
    """Twelve weeks."""
    return {day: list(events_of_day(day)) for day in (LAST_DAY - timedelta(days=ago) for ago in reversed(range(84)))}


def every_event() -> Events:
    return [event for events in shop().values() for event in events]


def sessions_reaching(events: Events, device: str) -> list[int]:
    """How many sessions on a device have each step of the funnel."""
    seen: dict[str, set[str]] = {}
    for event in events:
        if event["properties"]["device"] == device and event["properties"].get("status") != "failed":
            seen.setdefault(event["session_id"], set()).add(event["event_type"])
    return [sum(step in types for types in seen.values()) for step in STEPS]


def by_hours(events: Events, first: int, last: int) -> Events:
    return [event for event in events if first <= int(event["timestamp"][11:13]) < last]


def test_a_day_is_the_same_alone_and_in_another_process() -> None:
    visitors_since.cache_clear()
    assert list(events_of_day(LAST_DAY)) == shop()[LAST_DAY]
    script = (
        "import datetime, hashlib; from iafa_api.domain.demo_shop import events_of_day;"
        f"print(hashlib.sha256(repr(list(events_of_day({LAST_DAY!r}))).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {hashlib.sha256(repr(shop()[LAST_DAY]).encode()).hexdigest() + "\n"}


def test_what_was_filled_in_once_is_the_same_for_ever() -> None:
    """If this fails, demos that were filled before are contradicted by those filled from now on: do not change it."""
    first = shop()[LAST_DAY][0]
    assert (first["id"], first["timestamp"], first["event_type"]) == FIRST_EVENT
    assert len(shop()[LAST_DAY]) == EVENT_COUNT


def test_ids_are_never_used_twice() -> None:
    ids = [event["id"] for event in every_event()]
    assert len(set(ids)) == len(ids)


def test_a_days_events_lie_within_it_in_order_of_time() -> None:
    for day, events in shop().items():
        stamps = [event["timestamp"] for event in events]
        assert stamps == sorted(stamps)
        assert stamps[0] >= f"{day}T00:00:00.000Z"
        assert stamps[-1] <= f"{day}T23:59:59.999Z"


def test_events_keep_the_contracts_rules() -> None:
    now_us = parse_timestamp("2027-01-01T00:00:00Z")
    limits = plan_time_limits(now_us, None)
    for event in every_event()[::7]:
        assert not find_faults(event, parse_timestamp=parse_timestamp, limits=limits, sent_at_us=None, now_us=now_us)
        assert max(len(event.get(name) or "") for name in ("url", "referrer", "user_agent")) <= TEXT_CUT
        assert event["anonymous_id"]


def test_the_demos_funnels_may_be_saved_as_they_are() -> None:
    assert {"Purchase", "Search to purchase"} <= {funnel["name"] for funnel in DEMO_FUNNELS}
    types = {event["event_type"] for event in every_event()}
    for funnel in DEMO_FUNNELS:
        document = {name: value for name, value in funnel.items() if name not in ("name", "description")}
        definition = funnel_from_json(document, least_stages=LEAST_STAGES_SAVED)
        assert to_json(definition) == document | {"exclusions": []}
        assert {stage.event_type for stage in definition.stages} <= types


def test_a_day_has_about_two_thousand_events() -> None:
    assert min(map(len, shop().values())) > 1200
    assert max(map(len, shop().values())) < 3000


def test_weekends_are_quieter_than_the_week_before_them() -> None:
    counts = {day: len(events) for day, events in shop().items()}
    sundays = [day for day in counts if day.weekday() == 6]
    assert len(sundays) == 12
    for sunday in sundays:
        weekend, week = ([counts[sunday - timedelta(days=ago)] for ago in days] for days in (range(2), range(2, 7)))
        assert sum(weekend) / 2 < 0.85 * sum(week) / 5


def test_the_shop_grows() -> None:
    counts = [len(events) for events in shop().values()]
    assert sum(counts[-28:]) > 1.04 * sum(counts[:28])


def test_visitors_come_back_on_other_days() -> None:
    days: dict[str, set[date]] = {}
    for day, events in shop().items():
        for event in events:
            days.setdefault(event["anonymous_id"], set()).add(day)
    returning = sum(len(on) > 1 for on in days.values())
    assert 0.25 < returning / len(days) < 0.6
    assert max(map(len, days.values())) > 10


def test_who_made_an_account_is_a_user_from_then_on() -> None:
    users: dict[str, str] = {}
    made = {event["anonymous_id"]: event for event in every_event() if event["event_type"] == "signup_completed"}
    for event in every_event():
        account = made.get(event["anonymous_id"])
        if account is not None:
            assert ("user_id" in event) == (event["timestamp"] > account["timestamp"])
        if "user_id" in event:
            assert users.setdefault(event["user_id"], event["anonymous_id"]) == event["anonymous_id"]
    assert len(made) > 500


def test_every_step_loses_visitors_and_phones_lose_more() -> None:
    mobile, desktop = (sessions_reaching(every_event(), device) for device in ("mobile", "desktop"))
    for reached in (mobile, desktop):
        assert reached == sorted(reached, reverse=True)
        assert reached[-1] > 0
    assert mobile[0] > desktop[0]
    for step in range(1, len(STEPS)):
        assert mobile[step] / mobile[step - 1] < desktop[step] / desktop[step - 1]


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2026, 11, 10), (2026, 9, 8), (2026, 6, 9), (2026, 12, 8), (2027, 2, 9)]
)
def test_the_bad_release_is_on_the_second_tuesday(year: int, month: int, day: int) -> None:
    assert bad_release_day(year, month) == date(year, month, day)
    assert date(year, month, day).weekday() == 1


def test_the_bad_release_breaks_the_checkout_on_phones_for_ten_hours() -> None:
    broken = [event for event in shop()[BAD_DAY] if event["event_type"] == "checkout_error"]
    assert len(broken) > 15
    assert {event["properties"]["device"] for event in broken} == {"mobile"}
    assert {event["properties"]["app_version"] for event in broken} == {"26.11.0"}
    assert not [event for event in shop()[BAD_DAY + timedelta(days=1)] if event["event_type"] == "checkout_error"]

    def share_paid(day: date, device: str) -> float:
        reached = sessions_reaching(by_hours(shop()[day], 10, 20), device)
        return reached[4] / reached[3]

    usual = BAD_DAY - timedelta(days=7)
    assert share_paid(BAD_DAY, "mobile") < 0.25 < 0.5 < share_paid(usual, "mobile")
    assert share_paid(BAD_DAY, "desktop") > 0.6
    assert not is_checkout_broken(BAD_DAY, 9 * 3600 + 3599, "mobile")
    assert is_checkout_broken(BAD_DAY, 10 * 3600, "mobile")
    assert not is_checkout_broken(BAD_DAY, 20 * 3600, "mobile")
    assert not is_checkout_broken(BAD_DAY, 12 * 3600, "desktop")


def test_the_release_can_be_told_by_its_version() -> None:
    versions = [event["properties"]["app_version"] for event in shop()[BAD_DAY]]
    assert list(dict.fromkeys(versions)) == ["26.10.1", "26.11.0", "26.11.1"]


def test_orders_add_up() -> None:
    orders = [event["properties"] for event in every_event() if event["event_type"] == "purchase"]
    for order in orders:
        assert order["amount"] == round(sum(item["price"] * item["quantity"] for item in order["items"]), 2)
        assert order["currency"] == "EUR"
    statuses = Counter(order["status"] for order in orders)
    assert set(statuses) == {"completed", "failed"}
    assert statuses["completed"] > 10 * statuses["failed"]
