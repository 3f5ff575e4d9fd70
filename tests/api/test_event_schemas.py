"""/projects/{id}/schemas: what events must be, what becomes of those that are not, and what stored ones would."""

import json

import pytest

from iafa_api import clock
from iafa_api.metadata import saved
from iafa_api.metadata.bulk_revert import plan_bulk_revert
from tests.api.test_members import join
from tests.conftest import Person

AMOUNT = {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0}}, "required": ["amount"]}
GOOD, BAD = {"amount": 12.5}, {"amount": "12.5"}


@pytest.fixture
def project(ann):
    return ann.make_project()


def path_of(project, *rest):
    return "/".join((f"/projects/{project['id']}/schemas", *rest))


def make(person, project, schema=AMOUNT, event_type="buy", **fields):
    answer = person.post(path_of(project), {"event_type": event_type, "schema": schema, **fields})
    assert answer.status_code == 201, answer.json
    return answer.json


def change(person, project, made, **fields):
    headers = {"If-Match": f'"{made["version"]}"'}
    return person.put(path_of(project, made["id"]), fields, headers=headers)


def event(properties, event_type="buy", **more):
    return {"event_type": event_type, "user_id": "u", "properties": properties, **more}


def test_a_schema_is_saved_with_its_version_as_tag(ann, project):
    answer = ann.post(path_of(project), {"event_type": "buy", "schema": AMOUNT})
    made = answer.json
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    shown = {name: made[name] for name in ("event_type", "schema", "mode", "project_id", "version")}
    assert shown == {
        "event_type": "buy",
        "schema": AMOUNT,
        "mode": "observe",
        "project_id": project["id"],
        "version": 1,
    }
    one = ann.get(path_of(project, made["id"]))
    assert (one.json, one.headers["ETag"]) == (made, '"1"')
    other = make(ann, project, event_type="view")
    assert ann.get(path_of(project)).json == [made, other]
    assert ann.get(path_of(project) + "?event_type=view").json == [other]
    assert ann.get(path_of(project) + "?project_id=1").status_code == 422
    assert ann.get(path_of(ann.make_project())).json == []


def test_an_event_type_has_one_schema(ann, project):
    made = make(ann, project)
    taken = ann.post(path_of(project), {"event_type": "buy", "schema": {}})
    assert (taken.status_code, list(taken.json["errors"]["json"])) == (409, ["event_type"])
    assert ann.delete(path_of(project, made["id"])).status_code == 204
    make(ann, project)
    assert ann.post(path_of(project, made["id"], "undelete")).status_code == 409


def test_a_project_has_so_many_schemas_at_the_most(ann, project, monkeypatch):
    monkeypatch.setattr(saved, "SCHEMAS_MAX", 2)
    first = make(ann, project)
    make(ann, project, event_type="view")
    assert ann.post(path_of(project), {"event_type": "other", "schema": {}}).status_code == 422
    assert change(ann, project, first, mode="warn").status_code == 200


def test_what_is_sent_again_makes_no_second_schema(ann, project):
    body, headers = {"event_type": "buy", "schema": AMOUNT}, {"Idempotency-Key": "once"}
    answers = [ann.post(path_of(project), body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json


def test_a_change_needs_the_version_it_is_made_on_and_stays_with_its_type(ann, project):
    made = make(ann, project)
    path = path_of(project, made["id"])
    assert ann.put(path, made).status_code == 428
    assert ann.put(path, made, headers={"If-Match": '"7"'}).status_code == 412
    assert change(ann, project, made, event_type="view").status_code == 422
    assert change(ann, project, made, mode="loud").status_code == 422
    same = ann.put(path, made, headers={"If-Match": '"1"'})
    assert same.json == made, "what GET gave can be sent back, and changes nothing"
    changed = change(ann, project, made, mode="warn").json
    assert (changed["mode"], changed["schema"], changed["version"]) == ("warn", AMOUNT, 2)
    assert ann.delete(path, headers={"If-Match": '"1"'}).status_code == 412


def test_a_breaking_change_is_refused_with_what_breaks_unless_it_says_so(ann, project):
    made = make(ann, project)
    stricter = {
        "type": "object",
        "properties": {"amount": {"type": "integer", "minimum": 1}, "plan": {"enum": ["pro"]}},
        "required": ["amount", "plan"],
    }
    answer = change(ann, project, made, schema=stricter)
    assert answer.status_code == 422
    assert "breaking" in answer.json["message"]
    assert answer.json["errors"]["json"]["schema"] == {
        "required": ["A new required property: plan."],
        "properties": {
            "amount": {
                "type": ["Does not allow any more: number."],
                "minimum": ["Values below 1 were allowed."],
            },
            "plan": {"enum": ["Allows these values only; any was allowed."]},
        },
    }
    assert ann.get(path_of(project, made["id"])).json == made
    changed = change(ann, project, made, schema=stricter, breaking=True).json
    assert (changed["version"], changed["schema"]) == (2, stricter)
    looser = {"type": "object", "properties": {"amount": {"type": ["integer", "null"]}}}
    assert change(ann, project, changed, schema=looser).status_code == 200


def test_a_change_of_a_value_to_one_that_python_holds_for_equal_is_a_change(ann, project):
    made = make(ann, project, {"properties": {"a": {"enum": [1, 0]}}})
    changed = change(ann, project, made, schema={"properties": {"a": {"enum": [True, 0]}}}, breaking=True).json
    assert json.dumps(changed["schema"]) == '{"properties": {"a": {"enum": [true, 0]}}}'


def test_the_past_can_be_seen_and_brought_back_where_that_breaks_nothing(ann, project):
    made = make(ann, project)
    path = path_of(project, made["id"])
    moment = clock.format_time(clock.now_us())
    change(ann, project, made, schema={}, mode="warn")
    assert ann.get(f"{path}?version=1").json == ann.get(f"{path}?as_of={moment}").json == made
    assert ann.get(f"{path_of(project)}?as_of={moment}").json == [made]
    newest, _ = ann.get(f"{path}/history").json
    assert {"path": "mode", "from": "observe", "to": "warn"} in newest["changes"]
    dry = ann.post(f"{path}/revert", {"version": 1, "dry_run": True})
    assert (dry.status_code, len(dry.json["changes"])) == (202, 4)
    breaking = ann.post(f"{path}/revert", {"version": 1})
    assert (breaking.status_code, breaking.json["errors"]["json"]["schema"]["required"]) == (
        422,
        ["A new required property: amount."],
    )
    back = ann.post(f"{path}/revert", {"version": 1, "breaking": True}, headers={"If-Match": '"2"'}).json
    assert (back["schema"], back["mode"], back["version"]) == (AMOUNT, "observe", 3)
    assert ann.delete(path).status_code == 204
    assert ann.get(path).status_code == 404
    assert ann.post(f"{path}/undelete").json["version"] == 5
    assert ann.get(path).json["schema"] == AMOUNT


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"properties": {"a": {"type": "nubmer"}}}, ["properties", "a", "type"]),
        ({"properties": {"a": {"typ": "number"}}}, ["properties", "a", "typ"]),
        ({"properties": {"a": {"pattern": "(?=x)"}}}, ["properties", "a", "pattern"]),
        ({"patternProperties": {"(": {}}}, ["patternProperties", "("]),
        ({"properties": {"a": {"format": "regex"}}}, ["properties", "a", "format"]),
        ({"minProperties": -1}, ["minProperties"]),
        ({"$ref": "https://example.com/schema.json"}, ["$ref"]),
        ({"$ref": "file:///etc/passwd"}, ["$ref"]),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ["$schema"]),
    ],
)
def test_what_is_wrong_with_a_schema_is_told_by_its_place(ann, project, schema, place):
    for path in (path_of(project), path_of(project, "dry-run")):
        answer = ann.post(path, {"event_type": "buy", "schema": schema})
        assert answer.status_code == 422
        found = answer.json["errors"]["json"]["schema"]
        for name in place:
            found = found[name]
        assert isinstance(found, list)


def test_a_body_that_is_wrong_is_told_by_field(ann, project):
    for body, field in [
        ({"event_type": "a\u0001", "schema": {}}, "event_type"),
        ({"event_type": "", "schema": {}}, "event_type"),
        ({"event_type": "a", "schema": True}, "schema"),
        ({"event_type": "a"}, "schema"),
        ({"event_type": "a", "schema": {}, "mode": "x"}, "mode"),
        ({"event_type": "a", "schema": {}, "breaking": True}, "breaking"),
    ]:
        answer = ann.post(path_of(project), body)
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])
    assert ann.post(path_of(project, "dry-run"), {"event_type": "a", "schema": {}, "days": 0}).status_code == 422
    assert ann.get(path_of(project, "draft")).status_code == 422


def test_analysts_read_and_try_and_admins_change(ann, project):
    made = make(ann, project)
    analyst, viewer = join(ann, "analyst", "analyst"), join(ann, "viewer")
    path = path_of(project, made["id"])
    body = {"event_type": "buy", "schema": AMOUNT}
    for call in (
        lambda who: who.get(path_of(project)),
        lambda who: who.get(path),
        lambda who: who.get(f"{path}/history"),
        lambda who: who.get(path_of(project, "draft?event_type=buy")),
        lambda who: who.post(path_of(project, "dry-run"), body),
    ):
        assert (call(analyst).status_code, call(viewer).status_code) == (200, 403)
    for call in (
        lambda who: who.post(path_of(project), body),
        lambda who: who.put(path, {}, headers={"If-Match": '"1"'}),
        lambda who: who.post(f"{path}/revert", {"version": 1}),
        lambda who: who.post(f"{path}/undelete"),
        lambda who: who.delete(path),
    ):
        assert (call(analyst).status_code, call(viewer).status_code) == (403, 403)


def test_another_organisation_and_another_project_find_nothing(ann, bob, project):
    made = make(ann, project)
    own = ann.make_project()
    for person, where in ((bob, project), (bob, bob.make_project()), (ann, own)):
        path = path_of(where, made["id"])
        calls = [
            person.get(path),
            person.get(f"{path}?version=1"),
            person.get(f"{path}/history"),
            person.put(path, {}, headers={"If-Match": '"1"'}),
            person.delete(path),
            person.post(f"{path}/revert", {"version": 1}),
            person.post(f"{path}/undelete"),
        ]
        if where is project:
            calls += [
                person.get(path_of(where)),
                person.post(path_of(where), {"event_type": "x", "schema": {}}),
                person.post(path_of(where, "dry-run"), {"event_type": "x", "schema": {}}),
                person.get(path_of(where, "draft?event_type=x")),
            ]
        assert {answer.status_code for answer in calls} == {404}
    assert ann.get(path_of(project, made["id"])).json == made


def send(anybody, project, *events, batch=True):
    headers = {"X-API-Key": project["api_key"]}
    if batch:
        return anybody.post("/track/batch", {"events": list(events)}, headers=headers)
    return anybody.post("/track", events[0], headers=headers)


def failures(person, project):
    total = person.get(f"/projects/{project['id']}/data-quality").json["total"]
    return [
        (each["event_type"], each["schema_version"], each["rule"], each["events"]) for each in total["schema_failures"]
    ]


def test_observed_events_are_counted_once_by_type_version_and_rule(ann, anybody, project, flush):
    made = make(ann, project)
    bad = event(BAD, id="b1")
    for answer in (
        send(anybody, project, event(GOOD), bad, event({}), event(BAD, "view")),
        send(anybody, project, bad),
        send(anybody, project, event(BAD, id="b2"), batch=False),
    ):
        assert answer.status_code == 200
        assert "warnings" not in answer.json
    flush()
    assert failures(ann, project) == [("buy", 1, "type", 2), ("buy", 1, "required", 1)], "b1 was sent twice"
    change(ann, project, made, schema=AMOUNT | {"title": "v2"})
    send(anybody, project, bad, event({"amount": -1}, id="b3"))
    flush()
    assert ("buy", 2, "minimum", 1) in failures(ann, project)
    assert sum(count for *_, count in failures(ann, project)) == 4, "b1 was stored before the second version was"
    day = ann.get(f"/projects/{project['id']}/data-quality").json["days"][-1]
    assert sum(each["events"] for each in day["schema_failures"]) == 4


def test_a_warning_says_what_is_wrong_with_events_that_are_taken(ann, anybody, project, flush):
    make(ann, project, AMOUNT | {"additionalProperties": False}, mode="warn")
    answer = send(anybody, project, event(GOOD), {"event_type": ""}, event({"x": 1}, id="given"), event(BAD)).json
    assert (answer["accepted"], answer["rejected"], answer["errors"][0]["index"]) == (3, 1, 1)
    first, second = answer["warnings"]
    assert first == {
        "index": 2,
        "id": "given",
        "errors": {"properties.x": ["Unknown field."], "properties.amount": ["Missing data for required field."]},
    }
    assert (second["index"], list(second["errors"])) == (3, ["properties.amount"])
    assert "12.5" not in json.dumps(second["errors"]), "values are not repeated"
    found = ann.get(f"/projects/{project['id']}/events/{second['id']}")
    assert found.status_code == 200, "the id that a warning names is the stored event's"
    single = send(anybody, project, event(BAD), batch=False).json
    assert single["warnings"] == [{"index": 0, "id": single["id"], "errors": second["errors"]}]
    assert "warnings" not in send(anybody, project, event(GOOD), batch=False).json
    flush()
    assert sum(count for *_, count in failures(ann, project)) == 3


def test_no_more_than_a_hundred_warnings_are_told_and_all_are_counted(ann, anybody, project, flush):
    make(ann, project, mode="warn")
    answer = send(anybody, project, *[event(BAD) for _ in range(150)]).json
    assert (answer["accepted"], len(answer["warnings"])) == (150, 100)
    flush()
    assert failures(ann, project) == [("buy", 1, "type", 150)]


def test_quarantine_refuses_the_event_alone_and_keeps_it_with_its_errors(ann, anybody, project, flush):
    make(ann, project, mode="quarantine")
    answer = send(
        anybody, project, event(GOOD, id="g1"), event(BAD, id="b1", ip_address="10.1.2.3"), event(GOOD, "view", id="g2")
    ).json
    assert (answer["accepted"], answer["rejected"]) == (2, 1)
    assert (answer["errors"][0]["index"], answer["errors"][0]["id"]) == (1, "b1")
    assert list(answer["errors"][0]["errors"]) == ["properties.amount"]
    single = send(anybody, project, event(BAD, sent_at=clock.format_time(clock.now_us())), batch=False)
    assert (single.status_code, list(single.json["errors"]["json"])) == (422, ["properties.amount"])
    assert send(anybody, project, event(BAD, id="b3"), event({}, id="b4")).status_code == 422
    for _ in range(2):
        kept = ann.get(f"/projects/{project['id']}/quarantine?reason=schema").json
        assert {entry["event_id"] for entry in kept} == {"b1", None, "b3", "b4"}
        assert all(entry["errors"] for entry in kept)
        assert "10.1.2.3" not in json.dumps(kept)
        flush()
    stored = {each["id"] for each in ann.get(f"/projects/{project['id']}/events").json}
    assert stored == {"g1", "g2"}
    total = ann.get(f"/projects/{project['id']}/data-quality").json["total"]
    assert (total["accepted"], total["rejected"]) == (2, {"schema": 4})
    assert failures(ann, project) == [("buy", 1, "type", 3), ("buy", 1, "required", 1)]


def test_of_very_many_refused_events_the_first_hundred_are_worded_in_full(ann, anybody, project):
    make(ann, project, AMOUNT | {"additionalProperties": False}, mode="quarantine")
    answer = send(anybody, project, *[event({"x": 1}) for _ in range(130)], event(GOOD)).json
    assert (answer["accepted"], answer["rejected"], len(answer["errors"])) == (1, 130, 100)
    assert {len(each["errors"]) for each in answer["errors"]} == {2}
    kept = ann.get(f"/projects/{project['id']}/quarantine?page_size=100&page=1").json
    kept += ann.get(f"/projects/{project['id']}/quarantine?page_size=100&page=2").json
    assert sorted(len(each["errors"]) for each in kept) == [1] * 30 + [2] * 100


@pytest.mark.parametrize("fix", [{"schema": {}}, {"mode": "observe"}])
def test_what_was_refused_is_taken_after_the_schema_or_the_mode_is_mended(ann, anybody, project, flush, fix):
    made = make(ann, project, mode="quarantine")
    send(anybody, project, event(BAD, id="b1"), event(GOOD, id="g1"), event({"amount": [1]}, id="b2"))
    flush()
    replay = f"/projects/{project['id']}/quarantine/replay"
    still = ann.post(replay, {"reason": "schema"}).json
    assert (still["accepted"], still["rejected"]) == (0, {"schema": 2})
    assert change(ann, project, made, **fix).status_code == 200
    dry = ann.post(replay, {"reason": "schema", "dry_run": True}).json
    assert (dry["accepted"], dry["rejected"]) == (2, {})
    done = ann.post(replay, {"reason": "schema"}).json
    assert (done["accepted"], done["rejected"]) == (2, {})
    assert ann.get(f"/projects/{project['id']}/quarantine").json == []
    flush()
    assert {each["id"] for each in ann.get(f"/projects/{project['id']}/events").json} == {"b1", "b2", "g1"}
    counted = failures(ann, project)
    observed = [("buy", 2, "type", 2)] if "mode" in fix else []
    assert sorted(counted) == [("buy", 1, "type", 2), *observed], "a replay that is refused again is no new failure"


def test_the_next_event_is_checked_by_the_new_schema_in_every_worker(ann, project, make_app):
    workers = [Person(make_app()) for _ in range(2)]
    made = make(ann, project, {}, mode="quarantine")
    for version in range(2, 12):
        wanted = {"properties": {"amount": {"const": version}}}
        made = change(ann, project, made, schema=wanted, breaking=True).json
        for worker in workers:
            answer = send(worker, project, event({"amount": version}), event({"amount": version - 1})).json
            assert (answer["accepted"], answer["rejected"]) == (1, 1)
    ann.delete(path_of(project, made["id"]))
    assert [send(worker, project, event({"amount": 0})).json["rejected"] for worker in workers] == [0, 0]
    ann.post(path_of(project, made["id"], "undelete"))
    assert [send(worker, project, event({"amount": 0})).status_code for worker in workers] == [422, 422]


def test_a_dry_run_counts_what_would_fail_in_files_and_in_the_tail(ann, anybody, project, flush):
    events = [
        *[event({"amount": 1, "lines": [{"price": 1}]}, id=f"n{number}") for number in range(3)],
        *[
            event({"amount": "many", "lines": [{"price": 2}, {"price": "x"}, {}]}, id=f"b{number}")
            for number in range(7)
        ],
        event({"amount": None}, id="null"),
        event({}, "view", id="other"),
    ]
    price = {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]}
    schema = {"properties": {"amount": {"type": "string"}, "lines": {"type": "array", "items": price}}}
    send(anybody, project, *events[:5])
    flush()
    send(anybody, project, *events[5:])
    answer = ann.post(path_of(project, "dry-run"), {"event_type": "buy", "schema": schema})
    found = answer.json
    assert (found["checked"], found["passing"], found["failing"], found["undecided"]) == (11, 0, 8, 3)
    assert found["sample"] is None
    by_rule = {(each["place"], each["rule"]): each["events"] for each in found["failures"]}
    assert by_rule == {
        ("properties.lines.*.price", "type"): 7,
        ("properties.lines.*.price", "required"): 7,
        ("properties.amount", "type"): 1,
    }
    [some] = [each["examples"] for each in found["failures"] if each["events"] == 1]
    assert some == ["null"]
    assert all(len(each["examples"]) == 5 for each in found["failures"] if each["events"] == 7)
    assert [(each["place"], each["events"]) for each in found["ambiguous"]] == [
        ("properties.amount", 3),
        ("properties.lines", 3),
    ]
    assert ann.get(path_of(project)).json == []


def test_a_dry_run_looks_at_a_sample_only_where_that_is_asked_for(ann, anybody, project):
    old = clock.format_time(clock.now_us() - 8 * 86_400_000_000)
    send(anybody, project, *[event({"a": "x"}, id=str(number)) for number in range(20)], event({}, timestamp=old))
    body = {"event_type": "buy", "schema": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}}
    found = ann.post(path_of(project, "dry-run"), body | {"sample": 6}).json
    assert (found["checked"], found["failing"], found["sample"]) == (6, 6, {"size": 6, "of": 20})
    again = ann.post(path_of(project, "dry-run"), body | {"sample": 6}).json
    assert again["failures"][0]["events"] == 6
    assert ann.post(path_of(project, "dry-run"), body).json["checked"] == 20
    assert ann.post(path_of(project, "dry-run"), body | {"days": 9}).json["checked"] == 21


def test_a_dry_run_that_takes_too_long_is_ended(ann, anybody, project, make_app):
    send(anybody, project, event(GOOD))
    late = Person(make_app(query_timeout=0.0), ann.token)
    answer = late.post(path_of(project, "dry-run"), {"event_type": "buy", "schema": AMOUNT})
    assert answer.status_code == 503


def test_a_draft_is_what_was_seen_and_can_be_posted(ann, anybody, project, flush):
    shown = {"plan": "pro", "amount": 1, "price": 2.5, "ok": True, "tags": ["a"], "more": {"a": 1}, "note": None}
    events = [
        event(shown | {"plan": ("pro", "free")[number % 2], "free_text": f"text {number}"}) for number in range(30)
    ]
    events.append(event(shown | {"amount": 1.5, "note": "x", "free_text": "7"}))
    send(anybody, project, *events[:20])
    flush()
    send(anybody, project, *events[20:], event({"amount": "x"}, "view"))
    draft = ann.get(path_of(project, "draft?event_type=buy")).json
    assert draft["schema"]["properties"] == {
        "amount": {"type": "number"},
        "free_text": {"type": ["integer", "string"]},
        "more": {"type": "object"},
        "note": {"type": ["null", "string"]},
        "ok": {"type": "boolean"},
        "plan": {"type": "string", "enum": ["free", "pro"]},
        "price": {"type": "number"},
        "tags": {"type": "array"},
    }
    assert sorted(draft["schema"]["required"]) == sorted(draft["schema"]["properties"])
    assert draft["seen"]["events"] == 31
    [amount] = [each for each in draft["seen"]["properties"] if each["name"] == "amount"]
    assert amount == {"name": "amount", "events": 31, "types": {"integer": 30, "number": 1}}
    made = ann.post(path_of(project), draft)
    assert (made.status_code, made.json["mode"], made.json["schema"]) == (201, "observe", draft["schema"])
    dry = ann.post(path_of(project, "dry-run"), {"event_type": "buy", "schema": draft["schema"]}).json
    assert (dry["checked"], dry["failing"]) == (31, 0)
    nothing = ann.get(path_of(project, "draft?event_type=none")).json
    assert (nothing["schema"], nothing["seen"]["events"]) == ({"type": "object", "properties": {}}, 0)


def test_a_draft_of_very_much_is_still_a_schema(ann, anybody, project):
    wide = {f"property number {number:080}": f"{'v' * 80} {number % 19}" for number in range(210)}
    send(
        anybody, project, *[event({name: f"{value}{turn % 15}" for name, value in wide.items()}) for turn in range(150)]
    )
    draft = ann.get(path_of(project, "draft?event_type=buy")).json
    assert (len(draft["schema"]["properties"]), draft["seen"]["has_more"]) == (200, True)
    assert {json.dumps(rules) for rules in draft["schema"]["properties"].values()} == {'{"type": "string"}'}
    assert ann.post(path_of(project), draft).status_code == 201


def test_the_other_doors_check_by_the_same_schemas(ann, anybody, project):
    make(ann, project, mode="quarantine")
    one = {"eventType": "buy", "userId": "u", "properties": BAD}
    refused = anybody.call("POST", "//v1/events", one, headers={"X-API-Key": project["api_key"]})
    assert refused.status_code == 422, refused.json
    assert [entry["reason"] for entry in ann.get(f"/projects/{project['id']}/quarantine").json] == ["schema"]


def test_the_operators_revert_breaks_no_schema(ann, project, services):
    made = make(ann, project)
    moment = clock.format_time(clock.now_us())
    change(ann, project, made, schema={})
    state = services.store.current()
    then = services.timeline.state_at(services.timeline.seq_at(moment))
    [plan] = plan_bulk_revert(state, then, ["schema-*"])
    assert (plan.events, plan.why[:8]) == ((), "Breaking")
