"""/projects: projects, their versions, their keys, and the wall around an organisation."""

import pytest

from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.saved import Saved
from tests.conftest import Person


def test_a_project_has_the_fields_of_the_contract_and_its_first_key(ann):
    project = ann.make_project(domain="shop.example.com", allowed_origins=["https://*.Example.com"])
    assert set(project) == {
        *("id", "organization_id", "name", "domain", "allowed_origins", "timezone", "week_start", "retention_days"),
        *("event_types", "rate_limit_events_per_minute", "url_parameters"),
        *("version", "created_at", "updated_at", "api_key"),
    }
    assert project["organization_id"] == ann.signed_in["user"]["organization_id"]
    assert (project["timezone"], project["week_start"], project["retention_days"]) == ("UTC", "monday", 90)
    assert project["allowed_origins"] == ["https://*.example.com"]
    assert project["api_key"].startswith("iafa_w_")
    shown = ann.get(f"/projects/{project['id']}")
    assert shown.json == {name: value for name, value in project.items() if name != "api_key"}
    assert shown.headers["ETag"] == '"1"'


def test_what_get_gave_can_be_put_back(ann):
    project = ann.make_project()
    body = ann.get(f"/projects/{project['id']}").json
    answer = ann.put(f"/projects/{project['id']}", body | {"name": "New"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["version"]) == ("New", 2)
    assert answer.headers["ETag"] == '"2"'


def test_a_put_that_changes_nothing_makes_no_version(ann):
    project = ann.make_project()
    answer = ann.put(f"/projects/{project['id']}", {"name": "Shop"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json["version"]) == (200, 1)


def test_fields_left_out_of_a_put_stay(ann):
    project = ann.make_project(retention_days=7, timezone="Europe/Berlin")
    answer = ann.put(f"/projects/{project['id']}", {"name": "New"}, headers={"If-Match": '"1"'})
    assert (answer.json["retention_days"], answer.json["timezone"]) == (7, "Europe/Berlin")


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"1-gzip"', 'W/"1;br"', '"7", "1"', "*"])
def test_every_form_of_the_right_tag_is_taken(ann, tag):
    project = ann.make_project()
    answer = ann.put(f"/projects/{project['id']}", {"name": "New"}, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.json


STALE = ['"2"', '"x"', '""', '"01"', '"9999999999999999999"']


@pytest.mark.parametrize(("headers", "status"), [({}, 428), *(({"If-Match": tag}, 412) for tag in STALE)])
def test_a_change_without_or_with_the_wrong_version_is_refused(ann, headers, status):
    project = ann.make_project()
    answer = ann.put(f"/projects/{project['id']}", {"name": "New"}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (status, status)
    assert ann.get(f"/projects/{project['id']}").json["name"] == "Shop"


def test_of_two_changes_of_one_version_one_is_refused(ann, make_app):
    project = ann.make_project()
    workers = [Person(make_app(), ann.token) for _ in range(2)]
    answers = [
        worker.put(f"/projects/{project['id']}", {"name": f"N{number}"}, headers={"If-Match": '"1"'})
        for number, worker in enumerate(workers)
    ]
    assert [answer.status_code for answer in answers] == [200, 412]


def test_an_unchanged_project_is_not_sent_again(ann):
    project = ann.make_project()
    answer = ann.get(f"/projects/{project['id']}", headers={"If-None-Match": '"1"'})
    assert answer.status_code == 304


def test_delete_honours_if_match_and_ends_the_keys(ann):
    project = ann.make_project()
    path = f"/projects/{project['id']}"
    assert ann.delete(path, headers={"If-Match": '"9"'}).status_code == 412
    assert ann.delete(path, headers={"If-Match": '"1"'}).status_code == 204
    assert ann.get(path).status_code == 404
    assert ann.delete(path).status_code == 404
    assert ann.get("/projects").json == []
    assert ann.track(project["api_key"], {"event_type": "a", "user_id": "u"}).status_code == 401


def test_projects_are_listed_in_pages(ann):
    for number in range(5):
        ann.make_project(name=f"P{number}")
    answer = ann.get("/projects?page=2&page_size=2")
    assert [project["name"] for project in answer.json] == ["P2", "P3"]
    assert '"total": 5' in answer.headers["X-Pagination"]
    assert ann.get("/projects?page=0").status_code == 422
    assert ann.get("/funnels?colour=red").status_code == 422
    assert ann.get("/funnels?page=1&page_size=2").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "a\x1b]0;owned"),
        ("name", None),
        ("name", "x" * 201),
        ("domain", "not a domain"),
        ("domain", "../x"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("timezone", ""),
        ("week_start", "friday"),
        ("retention_days", -1),
        ("retention_days", "90"),
        ("retention_days", 1.5),
        ("allowed_origins", ["example.com"]),
        ("allowed_origins", ["https://example.com/path"]),
        ("allowed_origins", "https://example.com"),
        ("allowed_origins", ["https://example.com:99999"]),
        ("colour", "red"),
    ],
)
def test_a_bad_field_is_named(ann, field, value):
    answer = ann.post("/projects", {"name": "Shop", field: value})
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]
    assert ann.get("/projects").json == []


class TestKeys:
    def test_a_key_is_told_once(self, ann):
        project = ann.make_project()
        answer = ann.post(f"/projects/{project['id']}/api-keys", {"name": "Server", "kind": "read"})
        assert answer.status_code == 201
        assert answer.json["api_key"].startswith(answer.json["prefix"])
        listed = ann.get(f"/projects/{project['id']}/api-keys").json
        assert [key["name"] for key in listed] == ["Default", "Server"]
        assert all("api_key" not in key and "hash" not in key for key in listed)

    def test_a_revoked_key_is_worthless_for_every_worker(self, ann, make_app):
        project = ann.make_project()
        other = Person(make_app())
        event = {"event_type": "a", "user_id": "u"}
        assert other.track(project["api_key"], event).status_code == 200
        (key,) = ann.get(f"/projects/{project['id']}/api-keys").json
        assert ann.delete(f"/projects/{project['id']}/api-keys/{key['id']}").status_code == 204
        assert other.track(project["api_key"], event).status_code == 401
        assert ann.delete(f"/projects/{project['id']}/api-keys/{key['id']}").status_code == 404

    def test_the_use_of_a_key_is_noted(self, ann):
        project = ann.make_project()
        path = f"/projects/{project['id']}/api-keys"
        assert ann.get(path).json[0]["last_used_at"] is None
        ann.track(project["api_key"], {"event_type": "a", "user_id": "u"})
        first = ann.get(path).json[0]["last_used_at"]
        assert first is not None
        ann.track(project["api_key"], {"event_type": "a", "user_id": "u"})
        assert ann.get(path).json[0]["last_used_at"] == first

    def test_the_use_of_a_read_key_is_noted_as_well(self, ann, anybody):
        project = ann.make_project()
        path = f"/projects/{project['id']}/api-keys"
        key = ann.post(path, {"name": "r", "kind": "read"}).json["api_key"]
        anybody.post("/analytics/funnel", {"stages": [{"event_type": "a"}]}, headers={"X-API-Key": key})
        assert [shown["last_used_at"] is None for shown in ann.get(path).json] == [True, False]

    @pytest.mark.parametrize(
        "body", [{"name": "k", "kind": "admin"}, {"kind": "read"}, {"name": "k", "prefix": 1, "x": 1}]
    )
    def test_a_bad_key_is_refused(self, ann, body):
        project = ann.make_project()
        assert ann.post(f"/projects/{project['id']}/api-keys", body).status_code == 422


def test_a_change_is_answered_as_it_was_made_whatever_comes_after(ann, monkeypatch):
    project = ann.make_project()
    real = Saved.change

    def change_and_delete(self, cause, organization_id, project_id, version, fields):
        made = real(self, cause, organization_id, project_id, version, fields)
        self.delete(cause, organization_id, project_id, None)
        return made

    monkeypatch.setattr(Saved, "change", change_and_delete)
    answer = ann.put(f"/projects/{project['id']}", {"name": "New"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json["name"], answer.headers["ETag"]) == (200, "New", '"2"')


def test_what_is_another_organisations_does_not_exist(ann, bob):
    project = ann.make_project()
    funnel = ann.make_funnel(project["id"], "a", "b")
    (key,) = ann.get(f"/projects/{project['id']}/api-keys").json
    tag = {"If-Match": '"1"'}
    calls = [
        bob.get(f"/projects/{project['id']}"),
        bob.put(f"/projects/{project['id']}", {"name": "Mine"}, headers=tag),
        bob.delete(f"/projects/{project['id']}"),
        bob.get(f"/projects/{project['id']}/api-keys"),
        bob.post(f"/projects/{project['id']}/api-keys", {"name": "k"}),
        bob.delete(f"/projects/{project['id']}/api-keys/{key['id']}"),
        bob.get(f"/projects/{project['id']}/tracking-code"),
        bob.get(f"/funnels?project_id={project['id']}"),
        bob.post("/funnels", {"project_id": project["id"], "name": "F", "stages": funnel["stages"]}),
        bob.get(f"/funnels/{funnel['id']}"),
        bob.put(f"/funnels/{funnel['id']}", funnel, headers=tag),
        bob.delete(f"/funnels/{funnel['id']}"),
        bob.get(f"/analytics/funnel/{funnel['id']}"),
        bob.post("/analytics/funnel", {"project_id": project["id"], "stages": funnel["stages"]}),
    ]
    assert [answer.status_code for answer in calls] == [404] * len(calls)
    assert bob.get("/projects").json == bob.get("/funnels").json == []
    other = bob.make_project()
    assert bob.delete(f"/projects/{other['id']}/api-keys/{key['id']}").status_code == 404
    assert ann.get(f"/projects/{project['id']}").status_code == 200


@pytest.mark.parametrize("project_id", ["..%2F..%2Fetc", "%00", "x" * 300, "..", "ünï"])
def test_ids_that_are_none_do_not_exist(ann, project_id):
    assert ann.get(f"/projects/{project_id}").status_code == 404
    assert ann.get(f"/funnels/{project_id}").status_code == 404
    assert ann.get(f"/analytics/funnel/{project_id}").status_code == 404


def test_a_project_takes_only_the_event_types_it_names(ann):
    project = ann.make_project(event_types=["page_view", "checkout.*"])
    events = [{"event_type": name, "user_id": "u"} for name in ("page_view", "checkout.paid", "page_views", "checkout")]
    answer = ann.track(project["api_key"], *events)
    assert (answer.json["accepted"], [refused["index"] for refused in answer.json["errors"]]) == (2, [2, 3])
    alone = ann.post("/track", events[2], headers={"X-API-Key": project["api_key"]})
    assert (alone.status_code, list(alone.json["errors"]["json"])) == (422, ["event_type"])
    body = {"name": "Shop", "event_types": []}
    assert ann.put(f"/projects/{project['id']}", body, headers={"If-Match": '"1"'}).json["event_types"] == []
    assert ann.track(project["api_key"], *events).json["accepted"] == 4
    (entry, _) = ann.get(f"/projects/{project['id']}/history").json
    assert {change["path"]: change["from"] for change in entry["changes"]} == {
        "event_types.0": "page_view",
        "event_types.1": "checkout.*",
    }
    assert ann.post(f"/projects/{project['id']}/revert", {"version": 1}).json["event_types"] == project["event_types"]


def test_a_projects_own_limit_is_each_of_its_keys_and_comes_before_the_servers(ann, make_app):
    project = ann.make_project(rate_limit_events_per_minute=3)
    path, events = f"/projects/{project['id']}", [{"event_type": "a", "user_id": "u"}] * 4
    first = ann.track(project["api_key"], *events)
    assert (first.status_code, first.headers["RateLimit-Policy"]) == (200, '"key";q=3;w=60')
    call, key = {"user_id": "u", "anonymous_id": "v"}, {"X-API-Key": project["api_key"]}
    assert ann.track(project["api_key"], events[0]).status_code == 429
    assert ann.post("/track", events[0], headers=key).status_code == 429
    assert ann.post("/identify", call, headers=key).status_code == 429
    assert ann.post("/alias", {"user_id": "u", "previous_id": "w"}, headers=key).status_code == 429
    second = ann.post(f"{path}/api-keys", {"name": "Other"}).json["api_key"]
    assert [ann.track(second, *events).status_code for _ in range(2)] == [200, 429]

    limited = Person(make_app(rate_limit_events_per_minute=2))
    assert (
        ann.put(path, {"name": "Shop", "rate_limit_events_per_minute": 0}, headers={"If-Match": '"1"'}).json[
            "rate_limit_events_per_minute"
        ]
        == 0
    )
    none = [limited.track(second, *events) for _ in range(3)]
    assert ([answer.status_code for answer in none], "RateLimit" in none[0].headers) == ([200] * 3, False)
    ann.put(path, {"name": "Shop", "rate_limit_events_per_minute": None}, headers={"If-Match": '"2"'})
    third = ann.post(f"{path}/api-keys", {"name": "Third"}).json["api_key"]
    assert [limited.track(third, *events).status_code for _ in range(2)] == [200, 429]
    assert ann.track(third, *events).status_code == 200
    assert ann.post(f"{path}/revert", {"version": 1}).json["rate_limit_events_per_minute"] == 3
    assert ann.get(f"{path}?version=2").json["rate_limit_events_per_minute"] == 0
    changes = [change for entry in ann.get(f"{path}/history").json for change in entry["changes"]]
    steps = [(change["from"], change["to"]) for change in changes if "limit" in change["path"]]
    assert {(3, 0), (0, None), (None, 3)} <= set(steps)


@pytest.mark.parametrize("limit", [-1, 1.5, "many", 1_000_000_001])
def test_a_limit_that_cannot_be_one_is_refused(ann, limit):
    answer = ann.post("/projects", {"name": "Shop", "rate_limit_events_per_minute": limit})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["rate_limit_events_per_minute"])


def test_an_event_type_that_cannot_be_one_is_refused(ann):
    answer = ann.post("/projects", {"name": "Shop", "event_types": ["a", ""]})
    assert (answer.status_code, list(answer.json["errors"]["json"]["event_types"])) == (422, ["1"])


def test_a_project_that_was_made_before_there_were_event_types_takes_all(ann, services):
    """Its document has no such field: it is read, changed, reverted all the same."""
    fields = {"name": "Old", "domain": None, "allowed_origins": [], "timezone": "UTC", "week_start": "monday"}
    cause = Cause(Actor("system"), "r")
    organization_id = ann.signed_in["user"]["organization_id"]
    project, key = services.projects.create(cause, organization_id, {**fields, "retention_days": 90})
    shown = ann.get(f"/projects/{project.id}").json
    assert (shown["event_types"], shown["rate_limit_events_per_minute"], shown["url_parameters"]) == ([], None, [])
    assert ann.track(key, {"event_type": "x", "user_id": "u"}).json["accepted"] == 1
    body = {"name": "Old", "event_types": ["y"]}
    ann.put(f"/projects/{project.id}", body, headers={"If-Match": '"1"'})
    plan = ann.post(f"/projects/{project.id}/revert", {"version": 1, "dry_run": True})
    assert [(change["path"], change["from"], change["to"]) for change in plan.json["changes"]] == [
        ("event_types.0", "y", None)
    ]
    assert ann.post(f"/projects/{project.id}/revert", {"version": 1}).json["event_types"] == []
