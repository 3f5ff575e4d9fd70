"""/reports: what may be saved, and what a report answers."""

import pytest

from iafa_api import clock
from iafa_api.analytics.receipts import is_genuine
from tests.api.test_identities import join

DAY = "2026-01-10"
STAGES = [{"event_type": "view"}, {"event_type": "buy"}]
QUESTIONS = {
    "funnel": {"stages": STAGES, "conversion_window": {"value": 7, "unit": "day"}, "breakdown": None},
    "retention": {"cohort_event": {"event_type": "view"}, "return_event": {"event_type": "buy"}, "periods": 3},
    "lifecycle": {"event": {"event_type": "view"}, "interval": "day"},
    "stickiness": {"event": {"event_type": None}, "interval": "day"},
    "sessions": {"gap_minutes": 20, "interval": "day"},
    "paths": {"item": "event_type"},
    "trends": {"series": [{"event_type": "view", "measure": "users"}, {"event_type": "buy"}], "formulas": ["B / A"]},
}


@pytest.fixture
def project(ann):
    made = ann.make_project(retention_days=0)
    events = [
        {"event_type": "view", "user_id": "u1", "timestamp": f"{DAY}T10:00:00Z"},
        {"event_type": "view", "user_id": "u2", "timestamp": f"{DAY}T11:00:00Z"},
        {"event_type": "buy", "user_id": "u1", "timestamp": f"{DAY}T12:00:00Z"},
        {"event_type": "view", "user_id": "u3", "timestamp": "2026-01-12T12:00:00Z"},
    ]
    assert ann.track(made["api_key"], *events).json["accepted"] == 4
    return made


def save(person, project, kind="funnel", **question):
    body = {"project_id": project["id"], "name": "One", "kind": kind, "question": QUESTIONS[kind] | question}
    return person.post("/reports", body)


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_report_answers_what_its_question_answers(ann, project, services, kind):
    report = save(ann, project, kind).json
    ranged = {"last_period_contains": DAY} if kind == "retention" else {"start_date": DAY, "end_date": DAY}
    named = {"end_date": DAY} if kind == "retention" else ranged
    asked = ann.post(f"/analytics/{kind}", {"project_id": project["id"], **QUESTIONS[kind], **ranged}).json
    answer = ann.get(f"/reports/{report['id']}/answer", query_string=named)
    assert answer.status_code == 200, answer.json
    found = answer.json
    receipt = found.pop("receipt")
    assert found == {name: value for name, value in asked.items() if name != "receipt"}
    assert (receipt["question"]["report_id"], receipt["question"]["report_version"]) == (report["id"], 1)
    assert (receipt["question"]["kind"], receipt["events"]) == (kind, asked["receipt"]["events"])
    assert is_genuine(receipt, services.secret_key)


def test_a_metric_is_a_report_as_well(ann, project):
    question = {"name": "events", "granularity": "day", "dimension": "event_type", "start_time": "2026-01-09"}
    body = {"project_id": project["id"], "name": "M", "kind": "metric", "question": question}
    report = ann.post("/reports", body).json
    answer = ann.get(f"/reports/{report['id']}/answer?end_date={DAY}").json
    asked = {name: value for name, value in question.items() if name != "name"}
    direct = ann.get("/metrics/events", query_string={"project_id": project["id"], "end_time": DAY, **asked}).json
    assert answer["receipt"]["question"].pop("report_id") == report["id"]
    assert {**answer, "receipt": 0} == {**direct, "receipt": 0}
    assert answer["total"] == 3
    own = {"project_id": project["id"], "name": "Views", "event_type": "view", "measure": "users"}
    assert ann.post("/metric-definitions", own).status_code == 201
    report = ann.post("/reports", body | {"question": question | {"name": "Views"}}).json
    assert ann.get(f"/reports/{report['id']}/answer?end_date={DAY}").json["total"] == 2
    for wrong, field in (({"name": "luck"}, "name"), ({"granularity": "moon"}, "granularity"), ({"x": 1}, "x")):
        refused = ann.post("/reports", body | {"question": question | wrong})
        assert (refused.status_code, list(refused.json["errors"]["json"]["question"])) == (422, [field])


def test_a_report_answers_for_its_own_range_unless_another_is_named(ann, project):
    report = save(ann, project, start_date=DAY, end_date=DAY).json
    path = f"/reports/{report['id']}/answer"
    assert [stage["users"] for stage in ann.get(path).json["stages"]] == [2, 1]
    assert ann.get(f"{path}?end_date=2026-01-12").json["date_range"] == {"start": DAY, "end": "2026-01-12"}
    assert [stage["users"] for stage in ann.get(f"{path}?end_date=2026-01-12").json["stages"]] == [3, 1]
    assert ann.get(f"{path}?end_date=soon").json["errors"]["query"]["end_date"]
    assert ann.get(f"{path}?to=2026-01-12").json["errors"]["query"] == {"to": ["Unknown field."]}


@pytest.mark.parametrize("kind", sorted(QUESTIONS.keys() - {"retention"}))
def test_a_report_of_the_last_days_keeps_them_as_days(ann, project, kind):
    report = save(ann, project, kind, start_date="2d").json
    assert report["question"]["start_date"] == "2d"  # and not the day that it was on when it was saved
    for end, start in (("2026-01-10", "2026-01-09"), ("2026-01-12", "2026-01-11")):
        answer = ann.get(f"/reports/{report['id']}/answer?end_date={end}").json
        assert answer["date_range"] == {"start": start, "end": end}


def test_retention_goes_back_from_the_end_that_is_named(ann, project):
    report = save(ann, project, "retention").json
    path = f"/reports/{report['id']}/answer"
    assert ann.get(f"{path}?end_date=2026-01-12").json["periods"] == [DAY, "2026-01-11", "2026-01-12"]
    assert list(ann.get(f"{path}?start_date={DAY}").json["errors"]["query"]) == ["start_date"]


def test_an_older_version_answers_as_it_was(ann, project):
    report = save(ann, project, start_date=DAY, end_date=DAY).json
    moment = clock.format_time(clock.now_us())
    question = report["question"] | {"stages": STAGES[:1]}
    ann.put(f"/reports/{report['id']}", report | {"question": question}, headers={"If-Match": '"1"'})
    path = f"/reports/{report['id']}/answer"
    assert len(ann.get(path).json["stages"]) == 1
    for past in ("version=1", f"as_of={moment}"):
        answer = ann.get(f"{path}?{past}").json
        assert (len(answer["stages"]), answer["receipt"]["question"]["report_version"]) == (2, 1)


def test_a_report_can_be_asked_who_was_whom_then(ann, project):
    report = save(ann, project, start_date=DAY, end_date=DAY).json
    path = f"/reports/{report['id']}/answer"
    before = clock.format_time(clock.now_us())
    join(ann, project, "alias", previous_id="u2", user_id="u1")
    assert [stage["users"] for stage in ann.get(path).json["stages"]] == [1, 1]
    past = ann.get(f"{path}?identities_as_of={before}").json
    assert [stage["users"] for stage in past["stages"]] == [2, 1]
    assert past["receipt"]["question"]["identities_as_of"] == before
    metric = {"project_id": project["id"], "name": "M", "kind": "metric", "question": {"name": "events"}}
    refused = ann.get(f"/reports/{ann.post('/reports', metric).json['id']}/answer?identities_as_of={before}")
    assert (refused.status_code, list(refused.json["errors"]["query"])) == (422, ["identities_as_of"])


def test_a_report_is_answered_as_a_table_too(ann, project):
    report = save(ann, project, start_date=DAY, end_date=DAY).json
    answer = ann.get(f"/reports/{report['id']}/answer", headers={"Accept": "text/csv"})
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines()[1].startswith("view,1,2,")


def test_the_read_key_of_its_project_may_ask_and_no_other(ann, bob, anybody, project):
    report = save(ann, project).json
    path = f"/reports/{report['id']}/answer"

    def key_of(person, project):
        return person.post(f"/projects/{project['id']}/api-keys", {"name": "R", "kind": "read"}).json["api_key"]

    assert anybody.get(path, headers={"X-API-Key": key_of(ann, project)}).status_code == 200
    assert anybody.get(path, headers={"X-API-Key": key_of(ann, ann.make_project())}).status_code == 404
    assert anybody.get(path, headers={"X-API-Key": key_of(bob, bob.make_project())}).status_code == 404
    assert anybody.get(path).status_code == 401
    assert bob.get(path).status_code == 404


def test_a_question_is_stored_in_one_form(ann, project):
    report = save(ann, project, stages=[{"event": "view"}, {"event": "buy", "filters": []}]).json
    assert report["question"]["stages"] == [
        {"order": 1, "name": "view", "event_type": "view", "filter": None},
        {"order": 2, "name": "buy", "event_type": "buy", "filter": []},
    ]


BAD = [
    ("funnel", {"stages": []}, ["question", "stages"]),
    ("funnel", {"stages": [{"event_type": "a", "colour": "red"}]}, ["question", "stages", "0", "colour"]),
    ("funnel", {"stages": [{"event_type": "a", "filter": {"x": 1}}]}, ["question", "stages", "0", "filter", "x"]),
    ("funnel", {"interval": "moon"}, ["question", "interval"]),
    ("funnel", {"filter": {"url": {"regex": "(?=x)"}}}, ["question", "filter", "url"]),
    ("funnel", {"start_date": "2026-02-01", "end_date": DAY}, ["question", "end_date"]),
    ("funnel", {"project_id": "p"}, ["question", "project_id"]),
    ("funnel", {"timezone": "Mars/Base"}, ["question", "timezone"]),
    ("funnel", {"period": 1}, ["question", "period"]),
    ("retention", {"periods": 0}, ["question", "periods"]),
    ("retention", {"cohort_event": {}}, ["question", "cohort_event", "event_type"]),
    ("lifecycle", {"event": {"event_type": "a", "filter": {"url": {"regex": "["}}}}, ["question", "event", "filter"]),
    ("trends", {"series": [{"event_type": "a", "measure": "luck"}] * 2}, ["question", "series", "0", "measure"]),
    ("trends", {"formulas": ["A / Z"]}, ["question", "formulas", "0"]),
    ("sessions", {"gap_minutes": 0}, ["question", "gap_minutes"]),
    ("paths", {"item": "moon"}, ["question", "item"]),
    ("stickiness", {"criteria": {"operator": "like", "value": 1}}, ["question", "criteria", "operator"]),
]


@pytest.mark.parametrize(("kind", "question", "path"), BAD, ids=[f"{kind}-{path[-1]}" for kind, _, path in BAD])
def test_a_question_that_could_not_be_answered_is_not_saved(ann, project, kind, question, path):
    answer = save(ann, project, kind, **question)
    assert answer.status_code == 422, answer.json
    errors = answer.json["errors"]["json"]
    for step in path:
        assert step in errors, answer.json
        errors = errors[step]
    assert ann.get("/reports").json == []


def test_an_unknown_kind_is_named(ann, project):
    body = {"project_id": project["id"], "name": "One", "kind": "horoscope", "question": {}}
    assert list(ann.post("/reports", body).json["errors"]["json"]) == ["kind"]
    assert list(ann.post("/reports", body | {"kind": ["funnel"]}).json["errors"]["json"]) == ["kind"]
