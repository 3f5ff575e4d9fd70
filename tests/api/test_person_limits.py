"""A limit of events a minute for each person, where the settings say so: whoever is over it waits, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Person

VIEW = {"event_type": "view", "user_id": "ann"}


@pytest.fixture
def owner(make_app: Any) -> Person:
    app = make_app(rate_limit_events_per_minute_person=3)
    return Person(app).register("ann@example.com")


def test_a_person_who_is_over_the_limit_waits_and_others_do_not(owner):
    key = owner.make_project()["api_key"]
    assert owner.track(key, *[VIEW] * 4).json["accepted"] == 4, "a request may overdraw it"
    refused = owner.track(key, VIEW)
    assert (refused.status_code, "one person" in refused.json["message"]) == (429, True)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert owner.post("/track", VIEW, headers={"X-API-Key": key}).status_code == 429
    assert owner.track(key, {**VIEW, "user_id": "ben"}).status_code == 200
    assert owner.track(key, {"event_type": "view", "anonymous_id": "ann"}).status_code == 200, "another person"
    assert owner.track(key, {**VIEW, "user_id": "ben"}, VIEW).status_code == 429, "a request waits as a whole"
    other = owner.make_project(name="Other")["api_key"]
    assert owner.track(other, VIEW).status_code == 200


def test_what_is_refused_for_other_reasons_costs_the_person_nothing(owner):
    key = owner.make_project()["api_key"]
    for _ in range(5):
        assert owner.track(key, {**VIEW, "event_type": ""}).status_code == 422
    assert owner.track(key, VIEW).status_code == 200


def test_the_limit_holds_at_every_door(owner):
    key = owner.make_project()["api_key"]
    call = {"userId": "ann", "event": "view", "writeKey": key}
    statuses = [
        Person(owner.app).call("POST", "//v1/track", {**call, "messageId": str(n)}).status_code for n in range(5)
    ]
    assert statuses == [200, 200, 200, 200, 429], "the bucket fills meanwhile, and may be overdrawn"


def test_without_the_setting_nobody_waits(ann):
    key = ann.make_project()["api_key"]
    assert [ann.track(key, *[VIEW] * 100).status_code for _ in range(3)] == [200] * 3
