"""What reports, dashboards, cohorts and metric definitions have in common: versions, history, and the way back."""

import pytest
from click.testing import CliRunner

from iafa_api import clock
from iafa_api.cli import main
from tests.api.test_members import join

FUNNEL = {"stages": [{"event_type": "view"}, {"event_type": "buy", "filter": {"properties.plan": "pro"}}]}
BODIES = {
    "reports": {"kind": "funnel", "question": FUNNEL},
    "dashboards": {},
    "metric-definitions": {"event_type": "buy", "measure": "sum of properties.amount", "unit": "EUR"},
    "cohorts": {"definition": {"event_type": "buy", "at_least": 2, "last_days": 30}},
}
kinds = pytest.mark.parametrize("kind", BODIES)


@pytest.fixture
def project(ann):
    return ann.make_project()


def save(person, kind, project, **fields):
    answer = person.post(f"/{kind}", {"project_id": project["id"], "name": "One", **BODIES[kind], **fields})
    assert answer.status_code == 201, answer.json
    return answer.json


def rename(person, kind, thing, name):
    version = thing["version"]
    answer = person.put(f"/{kind}/{thing['id']}", thing | {"name": name}, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.json
    return answer.json


@kinds
def test_what_was_saved_comes_back_with_its_version_as_tag(ann, project, kind):
    answer = ann.post(f"/{kind}", {"project_id": project["id"], "name": "One", **BODIES[kind]})
    thing = answer.json
    assert answer.status_code == 201, thing
    assert (thing["name"], thing["description"], thing["version"]) == ("One", None, 1)
    shown = ann.get(f"/{kind}/{thing['id']}")
    assert shown.json == thing
    assert shown.headers["ETag"] == answer.headers["ETag"] == '"1"'
    assert ann.get(f"/{kind}?project_id={project['id']}").json == [thing]
    other = ann.make_project()
    assert ann.get(f"/{kind}?project_id={other['id']}").json == []


@kinds
def test_lists_are_paged_and_refuse_what_they_do_not_know(ann, project, kind):
    things = [save(ann, kind, project, name=f"N{number}") for number in range(3)]
    answer = ann.get(f"/{kind}?page=2&page_size=2")
    assert answer.json == things[2:]
    assert '"total": 3' in answer.headers["X-Pagination"]
    assert ann.get(f"/{kind}?projectid=1").status_code == 422


@kinds
def test_a_change_needs_the_version_it_is_made_on(ann, project, kind):
    thing = save(ann, kind, project)
    changed = rename(ann, kind, thing, "Two")
    assert changed == thing | {"name": "Two", "version": 2, "updated_at": changed["updated_at"]}
    assert ann.put(f"/{kind}/{thing['id']}", thing).status_code == 428
    assert ann.put(f"/{kind}/{thing['id']}", thing, headers={"If-Match": '"1"'}).status_code == 412
    assert ann.delete(f"/{kind}/{thing['id']}", headers={"If-Match": '"1"'}).status_code == 412
    moved = changed | {"project_id": ann.make_project()["id"]}
    answer = ann.put(f"/{kind}/{thing['id']}", moved, headers={"If-Match": '"2"'})
    assert answer.json["errors"] == {"json": {"project_id": ["Cannot be changed."]}}


@kinds
def test_the_past_can_be_seen_and_brought_back(ann, project, kind):
    thing = save(ann, kind, project)
    moment = clock.format_time(clock.now_us())
    rename(ann, kind, thing, "Two")
    path = f"/{kind}/{thing['id']}"
    assert ann.get(f"{path}?version=1").json == ann.get(f"{path}?as_of={moment}").json == thing
    assert ann.get(f"/{kind}?as_of={moment}").json == [thing]
    newest, first = ann.get(f"{path}/history").json
    assert newest["changes"] == [{"path": "name", "from": "One", "to": "Two"}]
    dry = ann.post(f"{path}/revert", {"version": 1, "dry_run": True})
    assert (dry.status_code, dry.json["changes"]) == (202, [{"path": "name", "from": "Two", "to": "One"}])
    back = ann.post(f"{path}/revert", {"version": 1}).json
    assert (back["name"], back["version"]) == ("One", 3)
    assert ann.delete(path).status_code == 204
    assert ann.get(path).status_code == 404
    again = ann.post(f"{path}/undelete").json
    assert (again["name"], again["version"]) == ("One", 5)
    types = [entry["type"].partition(".")[2] for entry in ann.get(f"{path}/history").json]
    assert types == ["undeleted", "deleted", "reverted", "changed", "created"]
    stream = newest["stream"]
    audited = ann.get(f"/audit/events?stream={stream}").json
    assert [entry["type"].partition(".")[2] for entry in audited] == types
    assert audited[-1]["changes"] == first["changes"]


@kinds
def test_another_organisation_sees_nothing_of_it(ann, bob, project, kind):
    thing = save(ann, kind, project)
    path = f"/{kind}/{thing['id']}"
    assert bob.get(f"/{kind}").json == []
    assert bob.get(f"/{kind}?project_id={project['id']}").status_code == 404
    assert bob.post(f"/{kind}", {"project_id": project["id"], "name": "X", **BODIES[kind]}).status_code == 404
    for call in (bob.get(path), bob.get(f"{path}?version=1"), bob.get(f"{path}/history"), bob.delete(path)):
        assert call.status_code == 404
    assert bob.put(path, thing, headers={"If-Match": '"1"'}).status_code == 404
    assert bob.post(f"{path}/revert", {"version": 1}).status_code == 404
    ann.delete(path)
    assert bob.post(f"{path}/undelete").status_code == 404


@kinds
def test_a_viewer_reads_and_an_analyst_changes(ann, project, kind):
    thing = save(ann, kind, project)
    path = f"/{kind}/{thing['id']}"
    viewer = join(ann, "vera", "viewer")
    assert viewer.get(path).json == thing
    assert viewer.get(f"{path}/history").status_code == 200
    body = {"project_id": project["id"], "name": "X", **BODIES[kind]}
    for call in (
        viewer.post(f"/{kind}", body),
        viewer.put(path, thing, headers={"If-Match": '"1"'}),
        viewer.post(f"{path}/revert", {"version": 1}),
        viewer.post(f"{path}/undelete"),
        viewer.delete(path),
    ):
        assert call.status_code == 403
    analyst = join(ann, "alex", "analyst")
    assert save(analyst, kind, project, name="Another")["version"] == 1
    assert rename(analyst, kind, thing, "Two")["version"] == 2


@kinds
def test_what_is_sent_twice_with_a_key_is_made_once(ann, project, kind):
    body = {"project_id": project["id"], "name": "One", **BODIES[kind]}
    first, second = (ann.post(f"/{kind}", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, second.json) == (201, first.json)
    assert len(ann.get(f"/{kind}").json) == 1


@kinds
@pytest.mark.parametrize(
    ("changed", "field"), [({"name": ""}, "name"), ({"name": "a\n"}, "name"), ({"colour": 1}, "colour")]
)
def test_what_is_wrong_is_named_and_nothing_is_saved(ann, project, kind, changed, field):
    answer = ann.post(f"/{kind}", {"project_id": project["id"], "name": "One", **BODIES[kind], **changed})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])
    assert ann.get(f"/{kind}").json == []


@kinds
def test_with_its_project_it_goes_and_comes_back(ann, project, kind):
    thing = save(ann, kind, project)
    ann.delete(f"/projects/{project['id']}")
    assert ann.get(f"/{kind}/{thing['id']}").status_code == 404
    assert ann.get(f"/{kind}").json == []
    ann.post(f"/projects/{project['id']}/undelete")
    assert ann.get(f"/{kind}").json == [thing]


@kinds
def test_many_are_reverted_at_once_and_snapshots_carry_them(ann, project, services, settings, monkeypatch, kind):
    thing = save(ann, kind, project)
    gone = save(ann, kind, project, name="Gone")
    moment = clock.format_time(clock.now_us())
    rename(ann, kind, thing, "Two")
    ann.delete(f"/{kind}/{gone['id']}")
    services.store.write_snapshots()
    name = ann.get(f"/{kind}/{thing['id']}/history").json[0]["stream"].partition("-")[0]
    monkeypatch.setenv("IAFA_DATA_DIR", str(settings.data_dir))
    result = CliRunner().invoke(main, ["revert", "--to", moment, "--stream", f"{name}-*"])
    assert result.exit_code == 0, result.output
    assert [each["name"] for each in ann.get(f"/{kind}").json] == ["One", "Gone"]
