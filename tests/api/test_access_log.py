"""/audit/access: what was tried and looked at, beside the log of what was changed."""

import json


def kinds(person):
    return [entry["kind"] for entry in person.get("/audit/access").json]


def test_failed_sign_ins_are_recorded_for_those_whose_account_was_meant(anybody, ann, bob, services):
    anybody.post("/auth/login", {"email": "ann@example.com", "password": "wrong horse"})
    anybody.post("/auth/login", {"email": "nobody@example.com", "password": "wrong horse"})
    (entry,) = ann.get("/audit/access").json
    assert (entry["kind"], entry["actor_id"]) == ("sign_in_failed", ann.signed_in["user"]["id"])
    assert entry["detail"] == "with a wrong password"
    assert entry["ip_hash"]
    assert kinds(bob) == []
    (path,) = (services.data_dir / "metadata" / "access").iterdir()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["organization_id"] is None for line in lines] == [False, True]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "wrong horse" not in path.read_text()
    assert "example.com" not in path.read_text()
    assert "127.0.0.1" not in path.read_text()


def test_reading_the_audit_log_is_recorded(ann):
    ann.get("/audit/events")
    (entry,) = ann.get("/audit/access").json
    assert (entry["kind"], entry["actor_id"]) == ("personal_data_read", ann.signed_in["user"]["id"])


def test_entries_come_newest_first_in_pages(anybody, ann):
    for number in range(5):
        body = {"email": "ann@example.com", "password": f"wrong {number}"}
        anybody.post("/auth/login", body, headers={"X-Request-ID": f"try-{number}"})
    page = ann.get("/audit/access?page=1&page_size=2")
    assert [entry["request_id"] for entry in page.json] == ["try-4", "try-3"]
    assert '"total": 5' in page.headers["X-Pagination"]
