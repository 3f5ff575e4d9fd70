"""/audit/access: what was tried and looked at, beside the log of what was changed."""

import errno
import json

import pytest
from structlog.testing import capture_logs

from iafa_api import clock
from iafa_api.rest import caller
from tests.conftest import Person


def kinds(person):
    return [entry["kind"] for entry in entries_of(person)]


def entries_of(person):
    return person.get("/audit/access?page_size=100").json


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


class TestWhatIsAnothers:
    @pytest.fixture
    def theirs(self, bob):
        """A project, a funnel, a key, a member and an invitation of another organisation."""
        project = bob.make_project()
        invited = bob.post("/organization/invitations", {"email": "x@example.com", "role": "viewer"}).json
        return {
            "project": project["id"],
            "funnel": bob.make_funnel(project["id"], "a", "b")["id"],
            "key": bob.get(f"/projects/{project['id']}/api-keys").json[0]["id"],
            "user": bob.signed_in["user"]["id"],
            "invitation": invited["id"],
        }

    def requests(self, theirs, own_project):
        project, funnel, day = theirs["project"], theirs["funnel"], "2026-01-01"
        stages = [{"event_type": "a"}, {"event_type": "b"}]
        match = {"If-Match": '"1"'}
        return [
            ("GET", f"/projects/{project}", {}),
            ("GET", f"/projects/{project}?version=1", {}),
            ("GET", f"/projects/{project}?as_of=2999-01-01", {}),
            ("PUT", f"/projects/{project}", {"json": {"name": "Mine"}, "headers": match}),
            ("DELETE", f"/projects/{project}", {}),
            ("GET", f"/projects/{project}/history", {}),
            ("GET", f"/projects/{project}/api-keys", {}),
            ("GET", f"/projects/{project}/tracking-code", {}),
            ("POST", f"/projects/{project}/undelete", {}),
            ("POST", f"/projects/{project}/revert", {"json": {"version": 1}}),
            ("DELETE", f"/projects/{own_project}/api-keys/{theirs['key']}", {}),
            ("GET", f"/funnels/{funnel}", {}),
            ("POST", f"/funnels/{funnel}/undelete", {}),
            ("GET", f"/funnels?project_id={project}", {}),
            ("POST", "/funnels", {"json": {"project_id": project, "name": "F", "stages": stages}}),
            ("GET", f"/analytics/funnel/{funnel}?start_date={day}&end_date={day}", {}),
            ("POST", "/analytics/funnel", {"json": {"project_id": project, "stages": stages, "start_date": day}}),
            ("GET", f"/organization/members/{theirs['user']}", {}),
            ("PATCH", f"/organization/members/{theirs['user']}", {"json": {"role": "viewer"}}),
            ("GET", f"/organization/members/{theirs['user']}/history", {}),
            ("DELETE", f"/organization/invitations/{theirs['invitation']}", {}),
        ]

    def test_asking_for_it_is_noted_of_who_asked_and_answered_as_before(self, ann, bob, theirs, monkeypatch):
        monkeypatch.setattr(caller, "PROBES_PER_MINUTE", 1000)
        own = ann.make_project()["id"]
        for method, path, more in self.requests(theirs, own):
            before, others = len(entries_of(ann)), len(kinds(bob))
            request_id = f"{method}-{before}"
            headers = {**more.get("headers", {}), "X-Request-ID": request_id}
            answer = ann.call(method, path, **{**more, "headers": headers})
            assert answer.status_code == 404, (method, path, answer.json)
            entries = entries_of(ann)
            same = [each for each in entries if each["detail"].startswith(f"{method} /api/v1{path.partition('?')[0]} ")]
            assert len(same) == 1, (method, path)
            assert same[0]["kind"] == "access_refused"
            assert (same[0]["request_id"] == request_id) == (len(entries) == before + 1)
            assert same[0]["actor_id"] == ann.signed_in["user"]["id"]
            assert len(kinds(bob)) == others
            unknown = path
            for each in theirs.values():
                unknown = unknown.replace(each, NOBODYS)
            if unknown != path:
                nothing = ann.call(method, unknown, **more)
                assert nothing.status_code == 404
                assert nothing.json["message"].replace(NOBODYS, "") == replaced(answer.json["message"], theirs)
                assert len(entries_of(ann)) == len(entries), "what is not there at all is no news"

    def test_what_they_have_deleted_is_theirs_still(self, ann, bob, theirs):
        bob.delete(f"/funnels/{theirs['funnel']}")
        assert ann.get(f"/funnels/{theirs['funnel']}").status_code == 404
        assert kinds(ann) == ["access_refused"]

    def test_ones_own_that_is_gone_is_no_refusal(self, ann):
        project = ann.make_project()["id"]
        ann.delete(f"/projects/{project}")
        assert ann.get(f"/projects/{project}").status_code == 404
        assert kinds(ann) == []

    def test_asking_on_and_on_does_not_fill_the_disk(self, ann, bob, theirs, monkeypatch):
        now = clock.now_us()
        monkeypatch.setattr(clock, "now_us", lambda: now)
        for _ in range(5):
            ann.get(f"/funnels/{theirs['funnel']}")
        assert kinds(ann) == ["access_refused"]
        now += 61 * clock.MICROSECONDS
        ann.get(f"/funnels/{theirs['funnel']}")
        assert len(kinds(ann)) == 2
        now += 600 * clock.MICROSECONDS
        for number in range(30):
            ann.call("DELETE", f"/projects/{theirs['project']}/api-keys/{number}{'x' * 300}")
        entries = entries_of(ann)
        assert len(entries) == 2 + caller.PROBES_PER_MINUTE
        assert max(len(entry["detail"]) for entry in entries) < 300

    def test_a_read_key_that_asks_for_it_is_named(self, ann, theirs):
        project = ann.make_project()["id"]
        key = ann.post(f"/projects/{project}/api-keys", {"name": "R", "kind": "read"}).json
        path = f"/analytics/funnel/{theirs['funnel']}?start_date=2026-01-01&end_date=2026-01-01"
        assert Person(ann.app).get(path, headers={"X-API-Key": key["api_key"]}).status_code == 404
        (entry,) = entries_of(ann)
        assert (entry["kind"], entry["actor_id"]) == ("access_refused", key["id"])

    def test_a_full_disk_does_not_give_away_what_is_there(self, ann, theirs, services, monkeypatch):
        def fail(*_, **__):
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(services.access_log, "record", fail)
        with capture_logs() as lines:
            assert ann.get(f"/funnels/{theirs['funnel']}").status_code == 404
        assert [line["event"] for line in lines if line["log_level"] == "error"] == ["disk"]


def test_only_what_was_read_is_noted_as_read(ann):
    """A member that there is not was noted as looked at, under any name that was asked for."""
    assert ann.get("/organization/members/nobody").status_code == 404
    assert ann.get("/organization/members/nobody?version=1").status_code == 404
    assert kinds(ann) == []


NOBODYS = "00000000-0000-4000-8000-000000000000"


def replaced(message, theirs):
    for each in theirs.values():
        message = message.replace(each, "")
    return message
