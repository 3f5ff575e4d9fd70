"""/projects/{id}/data-quality and /projects/{id}/quarantine."""

import json

import pytest

from iafa_api import clock
from iafa_api.lake import layout
from tests.conftest import Person

GOOD = {"event_type": "a", "user_id": "u"}
BAD = {"event_type": "b", "user_id": "u"}
TODAY = layout.day_to_date(clock.now_us() // layout.DAY_US).isoformat()


@pytest.fixture
def project(ann):
    return ann.make_project(event_types=["a"])


@pytest.fixture
def take_all(ann, project):
    """Change what the project refuses."""
    return lambda: ann.put(
        f"/projects/{project['id']}", {"name": "Shop", "event_types": []}, headers={"If-Match": '"1"'}
    )


def join(inviter, role):
    email = f"{role}@example.com"
    url = inviter.post("/organization/invitations", {"email": email, "role": role}).json["url"]
    body = {"email": email, "password": "correct horse", "full_name": "Some Body"}
    answer = Person(inviter.app).post("/auth/register", body | {"invitation": url.partition("#invitation=")[2]})
    assert answer.status_code == 201, answer.json
    return Person(inviter.app, answer.json["access_token"], answer.json)


def test_every_event_that_was_answered_is_counted_once(ann, project, flush):
    ann.track(project["api_key"], {**GOOD, "id": "1", "url": "x" * 501}, {**GOOD, "id": "1"}, BAD, 7)
    ann.post("/track", BAD, headers={"X-API-Key": project["api_key"]})
    batch = {"events": [{**GOOD, "id": "2", "timestamp": "2026-01-01T00:00:00Z"}], "dropped": 3}
    ann.put(f"/projects/{project['id']}", {"name": "Shop", "retention_days": 0}, headers={"If-Match": '"1"'})
    for _ in range(2):
        assert ann.post("/track/batch", batch, headers={"X-API-Key": project["api_key"]}).status_code == 200
    before = ann.get(f"/projects/{project['id']}/data-quality").json
    assert before["total"]["accepted"] == 0
    flush()
    answer = ann.get(f"/projects/{project['id']}/data-quality")
    assert answer.status_code == 200
    assert answer.json["total"] == {
        "accepted": 2,
        "rejected": {"event_type_not_allowed": 2, "not_an_object": 1},
        "duplicates": 2,
        "late": 1,
        "truncated": 1,
        "dropped": 3,
        "quarantine_overflow": 0,
        "rejection_rate": 42.86,
        "duplicate_rate": 28.57,
        "late_rate": 50.0,
        "truncated_rate": 50.0,
        "capture_rate": 25.0,
        "bots": 0,
        "skewed": 0,
        "missing": {
            "user_id": 0.0,
            "session_id": 100.0,
            "url": 50.0,
            "referrer": 100.0,
            "country": 100.0,
            "browser": 100.0,
        },
        "schema_failures": [],
    }
    assert len(answer.json["days"]) == 30
    assert answer.json["days"][-1] == {"date": TODAY, **answer.json["total"]}
    assert answer.json["days"][0]["capture_rate"] is None
    assert before["complete_until"] < answer.json["complete_until"]
    path = f"/projects/{project['id']}/data-quality?start_date=2026-01-01&end_date=2026-01-02"
    assert [day["accepted"] for day in ann.get(path).json["days"]] == [0, 0], "days are those of receipt"


def test_what_waits_is_not_promised(ann, project, flush):
    ann.track(project["api_key"], GOOD)
    flush()
    sent_at = clock.format_time(clock.now_us())
    ann.track(project["api_key"], GOOD)
    answer = ann.get(f"/projects/{project['id']}/data-quality").json
    assert answer["total"]["accepted"] == 1
    assert answer["complete_until"] < clock.format_time(clock.now_us())
    assert abs(clock.parse_time(answer["complete_until"]) - clock.parse_time(sent_at)) < 1_000_000


def test_more_than_a_year_is_refused(ann, project):
    answer = ann.get(f"/projects/{project['id']}/data-quality?start_date=2020-01-01")
    assert (answer.status_code, list(answer.json["errors"]["query"])) == (422, ["end_date"])


def test_the_quarantine_is_paged_newest_first_and_filtered(ann, project, flush):
    for number in range(3):
        ann.track(project["api_key"], {**BAD, "id": str(number), "ip_address": "203.0.113.9"}, number)
        if number == 1:
            flush()
    path = f"/projects/{project['id']}/quarantine"
    answer = ann.get(f"{path}?page_size=3")
    assert [(entry["event_id"], entry["index"]) for entry in answer.json] == [("2", 0), (None, 1), ("1", 0)]
    assert json.loads(answer.headers["X-Pagination"])["total"] == 6
    assert [entry["event_id"] for entry in ann.get(f"{path}?page_size=3&page=2").json] == [None, "0", None]
    first = answer.json[0]
    assert (first["reason"], list(first["errors"])) == ("event_type_not_allowed", ["event_type"])
    assert (first["event"]["event_type"], first["user_id"], first["text"]) == ("b", "u", None)
    assert "203.0.113.9" not in answer.text
    assert [entry["event"] for entry in ann.get(f"{path}?reason=not_an_object").json] == [2, 1, 0]
    assert len(ann.get(f"{path}?start_date={TODAY}&end_date={TODAY}").json) == 6
    assert ann.get(f"{path}?end_date=2026-01-01").json == []
    assert ann.get(f"{path}?start_date=soon").status_code == 422


def test_the_quarantine_is_a_file_of_json_lines(ann, project, flush):
    ann.track(project["api_key"], BAD, 7)
    flush()
    answer = ann.get(f"/projects/{project['id']}/quarantine/download?reason=not_an_object")
    assert answer.mimetype == "application/x-ndjson"
    assert 'filename="quarantine.ndjson"' in answer.headers["Content-Disposition"]
    assert [json.loads(line)["event"] for line in answer.text.splitlines()] == [7]


def test_a_replay_takes_what_the_project_takes_now_and_doubles_nothing(ann, project, take_all, flush, services):
    ann.track(project["api_key"], BAD, {**BAD, "id": "own"}, 7)
    flush()
    path = f"/projects/{project['id']}/quarantine"
    again = ann.post(f"{path}/replay", {}).json
    assert again == {
        "dry_run": False,
        "accepted": 0,
        "rejected": {"event_type_not_allowed": 2, "not_an_object": 1},
        "has_more": False,
    }
    take_all()
    assert ann.post(f"{path}/replay", {"dry_run": True}).json["accepted"] == 2
    assert len(ann.get(path).json) == 3
    chosen = [entry["id"] for entry in ann.get(path).json if entry["event_id"] == "own"]
    assert ann.post(f"{path}/replay", {"ids": chosen}).json["accepted"] == 1
    assert [entry["event_id"] for entry in ann.get(path).json] == [None, None]
    assert ann.post(f"{path}/replay", {"ids": chosen}).json["accepted"] == 0
    assert ann.post(f"{path}/replay", {"reason": "event_type_not_allowed"}).json["accepted"] == 1
    flush()
    assert ann.post(f"{path}/replay", {}).json["accepted"] == 0
    assert [entry["reason"] for entry in ann.get(path).json] == ["not_an_object"]
    total = ann.get(f"/projects/{project['id']}/data-quality").json["total"]
    assert (total["accepted"], total["duplicates"]) == (2, 0)
    assert total["rejected"] == {"event_type_not_allowed": 2, "not_an_object": 1}, "what happened has happened"


def test_who_looks_and_who_replays_is_in_the_access_log(ann, project):
    path = f"/projects/{project['id']}/quarantine"
    ann.get(path)
    ann.get(f"{path}/download")
    ann.post(f"{path}/replay", {"dry_run": True})
    ann.post(f"{path}/replay", {})
    kinds = [entry["kind"] for entry in ann.get("/audit/access").json]
    assert kinds == ["quarantine_replayed", "export", "personal_data_read"]


def test_a_viewer_reads_rates_an_analyst_the_quarantine_and_an_admin_replays(ann, project):
    base = f"/projects/{project['id']}"
    allowed = {}
    for role in ("viewer", "analyst", "admin"):
        person = join(ann, role)
        answers = [
            person.get(f"{base}/data-quality"),
            person.get(f"{base}/quarantine"),
            person.get(f"{base}/quarantine/download"),
            person.post(f"{base}/quarantine/replay", {}),
        ]
        allowed[role] = [answer.status_code for answer in answers]
    assert allowed == {
        "viewer": [200, 403, 403, 403],
        "analyst": [200, 200, 200, 403],
        "admin": [200, 200, 200, 200],
    }


@pytest.mark.parametrize("path", ["data-quality", "quarantine", "quarantine/download", "quarantine/replay"])
def test_another_organisations_project_is_not_found(bob, anybody, project, path):
    method = "POST" if path.endswith("replay") else "GET"
    body = {} if method == "POST" else None
    assert bob.call(method, f"/projects/{project['id']}/{path}", body).status_code == 404
    assert anybody.call(method, f"/projects/{project['id']}/{path}", body).status_code == 401
