"""What is made of events beside what their senders say: the same before a flush and after it."""

from __future__ import annotations

from typing import Any

import pytest

from iafa_api import clock
from tests.conftest import Person
from tests.unit.ingest.test_places import BERLIN, write_places

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
URL = "https://www.shop.example/p?token=secret&utm_source=news&utm_medium=email&fbclid=abc&plan=pro#top"
VIEW = {"event_type": "view", "user_id": "u"}


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    return ann.make_project(name="Shop", timezone="Europe/Berlin")


@pytest.fixture(params=["unflushed", "flushed"])
def settle(request: Any, flush: Any) -> Any:
    """What is done before a question is asked: nothing, or a flush."""
    return flush if request.param == "flushed" else lambda: None


def send(ann: Any, shop: dict[str, Any], *events: dict[str, Any], **more: Any) -> None:
    sent = {"X-API-Key": shop["api_key"], **more.get("headers", {})}
    answer = Person(ann.app).post("/track/batch", [{**VIEW, **event} for event in events], headers=sent)
    assert answer.json["accepted"] == len(events), answer.json


def contexts(ann: Any, shop: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What was made of each event, by id."""
    return {event["id"]: event["context"] for event in ann.get(f"/projects/{shop['id']}/events").json}


def users(ann: Any, shop: dict[str, Any], **more: Any) -> int:
    body = {"project_id": shop["id"], "stages": [{"order": 1, "event_type": "view"}], **more}
    answer = ann.post("/analytics/funnel", body)
    assert answer.status_code == 200, answer.json
    return answer.json["stages"][0]["users"]


def test_an_event_is_told_by_its_agent_its_campaign_and_its_referrer(ann, shop, settle):
    send(
        ann,
        shop,
        {"id": "1", "user_agent": CHROME, "url": URL, "referrer": "https://www.google.de/?q=secret"},
        {"id": "2", "user_agent": "curl/8.5", "url": "https://shop.example/", "referrer": "https://shop.example/cart"},
    )
    settle()
    found = contexts(ann, shop)
    local = {"local_hour", "local_weekday", "is_business_hours"}
    assert {name: value for name, value in found["1"].items() if name not in local} == {
        "browser": "Chrome",
        "os": "Windows",
        "device_type": "desktop",
        "utm_source": "news",
        "utm_medium": "email",
        "click_id": "abc",
        "click_id_type": "fbclid",
        "referrer_source": "Google",
        "referrer_medium": "search",
    }
    assert found["2"].keys() - local == {"referrer_source", "referrer_medium"}
    assert found["2"]["referrer_medium"] == "internal"


def test_the_agent_of_the_request_counts_where_the_event_names_none(ann, shop, settle):
    send(ann, shop, {"id": "1"}, {"id": "2", "user_agent": CHROME}, headers={"X-API-Key": shop["api_key"]})
    Person(ann.app).post("/track", {**VIEW, "id": "3"}, headers={"X-API-Key": shop["api_key"], "User-Agent": CHROME})
    settle()
    found = contexts(ann, shop)
    assert [found[name].get("browser") for name in "123"] == [None, "Chrome", "Chrome"]


def test_of_an_address_only_what_the_project_allows_is_kept(ann, settle):
    plain, open_minded = ann.make_project(), ann.make_project(url_parameters=["plan", "x"])
    for project in (plain, open_minded):
        send(ann, project, {"url": URL, "referrer": "https://ann:pass@news.example/?q=1"})
    settle()
    stripped = ann.get(f"/projects/{plain['id']}/events").json[0]
    assert (stripped["url"], stripped["referrer"]) == ("https://www.shop.example/p#top", "https://news.example/")
    kept = ann.get(f"/projects/{open_minded['id']}/events").json[0]
    assert kept["url"] == "https://www.shop.example/p?plan=pro#top"


def test_the_local_time_is_that_of_the_project(ann, shop, settle):
    # A Sunday evening in UTC is a Monday in Auckland, and half past eleven at night in Berlin.
    ann.put(
        f"/projects/{shop['id']}",
        {"name": "Shop", "timezone": "Pacific/Auckland", "retention_days": 0},
        headers={"If-Match": '"1"'},
    )
    send(ann, shop, {"id": "1", "timestamp": "2026-01-18T21:30:00Z"}, {"id": "2", "timestamp": "2026-01-18T03:30:00Z"})
    settle()
    found = contexts(ann, shop)
    names = ("local_weekday", "local_hour", "is_business_hours")
    assert [found["1"][name] for name in names] == ["monday", "10", "true"]
    assert [found["2"][name] for name in names] == ["sunday", "16", "false"]
    assert users(ann, shop, start_date="2026-01-01", filter={"local_weekday": "monday", "local_hour": {"lt": 12}}) == 1


def test_crawlers_are_kept_apart_and_counted(ann, shop, settle, flush):
    send(ann, shop, {"user_id": "human", "user_agent": CHROME}, {"id": "b", "user_id": "bot", "user_agent": GOOGLEBOT})
    settle()
    assert users(ann, shop) == 1
    assert users(ann, shop, include_bots=True) == 2
    assert users(ann, shop, include_bots=True, filter={"is_bot": "true"}) == 1
    trends = {"project_id": shop["id"], "series": [{"event_type": "view", "measure": "events"}]}
    assert ann.post("/analytics/trends", trends).json["series"][0]["total"] == 1
    assert ann.post("/analytics/trends", {**trends, "include_bots": True}).json["series"][0]["total"] == 2
    assert contexts(ann, shop)["b"] == {**contexts(ann, shop)["b"], "is_bot": "true", "browser": "Googlebot"}
    flush()
    assert ann.get(f"/projects/{shop['id']}/data-quality").json["total"]["bots"] == 1
    receipt = ann.post("/analytics/trends", {**trends, "include_bots": True}).json["receipt"]
    assert ann.post("/analytics/replay", {"receipt": receipt}).json["series"][0]["total"] == 2


def test_a_clock_that_is_wrong_is_set_right_and_counted(ann, shop, flush):
    hour_ago = clock.now_us() - 3600 * clock.MICROSECONDS
    body = {
        "events": [{**VIEW, "id": "1", "timestamp": clock.format_time(hour_ago)}],
        "sent_at": clock.format_time(hour_ago),
    }
    assert ann.post("/track/batch", body, headers={"X-API-Key": shop["api_key"]}).status_code == 200
    send(ann, shop, {"timestamp": clock.format_time(hour_ago)})
    flush()
    total = ann.get(f"/projects/{shop['id']}/data-quality").json["total"]
    assert (total["accepted"], total["skewed"]) == (2, 1)


def test_a_place_is_looked_up_and_the_address_is_gone(make_app, tmp_path, settle):
    database = write_places(tmp_path / "places.mmdb", **{"203.0.113.0/24": BERLIN})
    ann = Person(make_app(geo_database=str(database), trusted_proxies=1)).register("ann@example.com")
    shop = ann.make_project()
    key = {"X-API-Key": shop["api_key"]}
    send(ann, shop, {"id": "1"}, headers={**key, "X-Forwarded-For": "203.0.113.7"})
    send(ann, shop, {"id": "2"}, {"id": "3", "ip_address": "203.0.113.9"}, headers=key)
    send(ann, shop, {"id": "4", "ip_address": "192.0.2.1"}, headers={**key, "X-Forwarded-For": "203.0.113.7"})
    settle()
    found = contexts(ann, shop)
    here = {"country": "DE", "region": "BE", "city": "Berlin"}
    places = {name: {key: value for key, value in found[name].items() if key in here} for name in "1234"}
    assert places == {"1": here, "2": {}, "3": here, "4": {}}, "the visitor's own address counts, known or not"
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert b"203.0.113" not in path.read_bytes(), path


def test_a_proxys_word_for_the_country_counts_only_where_proxies_are_trusted(make_app):
    for trusted, country in ((0, None), (1, "FR")):
        app = make_app(trusted_proxies=trusted, country_header="CF-IPCountry", city_header="CF-IPCity")
        ann = Person(app).register(f"ann{trusted}@example.com")
        shop = ann.make_project()
        headers = {"X-API-Key": shop["api_key"], "CF-IPCountry": "fr", "CF-IPCity": "Lyon"}
        send(ann, shop, {"id": "1"}, headers=headers)
        send(ann, shop, {"id": "2"}, headers={**headers, "CF-IPCountry": "XX"})
        found = contexts(ann, shop)
        assert (found["1"].get("country"), "city" in found["1"]) == (country, bool(trusted))
        assert "country" not in found["2"], "XX is how proxies say that they do not know"
