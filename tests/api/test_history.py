"""History, time travel and going back: who changed what, what it was before, and how it comes back."""

import time

import pytest
from click.testing import CliRunner

from iafa_api import clock
from iafa_api.cli import main
from iafa_api.errors import NotFound
from iafa_api.metadata.catalog import Catalog
from tests.api.test_members import join
from tests.conftest import Person


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


@pytest.fixture
def funnel(ann, project):
    return ann.make_funnel(project["id"], "view", "cart", name="One")


def change(ann, kind, thing, version, **fields):
    answer = ann.put(f"/{kind}/{thing['id']}", thing | fields, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.json
    return answer.json


class TestHistory:
    def test_a_change_is_told_field_by_field(self, ann, funnel):
        changed = {"name": "Two", "stages": [funnel["stages"][0], funnel["stages"][1] | {"event_type": "buy"}]}
        answer = ann.put(
            f"/funnels/{funnel['id']}", funnel | changed, headers={"If-Match": '"1"', "X-Request-ID": "req-7"}
        )
        assert answer.status_code == 200
        newest, oldest = ann.get(f"/funnels/{funnel['id']}/history").json
        assert (newest["type"], newest["version"], newest["request_id"]) == ("funnel.changed", 2, "req-7")
        assert newest["actor"]["id"] == ann.signed_in["user"]["id"]
        assert newest["changes"] == [
            {"path": "name", "from": "One", "to": "Two"},
            {"path": "stages.1.event_type", "from": "cart", "to": "buy"},
        ]
        assert oldest["type"] == "funnel.created"
        assert {"path": "name", "from": None, "to": "One"} in oldest["changes"]

    def test_a_deleted_thing_has_its_history(self, ann, funnel):
        ann.delete(f"/funnels/{funnel['id']}")
        assert [entry["type"] for entry in ann.get(f"/funnels/{funnel['id']}/history").json] == [
            "funnel.deleted",
            "funnel.created",
        ]

    def test_another_organisation_sees_none_of_it(self, bob, funnel, project):
        for path in (f"/funnels/{funnel['id']}/history", f"/projects/{project['id']}/history"):
            assert bob.get(path).status_code == 404
        assert bob.get(f"/funnels/{funnel['id']}?version=1").status_code == 404
        assert bob.post(f"/funnels/{funnel['id']}/revert", {"version": 1}).status_code == 404
        assert bob.post(f"/funnels/{funnel['id']}/undelete").status_code == 404
        assert {entry["stream"] for entry in bob.get("/audit/events").json}.isdisjoint({f"funnel-{funnel['id']}"})


class TestAuditEvents:
    def test_every_change_is_there_newest_first(self, ann, funnel):
        events = ann.get("/audit/events").json
        assert [event["seq"] for event in events] == sorted((event["seq"] for event in events), reverse=True)
        assert {event["type"] for event in events} == {
            *("organization.created", "email.claimed", "user.registered", "session.started"),
            *("project.created", "api_key.created", "funnel.created"),
        }

    def test_each_says_what_the_thing_was_called_then(self, ann, funnel, project):
        change(ann, "funnels", funnel, 1, name="Two")
        ann.delete(f"/funnels/{funnel['id']}")
        events = ann.get("/audit/events?type=funnel.*,user.*,session.*").json
        assert [(event["type"], event["name"], event["project_id"]) for event in events] == [
            ("funnel.deleted", "Two", project["id"]),
            ("funnel.changed", "Two", project["id"]),
            ("funnel.created", funnel["name"], project["id"]),
            ("session.started", None, None),
            ("user.registered", "Some Body", None),
        ]

    def test_no_secret_is_in_it_and_personal_fields_are_open(self, ann, funnel, project):
        text = ann.get("/audit/events").text
        assert "$2b$" not in text
        assert "sealed:" not in text
        assert "ann@example.com" in text
        for secret in ("password_hash", "refresh_id", '"hash"'):
            assert secret not in text
        assert project["api_key"] not in text

    def test_filters_and_pages(self, ann, funnel):
        ask = lambda query: ann.get("/audit/events", query_string=query)  # noqa: E731
        assert [event["type"] for event in ask({"stream": f"funnel-{funnel['id']}"}).json] == ["funnel.created"]
        assert len(ask({"type": "session.started"}).json) == 1
        assert [event["type"] for event in ask({"type": "funnel.*,organization.created"}).json] == [
            "funnel.created",
            "organization.created",
        ]
        assert ask({"type": "funnel"}).json == []
        assert ask({"actor": "nobody"}).json == []
        everything = ask({}).json
        assert ask({"from": everything[0]["at"]}).json[0] == everything[0]
        assert ask({"to": "2020-01-01"}).json == []
        assert ask({"from": clock.format_time(clock.now_us() + 10**9)}).json == []
        page = ask({"page": 2, "page_size": 2})
        assert page.json == everything[2:4]
        assert f'"total": {len(everything)}' in page.headers["X-Pagination"]

    @pytest.mark.parametrize("query", [{"from": "yesterday"}, {"to": "2026-01-01T10:00:00"}, {"from": "2026-02-30"}])
    def test_a_time_that_is_none_is_named(self, ann, query):
        answer = ann.get("/audit/events", query_string=query)
        assert answer.status_code == 422
        assert list(answer.json["errors"]["query"]) == list(query)


class TestTimeTravel:
    def test_a_version_is_shown_as_it_was(self, ann, funnel, project):
        change(ann, "funnels", funnel, 1, name="Two")
        change(ann, "projects", {"id": project["id"], "name": "Renamed"}, 1)
        assert ann.get(f"/funnels/{funnel['id']}?version=1").json == funnel
        assert ann.get(f"/funnels/{funnel['id']}?version=2").json["name"] == "Two"
        assert ann.get(f"/projects/{project['id']}?version=1").json["name"] == "Shop"
        assert ann.get(f"/funnels/{funnel['id']}?version=3").status_code == 404
        assert ann.get(f"/funnels/{funnel['id']}?version=0").status_code == 422
        assert ann.get(f"/funnels/{funnel['id']}?version=1&as_of=2026-01-01").status_code == 422

    def test_a_moment_is_shown_as_it_was(self, ann, funnel, project):
        before = clock.format_time(clock.now_us())
        time.sleep(0.002)
        change(ann, "funnels", funnel, 1, name="Two")
        ann.make_funnel(project["id"], "a", "b", name="Later")
        ann.delete(f"/funnels/{funnel['id']}")
        assert ann.get(f"/funnels/{funnel['id']}").status_code == 404
        assert ann.get(f"/funnels/{funnel['id']}", query_string={"as_of": before}).json == funnel
        assert ann.get("/funnels", query_string={"as_of": before}).json == [funnel]
        assert [each["name"] for each in ann.get("/funnels").json] == ["Later"]
        assert ann.get("/projects", query_string={"as_of": "2020-01-01"}).json == []
        assert ann.get(f"/projects/{project['id']}", query_string={"as_of": "2020-01-01"}).status_code == 404
        assert ann.get("/funnels", query_string={"as_of": "2999-01-01"}).json == ann.get("/funnels").json

    def test_one_thing_of_any_moment_is_what_the_whole_state_then_says_of_it(self, ann, bob, services, monkeypatch):
        """Deleted, undeleted, in a project that was deleted, erased since, another organisation's, or never there."""
        carl = join(ann, "carl", "analyst")
        project, other = ann.make_project(), bob.make_project()
        funnel = ann.make_funnel(project["id"], "a", "b")
        deleted = ann.make_funnel(project["id"], "a", "b", name="Deleted")
        change(ann, "funnels", funnel, 1, name="Two")
        ann.delete(f"/funnels/{deleted['id']}")
        ann.delete(f"/projects/{project['id']}")
        ann.post(f"/projects/{project['id']}/undelete")
        ann.post(f"/funnels/{deleted['id']}/undelete")
        carl_id = carl.signed_in["user"]["id"]
        ann.delete(f"/organization/members/{carl_id}?erase=true")
        times = sorted({event.at for event in services.timeline.events()})
        own = ann.signed_in["user"]["organization_id"]
        seen = set()
        cases = [
            *(("funnels", "get_funnel", each["id"]) for each in (funnel, deleted)),
            *(("projects", "get_project", each["id"]) for each in (project, other)),
            *(("organization/members", "get_member", each) for each in (carl_id, bob.signed_in["user"]["id"])),
            *(("funnels", "get_funnel", wrong) for wrong in ("nothing", project["id"])),
        ]
        state_at = services.timeline.state_at
        expected = {}
        for at in ["2020-01-01", *times, "2999-01-01"]:
            then = Catalog(state_at(services.timeline.seq_at(at)))
            for _, method, subject_id in cases:
                try:
                    expected[at, method, subject_id] = getattr(then, method)(own, subject_id)
                except NotFound as error:
                    expected[at, method, subject_id] = error.message
        monkeypatch.setattr(services.timeline, "state_at", None)  # whose answers these are not
        for at in ["2020-01-01", *times, "2999-01-01"]:
            for path, method, subject_id in cases:
                answer = ann.get(f"/{path}/{subject_id}", query_string={"as_of": at})
                right = expected[at, method, subject_id]
                seen.add((subject_id, answer.status_code))
                if isinstance(right, str):
                    assert (answer.status_code, answer.json["message"]) == (404, right), at
                else:
                    assert (answer.status_code, answer.json["id"]) == (200, subject_id)
                    assert answer.json["updated_at"] == right.updated_at
        for each in (funnel["id"], deleted["id"], project["id"], carl_id):
            assert {(each, 200), (each, 404)} <= seen
        assert (other["id"], 200) not in seen
        assert ann.get(f"/funnels/{funnel['id']}?as_of=yesterday").status_code == 422

    def test_the_keys_of_then(self, ann, project):
        before = clock.format_time(clock.now_us())
        time.sleep(0.002)
        path = f"/projects/{project['id']}/api-keys"
        (key,) = ann.get(path).json
        ann.delete(f"{path}/{key['id']}")
        assert ann.get(path).json == []
        assert [each["id"] for each in ann.get(path, query_string={"as_of": before}).json] == [key["id"]]

    def test_a_funnel_answers_as_it_was_defined_then(self, ann, funnel, project):
        day = "2026-01-15"
        events = [
            {"event_type": name, "user_id": "u", "timestamp": f"{day}T10:00:0{place}Z"}
            for place, name in enumerate(("view", "cart", "pay"))
        ]
        ann.track(project["api_key"], *events)
        before = clock.format_time(clock.now_us())
        time.sleep(0.002)
        change(ann, "funnels", funnel, 1, stages=[{"event_type": "pay"}, {"event_type": "view"}])

        def ask(**query):
            query = {"start_date": day, "end_date": day, **query}
            answer = ann.get(f"/analytics/funnel/{funnel['id']}", query_string=query).json
            return [stage["users"] for stage in answer["stages"]], answer["funnel_version"]

        assert ask() == ([1, 0], 2)
        assert ask(version=1) == ask(as_of=before) == ([1, 1], 1)


class TestGoingBack:
    def test_a_revert_is_a_new_version(self, ann, funnel):
        change(ann, "funnels", funnel, 1, name="Two", stages=[{"event_type": "x"}, {"event_type": "y"}])
        plan = ann.post(f"/funnels/{funnel['id']}/revert", {"version": 1, "dry_run": True})
        assert plan.status_code == 202
        assert {"path": "name", "from": "Two", "to": "One"} in plan.json["changes"]
        assert "keys" in plan.json["stays"]
        assert ann.get(f"/funnels/{funnel['id']}").json["version"] == 2
        answer = ann.post(f"/funnels/{funnel['id']}/revert", {"version": 1})
        assert answer.status_code == 200
        assert answer.json == funnel | {"version": 3, "updated_at": answer.json["updated_at"]}
        assert [entry["type"] for entry in ann.get(f"/funnels/{funnel['id']}/history").json] == [
            "funnel.reverted",
            "funnel.changed",
            "funnel.created",
        ]
        again = ann.post(f"/funnels/{funnel['id']}/revert", {"version": 1})
        assert again.json["version"] == 3

    def test_a_revert_honours_if_match(self, ann, funnel):
        change(ann, "funnels", funnel, 1, name="Two")
        stale = ann.post(f"/funnels/{funnel['id']}/revert", {"version": 1}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412
        assert ann.post(f"/funnels/{funnel['id']}/revert", {"version": 9}).status_code == 404

    def test_a_reverted_project_keeps_its_keys(self, ann, project):
        change(ann, "projects", {"id": project["id"], "name": "Renamed", "retention_days": 7}, 1)
        (key,) = ann.get(f"/projects/{project['id']}/api-keys").json
        ann.delete(f"/projects/{project['id']}/api-keys/{key['id']}")
        answer = ann.post(f"/projects/{project['id']}/revert", {"version": 1})
        assert (answer.json["name"], answer.json["retention_days"]) == ("Shop", 0)
        assert ann.get(f"/projects/{project['id']}/api-keys").json == []
        assert ann.track(project["api_key"], {"event_type": "a", "user_id": "u"}).status_code == 401

    def test_a_deletion_can_be_taken_back(self, ann, funnel, project):
        assert ann.post(f"/funnels/{funnel['id']}/undelete").status_code == 404
        ann.delete(f"/funnels/{funnel['id']}")
        answer = ann.post(f"/funnels/{funnel['id']}/undelete")
        assert (answer.status_code, answer.json["version"]) == (200, 3)
        assert ann.get(f"/funnels/{funnel['id']}").json["stages"] == funnel["stages"]
        ann.delete(f"/projects/{project['id']}")
        assert ann.get(f"/funnels/{funnel['id']}").status_code == 404
        assert ann.post(f"/projects/{project['id']}/undelete").status_code == 200
        assert ann.get(f"/funnels/{funnel['id']}").status_code == 200
        assert ann.track(project["api_key"], {"event_type": "a", "user_id": "u"}).status_code == 200

    def test_a_project_comes_back_for_thirty_days(self, ann, project, monkeypatch):
        ann.delete(f"/projects/{project['id']}")
        later = clock.now_us() + 31 * 86_400 * clock.MICROSECONDS
        monkeypatch.setattr("iafa_api.metadata.projects.clock.now_us", lambda: later)
        answer = ann.post(f"/projects/{project['id']}/undelete")
        assert answer.status_code == 404
        assert "30 days" in answer.json["message"]


def test_all_workers_answer_for_the_past_alike(ann, make_app, funnel):
    change(ann, "funnels", funnel, 1, name="Two")
    other = Person(make_app(), ann.token)
    assert other.get(f"/funnels/{funnel['id']}?version=1").json == funnel
    assert other.get("/audit/events").json == ann.get("/audit/events").json
    change(ann, "funnels", funnel, 2, name="Three")
    assert other.get(f"/funnels/{funnel['id']}/history").json[0]["changes"] == [
        {"path": "name", "from": "Two", "to": "Three"}
    ]


class TestProof:
    def test_the_log_is_verified_for_an_organisation(self, ann, bob, funnel):
        before = clock.format_time(clock.now_us())
        theirs, mine = bob.get("/audit/verify").json, ann.get("/audit/verify").json
        assert before <= mine.pop("read_at") <= clock.format_time(clock.now_us())
        assert mine == {"ok": True, "events": 7, "first_bad_seq": None, "reason": None}
        assert (theirs["ok"], theirs["events"]) == (True, 4)

    def test_a_changed_log_is_found_out(self, ann, funnel, services):
        log = services.data_dir / "metadata" / "log.jsonl"
        log.write_bytes(log.read_bytes().replace(b'"name":"One"', b'"name":"Two"'))
        answer = ann.get("/audit/verify").json
        assert answer["ok"] is False
        assert answer["first_bad_seq"] == 7

    def test_an_export_verifies_offline_and_tells_nothing_of_others(self, ann, bob, funnel, tmp_path):
        theirs = bob.make_project(name="Secret plans")
        exported = ann.get("/audit/export")
        assert exported.mimetype == "application/x-ndjson"
        assert "Secret plans" not in exported.text
        assert theirs["id"] not in exported.text
        assert "ann@example.com" not in exported.text
        file = tmp_path / "audit.ndjson"
        file.write_bytes(exported.data)
        assert CliRunner().invoke(main, ["audit", "verify", str(file)]).exit_code == 0
        file.write_bytes(exported.data.replace(b'"name":"One"', b'"name":"Two"'))
        refused = CliRunner().invoke(main, ["audit", "verify", str(file)])
        assert refused.exit_code == 1
        (changed,) = ann.get("/audit/events?type=funnel.created").json
        assert f"First bad event: {changed['seq']}." in refused.output

    def test_an_export_as_a_table_cannot_be_run(self, ann, project):
        ann.make_funnel(project["id"], "a", "b", name="=HYPERLINK(1)")
        table = ann.get("/audit/export", headers={"Accept": "text/csv"})
        assert table.mimetype == "text/csv"
        assert table.text.startswith("seq,at,type,stream,version,actor,request_id,path,from,to")
        assert "'=HYPERLINK(1)" in table.text
        assert ann.get("/audit/access").json[0]["kind"] == "export"
