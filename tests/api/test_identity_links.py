"""/projects/{id}/identity-links: who was joined with whom, taken back and put back; and questions as of a moment."""

from __future__ import annotations

import random
from typing import Any

import pytest

from iafa_api import clock
from tests.api.test_identities import entered, join, moment, send
from tests.api.test_members import join as hire


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    return ann.make_project(name="Shop")


@pytest.fixture(params=["unflushed", "flushed"])
def settle(request: Any, flush: Any) -> Any:
    """What is done before a question is asked: nothing, or a flush."""
    return flush if request.param == "flushed" else lambda: None


def links(ann: Any, shop: dict[str, Any], person_id: str) -> list[dict[str, Any]]:
    answer = ann.get(f"/projects/{shop['id']}/identity-links?person_id={person_id}")
    assert answer.status_code == 200, answer.json
    return answer.json


def change(ann: Any, shop: dict[str, Any], what: str, **ends: Any) -> Any:
    return ann.post(f"/projects/{shop['id']}/identity-links/{what}", ends)


def test_a_link_says_who_when_and_how_often(ann, shop, settle):
    join(ann, shop, "identify", anonymous_id="v", user_id="u", timestamp=moment(20))
    join(ann, shop, "identify", anonymous_id="v", user_id="u", timestamp=moment(10))
    join(ann, shop, "alias", previous_id="old", user_id="u", timestamp=moment(30))
    join(ann, shop, "identify", anonymous_id="other", user_id="stranger")
    settle()
    for person_id in ("u", "v", "old"):
        identified, aliased = links(ann, shop, person_id)
        assert (identified["anonymous_id"], identified["calls"], identified["counts"]) == ("v", 2, True)
        assert (identified["first_at"], identified["doors"]) == (moment(10), ["identify"])
        (key,) = ann.get(f"/projects/{shop['id']}/api-keys").json
        assert identified["actors"] == [f"key:{key['id']}"]
        assert (aliased["previous_id"], aliased["user_id"], aliased["first_at"]) == ("old", "u", moment(30))
    assert links(ann, shop, "nobody") == []


def test_an_undone_link_is_as_if_it_had_never_come(ann, shop, settle):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "u"}))
    join(ann, shop, "identify", anonymous_id="v", user_id="u", traits={"plan": "pro"})
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 1]
    answer = change(ann, shop, "undo", anonymous_id="v", user_id="u")
    assert (answer.status_code, answer.json["counts"], answer.json["undone_calls"]) == (200, False, 1)
    assert answer.json["changes"][0]["actor"] == f"user:{ann.signed_in['user']['id']}"
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 0]
    assert entered(ann, shop, "pay", filter={"user.plan": "pro"}) == [1], "what is said of a user stays"
    assert [link["counts"] for link in links(ann, shop, "v")] == [False]
    assert change(ann, shop, "restore", anonymous_id="v", user_id="u").json["counts"] is True
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 1]


def test_joined_users_come_apart(ann, shop, settle):
    send(ann, shop, ("view", 0, {"user_id": "old"}), ("pay", 10, {"user_id": "new"}))
    join(ann, shop, "alias", previous_id="old", user_id="new")
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 1]
    assert change(ann, shop, "undo", previous_id="old", user_id="new").status_code == 200
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 0]


def test_a_call_after_the_undo_joins_again(ann, shop):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "u"}))
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    change(ann, shop, "undo", anonymous_id="v", user_id="u")
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    assert entered(ann, shop, "view", "pay") == [1, 1]


def test_what_is_not_joined_cannot_be_undone(ann, shop):
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    assert change(ann, shop, "undo", anonymous_id="v", user_id="other").status_code == 404
    assert change(ann, shop, "restore", anonymous_id="v", user_id="u").status_code == 404
    assert change(ann, shop, "undo", anonymous_id="v", user_id="u").status_code == 200
    assert change(ann, shop, "undo", anonymous_id="v", user_id="u").status_code == 404
    for ends in ({}, {"anonymous_id": "v", "previous_id": "w"}):
        answer = change(ann, shop, "undo", user_id="u", **ends)
        assert answer.status_code == 422, "one of the two"
        assert "anonymous_id" in answer.json["errors"]["json"]


def test_only_who_may_and_whose_it_is(ann, bob, shop):
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    assert change(bob, shop, "undo", anonymous_id="v", user_id="u").status_code == 404
    assert bob.get(f"/projects/{shop['id']}/identity-links?person_id=u").status_code == 404
    analyst = hire(ann, "vic", "analyst")
    assert change(analyst, shop, "undo", anonymous_id="v", user_id="u").status_code == 403
    assert len(links(analyst, shop, "u")) == 1


def test_a_question_as_of_a_moment_knows_no_later_call(ann, shop, settle):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "u"}))
    before = clock.format_time(clock.now_us())
    join(ann, shop, "identify", anonymous_id="v", user_id="u", timestamp=moment(-60))
    joined = clock.format_time(clock.now_us())
    change(ann, shop, "undo", anonymous_id="v", user_id="u")
    settle()
    assert entered(ann, shop, "view", "pay") == [1, 0]
    assert entered(ann, shop, "view", "pay", identities_as_of=before) == [1, 0]
    assert entered(ann, shop, "view", "pay", identities_as_of=joined) == [1, 1]
    body = {"project_id": shop["id"], "series": [{"event_type": None, "measure": "users"}], "identities_as_of": joined}
    assert ann.post("/analytics/trends", body).json["series"][0]["total"] == 1
    assert ann.post("/analytics/trends", {**body, "identities_as_of": before}).json["series"][0]["total"] == 2
    answer = ann.post("/analytics/trends", {**body, "identities_as_of": "yesterday"})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["identities_as_of"])


def test_an_answer_as_of_a_moment_is_given_again_and_explained(ann, shop):
    send(ann, shop, ("view", 0, {"anonymous_id": "v"}), ("pay", 10, {"user_id": "u"}))
    join(ann, shop, "identify", anonymous_id="v", user_id="u")
    stages = [{"order": order, "event_type": kind} for order, kind in enumerate(("view", "pay"), 1)]
    body = {"project_id": shop["id"], "stages": stages}
    now = {**body, "identities_as_of": clock.format_time(clock.now_us())}
    receipts = [ann.post("/analytics/funnel", one).json["receipt"] for one in (body, now)]
    change(ann, shop, "undo", anonymous_id="v", user_id="u")
    for receipt in receipts:
        again = ann.post("/analytics/replay", {"receipt": receipt}).json
        assert ([stage["users"] for stage in again["stages"]], again["exact"]) == ([1, 1], True)
    later = ann.post("/analytics/funnel", body).json["receipt"]
    why = ann.post("/analytics/why", {"from": receipts[0], "to": later}).json
    moved = {cause["cause"]: cause["changes"] for cause in why["causes"] if cause["changes"]}
    assert list(moved) == ["identities"]
    assert moved["identities"]["stages.2.users"] == -1


@pytest.mark.parametrize("seed", range(8))
def test_every_figure_is_what_it_was_after_the_undo(ann, shop, flush, seed):
    dice = random.Random(seed)
    users, visitors = [f"u{number}" for number in range(4)], [f"v{number}" for number in range(4)]
    send(
        ann,
        shop,
        *[
            (
                dice.choice(["view", "pay"]),
                at,
                {dice.choice(["user_id", "anonymous_id"]): dice.choice(users + visitors)},
            )
            for at in range(40)
        ],
    )
    for at in range(dice.randint(0, 6)):
        join(
            ann, shop, "identify", anonymous_id=dice.choice(visitors), user_id=dice.choice(users), timestamp=moment(at)
        )
    before = figures(ann, shop)
    if dice.random() < 0.5:
        flush()
    done: list[dict[str, str]] = []
    for at in range(3):
        kind = dice.choice(["anonymous_id", "previous_id"])
        joined = dice.choice(visitors) if kind == "anonymous_id" else f"n{at}"
        ends = {kind: joined, "user_id": dice.choice(users)}
        if any(
            link[kind] == joined and link["user_id"] == ends["user_id"] for link in links(ann, shop, ends["user_id"])
        ):
            continue  # the undo would take back what was said before, too
        join(ann, shop, "identify" if kind == "anonymous_id" else "alias", timestamp=moment(at), **ends)
        done.append(ends)
        if dice.random() < 0.3:
            flush()
    for ends in dice.sample(done, len(done)):
        assert change(ann, shop, "undo", **ends).status_code == 200
        if dice.random() < 0.3:
            flush()
    assert figures(ann, shop) == before


def figures(ann: Any, shop: dict[str, Any]) -> list[Any]:
    """Answers that depend on who is whom, without what tells one moment from another."""
    body = {"project_id": shop["id"]}
    event = {"event_type": None}
    asked = {
        "funnel": {"stages": [{"order": 1, "event_type": "view"}, {"order": 2, "event_type": "pay"}]},
        "trends": {"series": [{**event, "measure": "users"}, {**event, "measure": "first_time_users"}]},
        "sessions": {},
        "stickiness": {"event": event},
        "lifecycle": {"event": event},
        "retention": {"cohort_event": event, "return_event": event},
        "paths": {"item": "event_type"},
    }
    answers = [ann.post(f"/analytics/{name}", {**body, **more}).json for name, more in asked.items()]
    assert all("receipt" in answer for answer in answers), answers
    persons = ann.get(f"/projects/{shop['id']}/persons").json
    return [{name: value for name, value in answer.items() if name != "receipt"} for answer in answers] + [persons]
