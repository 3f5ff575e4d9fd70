"""The header Idempotency-Key: a POST that is sent again makes nothing anew and answers as it did first."""

import json

import pytest

from iafa_api import clock
from tests.api.test_members import join, together
from tests.conftest import Person

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
STAGES = [{"order": 1, "event_type": "a"}, {"order": 2, "event_type": "b"}]


def cases(person):
    project = person.make_project()
    return {
        "/projects": ({"name": "P"}, "api_key"),
        f"/projects/{project['id']}/api-keys": ({"name": "K"}, "api_key"),
        "/funnels": ({"project_id": project["id"], "name": "F", "stages": STAGES}, None),
        "/organization/invitations": ({"email": "carl@example.com", "role": "viewer"}, "url"),
        "/organization/members": ({"email": "dora@example.com", "role": "viewer"}, "url"),
    }


def test_a_repeat_answers_as_it_did_first_without_what_is_told_once(ann, services):
    for path, (body, secret) in cases(ann).items():
        first = ann.post(path, body, headers=KEY)
        seq, persons = services.store.current().seq, services.vault.list_persons()
        again = ann.post(path, body, headers=KEY)
        assert (first.status_code, again.status_code) == (201, 201), path
        assert again.json == first.json | ({secret: None} if secret else {}), path
        assert again.headers.get("ETag") == first.headers.get("ETag")
        assert (services.store.current().seq, services.vault.list_persons()) == (seq, persons)


def test_another_body_with_the_same_key_is_refused(ann, services):
    for path, (body, _) in cases(ann).items():
        assert ann.post(path, body, headers=KEY).status_code == 201
        seq, persons = services.store.current().seq, services.vault.list_persons()
        changed = body | ({"name": "other"} if "name" in body else {"email": "other@example.com"})
        assert ann.post(path, changed, headers=KEY).status_code == 422
        assert (services.store.current().seq, services.vault.list_persons()) == (seq, persons)


def test_without_the_header_everything_is_made_anew(ann):
    assert ann.post("/projects", {"name": "P"}).json["id"] != ann.post("/projects", {"name": "P"}).json["id"]


def test_the_first_answer_stays_whatever_became_of_the_thing(ann):
    first = ann.post("/projects", {"name": "P"}, headers=KEY).json
    path = f"/projects/{first['id']}"
    assert ann.put(path, {"name": "Q"}, headers={"If-Match": '"1"'}).status_code == 200
    assert ann.post("/projects", {"name": "P"}, headers=KEY).json == first | {"api_key": None}
    assert ann.delete(path).status_code == 204
    assert ann.post("/projects", {"name": "P"}, headers=KEY).json == first | {"api_key": None}


def test_a_key_is_good_for_one_user_and_one_path(ann, bob):
    carl = join(ann, "carl", "admin")
    ids = {person.post("/projects", {"name": "P"}, headers=KEY).json["id"] for person in (ann, bob, carl)}
    assert len(ids) == 3
    body = {"email": "dora@example.com", "role": "viewer"}
    paths = ("/organization/members", "/organization/invitations")
    made = [ann.post(path, body, headers=KEY).json["id"] for path in paths]
    assert len(set(made)) == 2


def test_a_request_that_failed_is_tried_anew(ann, bob):
    body = {"email": "bob@example.com", "role": "viewer"}
    assert ann.post("/organization/invitations", body, headers=KEY).status_code == 409
    assert bob.delete("/auth/me", json={"password": "correct horse", "delete_organization": True}).status_code == 204
    assert ann.post("/organization/invitations", body, headers=KEY).status_code == 201


def test_after_a_day_the_key_may_be_taken_anew(ann, monkeypatch):
    first = ann.post("/projects", {"name": "P"}, headers=KEY).json
    now = clock.now_us()
    monkeypatch.setattr(clock, "now_us", lambda: now + 25 * 3600 * clock.MICROSECONDS)
    second = ann.post("/projects", {"name": "Q"}, headers=KEY)
    assert (second.status_code, second.json["name"]) == (201, "Q")
    assert second.json["id"] != first["id"]


def test_a_role_that_was_taken_away_does_not_get_the_answer_again(ann):
    carl = join(ann, "carl", "admin")
    assert carl.post("/projects", {"name": "P"}, headers=KEY).status_code == 201
    ann.call("PATCH", f"/organization/members/{carl.signed_in['user']['id']}", {"role": "viewer"})
    assert carl.post("/projects", {"name": "P"}, headers=KEY).status_code == 403


@pytest.mark.parametrize("path", ["/projects", "/organization/invitations"])
def test_of_many_at_once_one_makes_it_and_all_hear_of_the_same(ann, make_app, services, path):
    body = cases(ann)[path][0]
    people = [Person(make_app(), ann.token) for _ in range(2)] * 4
    answers = together(*(lambda person=person: person.post(path, body, headers=KEY) for person in people))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    told = [answer for answer in answers if answer.json.get("api_key") or answer.json.get("url")]
    assert len(told) == 1
    invited = len(ann.get("/organization/invitations").json)
    assert len(services.vault.list_persons()) == 1 + invited


@pytest.mark.parametrize("key", ["", "x" * 256, "schl\u00fcssel", "a\tb"])
def test_a_key_that_is_none_is_refused(ann, key):
    assert ann.post("/projects", {"name": "P"}, headers={"Idempotency-Key": key}).status_code == 422
    assert ann.get("/projects").json == []


def test_the_note_gives_neither_key_nor_body_away(ann, services):
    ann.post("/organization/invitations", {"email": "carl@example.com", "role": "viewer"}, headers=KEY)
    line = json.loads((services.data_dir / "metadata" / "log.jsonl").read_text().splitlines()[-1])
    assert [event["type"] for event in line] == ["invitation.created", "attempt.answered"]
    assert set(line[1]["data"]) == {"body", "made"}
    assert KEY["Idempotency-Key"] not in json.dumps(line)
    assert all(len(mark) == 64 for mark in (line[1]["data"]["body"], line[1]["stream"].partition("-")[2]))


def test_the_document_says_which_calls_take_it(anybody):
    paths = anybody.get("/openapi.json").json["paths"]
    taking = {
        path
        for path, calls in paths.items()
        if any(parameter.get("name") == "Idempotency-Key" for parameter in calls.get("post", {}).get("parameters", []))
    }
    assert taking == {
        "/api/v1/projects",
        "/api/v1/projects/{project_id}/api-keys",
        "/api/v1/projects/{project_id}/schemas",
        *(f"/api/v1/{kind}" for kind in ("funnels", "reports", "dashboards", "cohorts", "metric-definitions")),
        "/api/v1/organization/members",
        "/api/v1/organization/invitations",
    }
