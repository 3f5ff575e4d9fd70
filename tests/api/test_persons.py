"""/projects/{id}/persons: who was seen, and one person by any of their ids."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.domain.path_items import Items
from iafa_api.domain.session_question import EVERY_SESSION, MINUTE_US
from tests.api.test_identities import join, moment, send
from tests.oracles.sessions_oracle import person_sessions


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


def test_the_sessions_of_a_persons_page_are_listed_whole_and_each_event_names_its_own(ann, flush):
    project = ann.make_project(name="Visits")
    minutes = [0, 30, 30, 61, 61, 150, 151, 400]  # a pause of 30 minutes is none; two events of one moment are two
    kinds = ["view", "view", "pay", "view", "view", "view", "leave", "view"]
    who = [{"anonymous_id": "v"}, {"user_id": "m"}]
    send(ann, project, *[(kind, (at - 420) * 60, who[at > 60]) for kind, at in zip(kinds, minutes, strict=True)])
    join(ann, project, "identify", anonymous_id="v", user_id="m")
    send(ann, project, ("view", -375 * 60, {"user_id": "other"}))
    rows = [
        {
            "user_id": "m",
            "anonymous_id": None,
            "created_at": at * MINUTE_US,
            "ingested_at": place,
            "segment": "",
            "place": place,
        }
        | {"event_type": kind, "session_id": None}
        for place, (kind, at) in enumerate(zip(kinds, minutes, strict=True))
    ]
    start_us = clock.parse_time(moment(-420 * 60))
    oracle = person_sessions(rows, EVERY_SESSION, Items("event_type"), ("user", "m"))
    wanted = [
        {
            "number": number,
            "start": clock.format_time(start_us + start),
            "end": clock.format_time(start_us + end),
            "seconds": (end - start) / 1_000_000,
            "events": events,
            "entry_item": entry,
            "exit_item": leave,
            "session_id": None,
        }
        for number, (start, end, events, entry, leave, _) in enumerate(oracle, 1)
    ]
    for settle in (lambda: None, flush):
        settle()
        person = ann.get(f"/projects/{project['id']}/persons/v").json
        assert (person["session_count"], person["sessions"]) == (4, wanted[::-1])
        assert [event["session"] for event in person["events"]] == [4, 3, 3, 2, 2, 1, 1, 1]
        page = ann.get(f"/projects/{project['id']}/persons/m?page=2&page_size=4").json
        assert [event["session"] for event in page["events"]] == [2, 1, 1, 1]
        assert (page["session_count"], page["sessions"]) == (4, [wanted[1], wanted[0]])
        page = ann.get(f"/projects/{project['id']}/persons/m?page=2&page_size=8").json
        assert (page["events"], page["session_count"], page["sessions"]) == ([], 4, [])


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
