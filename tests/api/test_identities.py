"""/identify and /alias: whose the events are, flushed or not, and what is never joined."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from iafa_api import clock

NOW = clock.now_us()


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    return ann.make_project(name="Shop")


@pytest.fixture(params=["unflushed", "flushed"])
def settle(request: Any, flush: Any) -> Any:
    """What is done before a question is asked: nothing, or a flush."""
    return flush if request.param == "flushed" else lambda: None


def moment(seconds: float) -> str:
    return clock.format_time(NOW - 3_600_000_000 + int(seconds * 1_000_000))


def call(ann: Any, shop: dict[str, Any], path: str, **body: Any) -> Any:
    return type(ann)(ann.app).post(f"/{path}", body, headers={"X-API-Key": shop["api_key"]})


def join(ann: Any, shop: dict[str, Any], path: str, **body: Any) -> None:
    answer = call(ann, shop, path, **body)
    assert (answer.status_code, answer.json) == (200, {"status": "accepted", "refused": []})


def send(ann: Any, shop: dict[str, Any], *events: tuple[str, float, dict[str, Any]]) -> None:
    rows = [{"event_type": kind, "timestamp": moment(at), **who} for kind, at, who in events]
    assert ann.track(shop["api_key"], *rows).json["accepted"] == len(rows)


def entered(ann: Any, shop: dict[str, Any], *event_types: str, **more: Any) -> list[int]:
    stages = [{"order": order, "event_type": kind} for order, kind in enumerate(event_types, 1)]
    answer = ann.post("/analytics/funnel", {"project_id": shop["id"], "stages": stages, **more})
    assert answer.status_code == 200, answer.json
    return [stage["users"] for stage in answer.json["stages"]]


def test_a_visitors_past_and_future_are_the_users(ann, shop, settle):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "u"}))
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 0]
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    send(ann, shop, ("back", 20, {"anonymous_id": "v"}))
    settle()
    assert entered(ann, shop, "view", "pay", "back") == [1, 1, 1]


def test_a_device_of_two_keeps_them_apart(ann, shop, settle):
    join(ann, shop, "identify", anonymous_id="v", user_id="first", timestamp=moment(10))
    join(ann, shop, "identify", anonymous_id="v", user_id="second", timestamp=moment(20))
    for at in (0, 15, 20, 30):
        send(ann, shop, ("view", at, {"anonymous_id": "v"}))
    settle()
    persons = ann.get(f"/projects/{shop['id']}/persons").json
    assert {one["id"]: one["event_count"] for one in persons} == {"first": 2, "second": 2}


def test_the_time_of_the_call_counts_and_not_its_arrival(ann, shop, settle):
    join(ann, shop, "identify", anonymous_id="v", user_id="second", timestamp=moment(20))
    settle()
    join(ann, shop, "identify", anonymous_id="v", user_id="first", timestamp=moment(10))
    send(ann, shop, ("view", 15, {"anonymous_id": "v"}))
    settle()
    assert [one["id"] for one in ann.get(f"/projects/{shop['id']}/persons").json] == ["first"]


def test_only_an_alias_joins_users(ann, shop, settle):
    send(ann, shop, ("view", 0, {"user_id": "old"}), ("pay", 10, {"user_id": "new"}))
    join(ann, shop, "identify", anonymous_id="v", user_id="old")
    join(ann, shop, "identify", anonymous_id="v", user_id="new")
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 0]
    join(ann, shop, "alias", previous_id="old", user_id="new")
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 1]
    assert [one["id"] for one in ann.get(f"/projects/{shop['id']}/persons").json] == ["new"]


def test_an_event_with_a_user_is_that_users_whatever_visitor_stands_beside(ann, shop, settle):
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"anonymous_id": "v", "user_id": "other"}))
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 0]


def test_traits_are_the_newest_and_null_takes_one_away(ann, shop, settle):
    send(ann, shop, ("view", 0, {"user_id": "u"}), ("view", 0, {"user_id": "w"}))
    join(ann, shop, "identify", user_id="u", traits={"plan": "pro", "seats": 3, "gone": "x"}, timestamp=moment(20))
    join(ann, shop, "identify", user_id="u", traits={"plan": "free", "tags": ["a"]}, timestamp=moment(10))
    settle()
    join(ann, shop, "identify", user_id="u", traits={"gone": None}, timestamp=moment(30))
    settle()
    persons = {one["id"]: one["traits"] for one in ann.get(f"/projects/{shop['id']}/persons").json}
    assert persons == {"u": {"plan": "pro", "seats": "3", "tags": '["a"]'}, "w": {}}
    for wanted, count in (
        ({"user.plan": "pro"}, 1),
        ({"user.plan": {"ne": "pro"}}, 1),
        ({"user.seats": {"gt": 2}}, 1),
        ({"user.gone": {"is_not_set": True}}, 2),
        ({"user.plan": "free"}, 0),
    ):
        assert entered(ann, shop, "view", filter=wanted) == [count]


@pytest.mark.parametrize("text", ["null", "0", "undefined", "guest", "Anonymous", "", " none "])
def test_what_stands_for_nobody_is_never_joined_and_told(ann, shop, text):
    send(ann, shop, ("view", 0, {"anonymous_id": text or "x"}), ("pay", 10, {"user_id": "u"}))
    answer = call(ann, shop, "identify", anonymous_id=text, user_id="u", traits={"plan": "pro"})
    assert answer.status_code == 200
    assert [(link["field"], link["id"]) for link in answer.json["refused"]] == [("anonymous_id", text)]
    assert entered(ann, shop, "view", "pay") == [1, 0]
    assert entered(ann, shop, "pay", filter={"user.plan": "pro"}) == [1]
    answer = call(ann, shop, "identify", anonymous_id=text, user_id="u")
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["anonymous_id"])
    for body in ({"user_id": text, "anonymous_id": "v"}, {"user_id": text, "traits": {"a": 1}}):
        assert list(call(ann, shop, "identify", **body).json["errors"]["json"]) == ["user_id"]
    assert call(ann, shop, "alias", previous_id=text, user_id="u").status_code == 422
    assert call(ann, shop, "alias", previous_id="u", user_id=text).status_code == 422


def test_nobody_is_joined_with_themselves(ann, shop):
    for path, field in (("identify", "anonymous_id"), ("alias", "previous_id")):
        answer = call(ann, shop, path, user_id="u", **{field: "u"})
        assert (answer.status_code, answer.json["errors"]["json"]) == (
            422,
            {field: ["Is the same as user_id: never joined."]},
        )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "user_id"),
        ({"user_id": 7}, "user_id"),
        ({"user_id": "x" * 256}, "user_id"),
        ({"user_id": "u", "traits": []}, "traits"),
        ({"user_id": "u", "plan": "pro"}, "plan"),
        ({"user_id": "u", "timestamp": "yesterday"}, "timestamp"),
        ({"user_id": "u", "timestamp": "2026-01-01T00:00:00"}, "timestamp"),
        ({"user_id": "u", "timestamp": clock.format_time(NOW + 100_000_000_000)}, "timestamp"),
        ([], "_schema"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_by_field(ann, shop, body, field):
    answer = type(ann)(ann.app).post("/identify", body, headers={"X-API-Key": shop["api_key"]})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])


def test_the_doors_rules_are_those_of_events(ann, shop, make_app):
    stranger = type(ann)(ann.app)
    body = {"user_id": "u", "anonymous_id": "v"}
    assert stranger.post("/identify", body).status_code == 401
    key = {"X-API-Key": shop["api_key"]}
    assert stranger.post(f"/identify?api_key={shop['api_key']}", body).status_code == 200
    zipped = gzip.compress(json.dumps(body).encode())
    answer = stranger.call("POST", "/identify", headers={**key, "Content-Encoding": "gzip"}, data=zipped)
    assert answer.status_code == 200
    assert stranger.call("POST", "/identify", headers=key, data=b"{").status_code == 400
    large = {"user_id": "u", "traits": {"x": "y" * 110_000}}
    assert stranger.post("/identify", large, headers=key).status_code == 413
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    assert stranger.call("OPTIONS", "/alias", headers=asked).headers["Access-Control-Allow-Origin"]
    closed = ann.make_project(name="Closed", allowed_origins=["https://shop.example"])
    answer = stranger.post("/identify", body, headers={"X-API-Key": closed["api_key"], "Origin": "https://x.example"})
    assert answer.status_code == 403
    limited = type(ann)(make_app(rate_limit_events_per_minute=2))
    answers = [limited.post("/identify", body, headers=key) for _ in range(4)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert answers[-1].headers["Retry-After"]


def test_a_call_that_comes_again_changes_nothing(ann, shop, settle):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}))
    for _ in range(2):
        join(ann, shop, "identify", anonymous_id="v", user_id="first", timestamp=moment(1), id="c1")
        join(ann, shop, "identify", anonymous_id="v", user_id="second", timestamp=moment(5))
        settle()
    join(ann, shop, "identify", anonymous_id="v", user_id="first", id="c1")  # the first one with the id counts
    send(ann, shop, ("view", 9, {"anonymous_id": "v"}), ("view", 3590, {"anonymous_id": "v"}))
    settle()
    persons = ann.get(f"/projects/{shop['id']}/persons").json
    assert {one["id"]: one["event_count"] for one in persons} == {"first": 1, "second": 2}


def test_links_are_the_projects_own(ann, shop):
    other = ann.make_project(name="Other")
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    send(ann, other, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "u"}))
    assert entered(ann, other, "view", "pay") == [1, 0]


def test_many_flushes_leave_few_files_and_the_same_persons(ann, shop, flush, services):
    for number in range(20):
        send(ann, shop, ("view", 0, {"anonymous_id": f"v{number}"}))
        join(ann, shop, "identify", anonymous_id=f"v{number}", user_id=f"u{number % 5}")
        flush()
    files = services.manifest.snapshot(shop["id"]).identities
    assert len(files) < 9
    assert sum(file.row_count for file in files) == 20
    assert entered(ann, shop, "view") == [5]


@pytest.mark.parametrize("by", ["new", "old", "v"])
def test_what_a_person_did_in_a_funnel_is_explained_by_any_of_their_ids(ann, shop, by, settle):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "new"}))
    join(ann, shop, "identify", anonymous_id="v", user_id="old")
    join(ann, shop, "alias", previous_id="old", user_id="new")
    settle()
    stages = [{"order": 1, "event_type": "view"}, {"order": 2, "event_type": "pay"}]
    answer = ann.post("/analytics/funnel/explain", {"project_id": shop["id"], "stages": stages, "user_id": by})
    assert answer.status_code == 200, answer.json
    assert (answer.json["user_id"], answer.json["counts"]) == ("new", True)
    assert [stage["at"] for stage in answer.json["stages"]] == [moment(0), moment(10)]
