"""/funnels: saved funnels, their versions and their templates."""

import copy

import pytest

STAGES = [
    {"order": 1, "name": "Page view", "event_type": "page_view", "filter": None},
    {"order": 2, "name": "Paid", "event_type": "purchase", "filter": {"properties.status": "completed"}},
]


@pytest.fixture
def project(ann):
    return ann.make_project()


def body(project, **fields):
    return {"project_id": project["id"], "name": "Purchase", "stages": copy.deepcopy(STAGES), **fields}


def test_a_funnel_comes_back_as_the_contract_shows_it(ann, project):
    answer = ann.post("/funnels", body(project, conversion_window={"value": 7, "unit": "day"}, description="D"))
    assert answer.status_code == 201
    funnel = answer.json
    assert set(funnel) == {
        *("id", "project_id", "name", "description", "is_active", "order", "conversion_window", "stages"),
        *("exclusions", "version", "created_at", "updated_at"),
    }
    assert funnel["stages"] == STAGES
    assert (funnel["order"], funnel["is_active"], funnel["version"]) == ("ordered", True, 1)
    assert funnel["conversion_window"] == {"value": 7, "unit": "day"}
    shown = ann.get(f"/funnels/{funnel['id']}")
    assert shown.json == funnel
    assert shown.headers["ETag"] == answer.headers["ETag"] == '"1"'
    assert ann.get(f"/funnels?project_id={project['id']}").json == [funnel]


def test_older_words_are_understood_and_never_written(ann, project):
    stages = [
        {"event": "page_view", "name": "Page view"},
        {"event": "purchase", "filters": [{"property": "properties.status", "operator": "eq", "value": "completed"}]},
    ]
    funnel = ann.post("/funnels", body(project, stages=stages)).json
    assert [stage["event_type"] for stage in funnel["stages"]] == ["page_view", "purchase"]
    assert [stage["order"] for stage in funnel["stages"]] == [1, 2]
    assert all(set(stage) == {"order", "name", "event_type", "filter"} for stage in funnel["stages"])
    assert funnel["stages"][1]["filter"] == stages[1]["filters"]


def test_what_get_gave_can_be_put_back_changed(ann, project):
    funnel = ann.post("/funnels", body(project)).json
    changed = funnel | {"name": "Renamed", "is_active": False}
    answer = ann.put(f"/funnels/{funnel['id']}", changed, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["is_active"], answer.json["version"]) == ("Renamed", False, 2)
    assert answer.json["stages"] == STAGES
    stale = ann.put(f"/funnels/{funnel['id']}", changed, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert ann.put(f"/funnels/{funnel['id']}", changed).status_code == 428


def test_the_policy_of_exclusions_is_kept_and_taken_back(ann, project):
    """It was read, checked and dropped: a saved funnel always counted by the default."""
    funnel = ann.post("/funnels", body(project, exclusion_policy="stop")).json
    assert funnel["exclusion_policy"] == "stop"
    without = {name: value for name, value in funnel.items() if name != "exclusion_policy"}
    answer = ann.put(f"/funnels/{funnel['id']}", without, headers={"If-Match": '"1"'})
    assert (answer.json["exclusion_policy"], answer.json["version"]) == ("leave", 2)
    assert ann.post(f"/funnels/{funnel['id']}/revert", {"version": 1}).json["exclusion_policy"] == "stop"


def test_a_funnel_stays_in_its_project(ann, project):
    funnel = ann.post("/funnels", body(project)).json
    other = ann.make_project()
    answer = ann.put(f"/funnels/{funnel['id']}", funnel | {"project_id": other["id"]}, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert answer.json["errors"] == {"json": {"project_id": ["Cannot be changed."]}}


def test_a_deleted_funnel_is_gone(ann, project):
    funnel = ann.post("/funnels", body(project)).json
    assert ann.delete(f"/funnels/{funnel['id']}", headers={"If-Match": '"5"'}).status_code == 412
    assert ann.delete(f"/funnels/{funnel['id']}").status_code == 204
    assert ann.get(f"/funnels/{funnel['id']}").status_code == 404
    assert ann.get("/funnels").json == []


def test_the_funnels_of_a_deleted_project_are_gone(ann, project):
    funnel = ann.post("/funnels", body(project)).json
    ann.delete(f"/projects/{project['id']}")
    assert ann.get(f"/funnels/{funnel['id']}").status_code == 404
    assert ann.get(f"/analytics/funnel/{funnel['id']}").status_code == 404
    assert ann.get("/funnels").json == []


def stages(count):
    return [{"order": order, "event_type": f"e{order}"} for order in range(1, count + 1)]


@pytest.mark.parametrize("count", [2, 20])
def test_two_to_twenty_stages_are_a_funnel(ann, project, count):
    assert ann.post("/funnels", body(project, stages=stages(count))).status_code == 201


BAD = [
    ({"stages": stages(1)}, ["stages"]),
    ({"stages": stages(21)}, ["stages"]),
    ({"stages": []}, ["stages"]),
    ({"stages": None}, ["stages"]),
    ({"stages": "page_view"}, ["stages"]),
    ({"stages": [1, 2]}, ["stages", "0"]),
    ({"stages": [{"order": 1, "event_type": "a"}, {"order": 3, "event_type": "b"}]}, ["stages", "1", "order"]),
    ({"stages": [{"order": 1, "event_type": "a"}, {"order": 1, "event_type": "b"}]}, ["stages", "1", "order"]),
    ({"stages": [{"order": 0, "event_type": "a"}, {"order": 1, "event_type": "b"}]}, ["stages", "0", "order"]),
    ({"stages": [{"event_type": "a"}, {"name": "no event type"}]}, ["stages", "1", "event_type"]),
    ({"stages": [{"event_type": "a"}, {"event_type": ""}]}, ["stages", "1", "event_type"]),
    ({"stages": [{"event_type": "a"}, {"event_type": "x" * 101}]}, ["stages", "1", "event_type"]),
    ({"stages": [{"event_type": "a"}, {"event_type": "a\u0000"}]}, ["stages", "1", "event_type"]),
    ({"stages": [{"event_type": "a"}, {"event_type": "b", "colour": "red"}]}, ["stages", "1", "colour"]),
    ({"stages": [{"event_type": "a", "filter": {"properties.x": {"like": 1}}}, STAGES[1]]}, ["stages", "0", "filter"]),
    ({"stages": [{"event_type": "a", "filter": {"password": 1}}, STAGES[1]]}, ["stages", "0", "filter"]),
    (
        {"stages": [{"event_type": "a", "filter": {"properties.x": {"regex": "(?=x)"}}}, STAGES[1]]},
        ["stages", "0", "filter"],
    ),
    ({"order": "sideways"}, ["order"]),
    ({"conversion_window": {"value": 0, "unit": "day"}}, ["conversion_window", "value"]),
    ({"conversion_window": {"value": 7, "unit": "moon"}}, ["conversion_window", "unit"]),
    ({"conversion_window": {"value": 7}}, ["conversion_window", "unit"]),
    ({"conversion_window": "7d"}, ["conversion_window"]),
    ({"exclusions": [{"event_type": "x", "from_stage": 2, "to_stage": 1}]}, ["exclusions", "0"]),
    ({"name": ""}, ["name"]),
    ({"name": "x" * 201}, ["name"]),
    ({"is_active": "maybe"}, ["is_active"]),
    ({"owner": "me"}, ["owner"]),
]


@pytest.mark.parametrize(("changed", "path"), BAD, ids=[f"{number}-{path[-1]}" for number, (_, path) in enumerate(BAD)])
def test_a_bad_funnel_names_its_field_and_leaves_nothing(ann, project, services, changed, path):
    seq = services.store.current().seq
    answer = ann.post("/funnels", body(project, **changed))
    assert answer.status_code == 422, answer.json
    errors = answer.json["errors"]["json"]
    for step in path:
        assert step in errors, answer.json
        errors = errors[step]
    assert services.store.current().seq == seq


def test_every_template_is_a_funnel(ann, project):
    templates = ann.get("/funnels/templates").json
    assert len(templates) >= 5
    for template in templates:
        fields = {name: template[name] for name in ("name", "description", "order", "conversion_window", "stages")}
        answer = ann.post("/funnels", {"project_id": project["id"], **fields})
        assert answer.status_code == 201, answer.json
