"""/projects/{id}/persons: who was seen, and one person by any of their ids."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.test_identities import join, moment, send


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    project = ann.make_project(name="Shop")
    send(
        ann,
        project,
        ("view", 0, {"anonymous_id": "visitor-1"}),
        ("view", 1, {"user_id": "old"}),
        ("pay", 2, {"user_id": "maria"}),
        ("view", 3, {"user_id": "zoe"}),
        ("view", 4, {"anonymous_id": "zoe"}),
    )
    join(ann, project, "identify", anonymous_id="visitor-1", user_id="old", traits={"plan": "pro"})
    join(ann, project, "alias", previous_id="old", user_id="maria")
    return dict(project)


def test_the_last_seen_come_first_page_by_page(ann, shop, flush):
    flush()
    pages = [ann.get(f"/projects/{shop['id']}/persons?page={page}&page_size=2") for page in (1, 2)]
    shown = [[(one["id"], one["is_anonymous"], one["event_count"]) for one in page.json] for page in pages]
    assert shown == [[("zoe", True, 1), ("zoe", False, 1)], [("maria", False, 3)]]
    assert json.loads(pages[0].headers["X-Pagination"])["total"] == 3
    assert pages[1].json[0] | {} == {
        "id": "maria",
        "is_anonymous": False,
        "traits": {"plan": "pro"},
        "first_seen": moment(0),
        "last_seen": moment(2),
        "event_count": 3,
    }


@pytest.mark.parametrize(
    ("search", "found"), [("ma", ["maria"]), ("visitor-", ["maria"]), ("z", ["zoe", "zoe"]), ("%", [])]
)
def test_a_person_is_found_by_how_any_of_their_ids_begins(ann, shop, search, found):
    answer = ann.get(f"/projects/{shop['id']}/persons", query_string={"search": search})
    assert [one["id"] for one in answer.json] == found


@pytest.mark.parametrize("by", ["maria", "old", "visitor-1"])
def test_any_id_leads_to_the_person_with_all_that_is_joined(ann, shop, by, flush):
    for settle in (lambda: None, flush):
        settle()
        answer = ann.get(f"/projects/{shop['id']}/persons/{by}")
        assert answer.status_code == 200, answer.json
        person = answer.json
        assert (person["id"], person["traits"]) == ("maria", {"plan": "pro"})
        assert (person["user_ids"], person["anonymous_ids"]) == (["maria", "old"], ["visitor-1"])
        assert (person["first_seen"], person["last_seen"]) == (moment(0), moment(2))
        assert person["event_types"] == {"view": 2, "pay": 1}
        assert [event["created_at"] for event in person["events"]] == [moment(2), moment(1), moment(0)]


def test_a_persons_events_are_paged(ann, shop):
    answer = ann.get(f"/projects/{shop['id']}/persons/maria?page=2&page_size=2")
    assert [event["created_at"] for event in answer.json["events"]] == [moment(0)]
    assert json.loads(answer.headers["X-Pagination"])["total"] == 3
    assert ann.get(f"/projects/{shop['id']}/persons/maria?page=101&page_size=100").status_code == 422


def test_of_one_text_the_user_comes_before_the_visitor(ann, shop):
    person = ann.get(f"/projects/{shop['id']}/persons/zoe").json
    assert (person["is_anonymous"], person["event_count"]) == (False, 1)


def test_a_user_of_whom_only_traits_are_known_is_a_person(ann, shop):
    join(ann, shop, "identify", user_id="new", traits={"plan": "free"})
    person = ann.get(f"/projects/{shop['id']}/persons/new").json
    assert (person["traits"], person["event_count"], person["first_seen"]) == ({"plan": "free"}, 0, None)


def test_strangers_and_unknown_ids_find_nobody(ann, bob, shop):
    assert ann.get(f"/projects/{shop['id']}/persons/nobody").status_code == 404
    for path in ("persons", "persons/maria"):
        assert bob.get(f"/projects/{shop['id']}/{path}").status_code == 404


def test_who_looks_at_persons_is_recorded(ann, shop):
    ann.get(f"/projects/{shop['id']}/persons")
    ann.get(f"/projects/{shop['id']}/persons/maria")
    details = {entry["detail"] for entry in ann.get("/audit/access").json if entry["kind"] == "personal_data_read"}
    assert details == {f"persons of project {shop['id']}", f"a person of project {shop['id']}"}
