"""/metric-definitions: what a named figure may be."""

import pytest


@pytest.fixture
def project(ann):
    return ann.make_project()


def save(person, project, name="Revenue", **fields):
    return person.post("/metric-definitions", {"project_id": project["id"], "name": name, "event_type": "buy"} | fields)


def test_what_is_left_out_has_a_default_and_stays_when_it_is_changed(ann, project):
    metric = save(ann, project).json
    shown = {name: metric[name] for name in ("event_type", "measure", "filter", "unit", "dimensions")}
    assert shown == {"event_type": "buy", "measure": "events", "filter": None, "unit": None, "dimensions": []}
    path = f"/metric-definitions/{metric['id']}"
    told = {"measure": "p90 of properties.amount", "unit": "EUR", "filter": {"properties.plan": "pro"}}
    told["dimensions"] = ["properties.plan", "url"]
    changed = ann.put(path, metric | told, headers={"If-Match": '"1"'}).json
    answer = ann.put(path, {"name": "Other", "event_type": None}, headers={"If-Match": '"2"'})
    assert answer.json == changed | {
        "name": "Other",
        "event_type": None,
        "version": 3,
        "updated_at": answer.json["updated_at"],
    }


def test_a_name_is_there_once_in_a_project(ann, project):
    first = save(ann, project).json
    taken = save(ann, project)
    assert (taken.status_code, list(taken.json["errors"]["json"])) == (409, ["name"])
    assert save(ann, ann.make_project()).status_code == 201
    second = save(ann, project, "Second").json
    path = f"/metric-definitions/{second['id']}"
    assert ann.put(path, second | {"name": "Revenue"}, headers={"If-Match": '"1"'}).status_code == 409
    ann.delete(f"/metric-definitions/{first['id']}")
    assert ann.put(path, second | {"name": "Revenue"}, headers={"If-Match": '"1"'}).status_code == 200
    assert ann.post(f"/metric-definitions/{first['id']}/undelete").status_code == 409
    assert save(ann, project, "Second").status_code == 201
    assert ann.post(f"{path}/revert", {"version": 1}).status_code == 409


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "events"}, ["name"]),
        ({"name": "a/b"}, ["name"]),
        ({"name": " a"}, ["name"]),
        ({"name": ".."}, ["name"]),
        ({"measure": "luck"}, ["measure"]),
        ({"measure": "sum of amount"}, ["measure"]),
        ({"filter": {"x": 1}}, ["filter", "x"]),
        ({"filter": {"url": {"regex": "["}}}, ["filter", "url"]),
        ({"event_type": ""}, ["event_type"]),
        ({"unit": ""}, ["unit"]),
        ({"dimensions": "url"}, ["dimensions"]),
        ({"dimensions": ["mood"]}, ["dimensions", "0"]),
        ({"dimensions": ["url", "user.plan"]}, ["dimensions", "1"]),
        ({"dimensions": ["url", "url"]}, ["dimensions"]),
        ({"dimensions": ["url", "referrer", "event_type", "properties.a"]}, ["dimensions"]),
        ({"dimensions": ["user_id"]}, ["dimensions", "0"]),
    ],
)
def test_what_is_wrong_is_named(ann, project, fields, path):
    answer = save(ann, project, **fields)
    assert answer.status_code == 422, answer.json
    errors = answer.json["errors"]["json"]
    for step in path:
        assert step in errors, answer.json
        errors = errors[step]
