"""/projects/{id}/catalogue: what there is to ask about, the newest events included."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_identities import join, moment


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    project = ann.make_project(name="Shop")
    events = [
        ("view", 0, {"price": 10, "plan": "pro", "tags": ["a"]}),
        ("view", 1, {"price": "10", "plan": None}),
        ("view", 2, {"price": 2.5, "is_new": True}),
        ("pay", 3, {}),
    ]
    sent = [
        {"event_type": kind, "timestamp": moment(at), "user_id": "u", "properties": told} for kind, at, told in events
    ]
    assert ann.track(project["api_key"], *sent).json["accepted"] == 4
    join(ann, project, "identify", user_id="u", traits={"team": "red"})
    return dict(project)


def ask(who: Any, project: dict[str, Any], **query: Any) -> Any:
    return who.get(f"/projects/{project['id']}/catalogue", query_string=query)


def test_it_says_what_the_events_hold_flushed_or_not(ann, shop, flush):
    for settle in (lambda: None, flush):
        settle()
        answer = ask(ann, shop)
        assert answer.status_code == 200, answer.json
        view, pay = answer.json["event_types"]
        assert {name: view[name] for name in ("event_type", "count", "first_seen", "last_seen", "has_more")} == {
            "event_type": "view",
            "count": 3,
            "first_seen": moment(0),
            "last_seen": moment(2),
            "has_more": False,
        }
        assert {one["property"]: one["count"] for one in view["columns"]}["user_id"] == 3
        assert [one["property"] for one in view["properties"]] == [
            "properties.price",
            "properties.is_new",
            "properties.plan",
            "properties.tags",
        ]
        assert view["properties"][0] == {
            "property": "properties.price",
            "count": 3,
            "share": 1.0,
            "kinds": {"number": 3},
            "values": [{"value": "10", "count": 2}, {"value": "2.5", "count": 1}],
            "has_more": False,
        }
        assert [list(one["kinds"]) for one in view["properties"][1:]] == [["boolean"], ["text"], ["json"]]
        assert (pay["properties"], pay["count"]) == ([], 1)
        assert answer.json["traits"]["persons"] == 1
        assert [one["property"] for one in answer.json["traits"]["properties"]] == ["user.team"]


def test_names_are_searched_and_one_type_asked_for(ann, shop):
    assert [one["event_type"] for one in ask(ann, shop, search="AY").json["event_types"]] == ["pay"]
    (view,) = ask(ann, shop, event_type="view", search="P").json["event_types"]
    assert [one["property"] for one in view["properties"]] == ["properties.price", "properties.plan"]


def test_what_lies_outside_the_range_is_not_there_and_a_wrong_range_is_named(ann, shop):
    answer = ask(ann, shop, start_date="2001-01-01", end_date="2001-01-02").json
    assert (answer["event_types"], answer["has_more"]) == ([], False)
    assert ask(ann, shop, start_date="soon").json["errors"]["query"].keys() == {"start_date"}
    assert ask(ann, shop, timezone="Mars").json["errors"]["query"].keys() == {"timezone"}
    assert ask(ann, shop, event_type="").status_code == 422
    assert ask(ann, shop, limit=3).status_code == 422


def test_a_viewer_and_a_read_key_may_ask_and_strangers_may_not(ann, bob, shop, anybody):
    assert ask(bob, shop).status_code == 404
    assert ask(anybody, shop).status_code == 401
    key = ann.post(f"/projects/{shop['id']}/api-keys", {"kind": "read", "name": "R"}).json["api_key"]
    assert anybody.get(f"/projects/{shop['id']}/catalogue", headers={"X-API-Key": key}).status_code == 200
    assert anybody.get(f"/projects/{shop['id']}/catalogue", headers={"X-API-Key": shop["api_key"]}).status_code == 401
