"""/analytics/retention, /lifecycle and /stickiness: shapes, options, tables, and what cannot be asked."""

import csv
import io

import pytest

from iafa_api.analytics.receipts import is_genuine

EVENTS = [  # user, type, day of January, plan
    ("ann", "view", 5, "free"),
    ("ann", "buy", 6, "free"),
    ("ann", "view", 7, "pro"),
    ("bob", "view", 5, None),
    ("bob", "view", 7, None),
    ("cid", "view", 6, "pro"),
    ("cid", "view", 6, "pro"),
    ("dan", "view", 1, "pro"),
    ("dan", "view", 6, "pro"),
]
VIEW = {"event_type": "view"}
WEEK = {"start_date": "2026-01-05", "end_date": "2026-01-07"}
RETENTION = {"cohort_event": VIEW, "return_event": VIEW, "periods": 3, "last_period_contains": "2026-01-07"}


@pytest.fixture
def project(ann):
    project = ann.make_project(retention_days=0)
    events = [
        {
            "user_id": user,
            "event_type": event_type,
            "timestamp": f"2026-01-{day:02}T12:00:00Z",
            "session_id": f"{user}{day}",
            "properties": {"plan": plan},
        }
        for user, event_type, day, plan in EVENTS
    ]
    assert ann.track(project["api_key"], *events).json["accepted"] == len(events)
    return project


def ask(ann, project, name, question, **more):
    answer = ann.post(f"/analytics/{name}", {"project_id": project["id"], **question}, **more)
    assert answer.status_code == 200, answer.json
    return answer


def test_retention_has_the_shape_of_the_contract(ann, project, services):
    answer = ask(ann, project, "retention", RETENTION).json
    receipt = answer.pop("receipt")
    assert answer == {
        "periods": ["2026-01-05", "2026-01-06", "2026-01-07"],
        "matrix": [[2, 0, 2], [2, 0], [2]],
        "rates": [[100.0, 0.0, 100.0], [100.0, 0.0], [100.0]],
        "weighted_average": [100.0, 0.0, 100.0],
        "incomplete": [False, False, False],
    }
    assert is_genuine(receipt, services.secret_key)
    assert receipt["events"] == 8
    asked = receipt["question"]
    assert (asked["kind"], asked["interval"], asked["cohort_rule"]) == ("retention", "day", "recurring")
    assert (asked["timezone"], asked["week_start"]) == ("UTC", "monday")


def test_an_empty_cohort_has_no_rate_and_a_column_of_nothing_no_average(ann, project):
    answer = ask(ann, project, "retention", {**RETENTION, "last_period_contains": "2025-06-01"}).json
    assert answer["matrix"] == [[0, 0, 0], [0, 0], [0]]
    assert answer["rates"] == [[None, None, None], [None, None], [None]]
    assert answer["weighted_average"] == [None, None, None]


def test_cohorts_of_first_times_look_at_all_history_and_those_of_the_range_do_not(ann, project):
    answer = ask(ann, project, "retention", {**RETENTION, "cohort_rule": "first_time"}).json
    assert answer["matrix"] == [[2, 0, 2], [1, 0], [0]]
    assert answer["receipt"]["events"] == 9
    answer = ask(ann, project, "retention", {**RETENTION, "cohort_rule": "first_in_range"}).json
    assert answer["matrix"] == [[2, 0, 2], [2, 0], [0]]


def test_the_filter_restricts_all_history_too(ann, project):
    pro = {**RETENTION, "cohort_rule": "first_time", "filter": {"properties.plan": "pro"}}
    assert ask(ann, project, "retention", pro).json["matrix"] == [[0, 0, 0], [1, 0], [1]]


def test_a_return_may_be_another_event_and_may_have_to_happen_more_than_once(ann, project):
    bought = {**RETENTION, "return_event": {"event_type": "buy"}}
    assert ask(ann, project, "retention", bought).json["matrix"] == [[2, 1, 0], [2, 0], [2]]
    twice = {**RETENTION, "minimum_occurrences": 2}
    assert ask(ann, project, "retention", twice).json["matrix"] == [[2, 0, 0], [2, 0], [2]]
    later = {**RETENTION, "cumulative": True}
    assert ask(ann, project, "retention", later).json["matrix"] == [[2, 2, 2], [2, 0], [2]]


def test_a_breakdown_is_by_the_first_cohort_event_shown_and_adds_up(ann, project):
    asked = {**RETENTION, "breakdown": {"properties": ["properties.plan"]}}
    answer = ask(ann, project, "retention", asked).json
    assert [(row["value"], row["matrix"]) for row in answer["breakdown"]] == [
        (["pro"], [[0, 0, 0], [2, 0], [0]]),
        ([""], [[1, 0, 1], [0, 0], [1]]),
        (["free"], [[1, 0, 1], [0, 0], [1]]),
    ]
    assert answer["breakdown"][0]["rates"] == [[None, None, None], [100.0, 0.0], [None]]
    asked["breakdown"]["limit"] = 1
    limited = ask(ann, project, "retention", asked).json
    assert [row["value"] for row in limited["breakdown"]] == [["pro"], ["$other"]]
    assert limited["breakdown"][1]["matrix"] == [[2, 0, 2], [0, 0], [2]]


def test_a_breakdown_by_a_trait_is_by_what_the_person_is_now(ann, project):
    for user, team in (("ann", "red"), ("bob", "red"), ("cid", "blue")):
        said = {"user_id": user, "traits": {"team": team}}
        assert ann.post("/identify", said, headers={"X-API-Key": project["api_key"]}).status_code == 200
    asked = {**RETENTION, "breakdown": {"properties": ["user.team"]}}
    rows = ask(ann, project, "retention", asked).json["breakdown"]
    assert [row["value"] for row in rows] == [["red"], [""], ["blue"]]
    only = {**RETENTION, "filter": {"user.team": "red"}}
    assert ask(ann, project, "retention", only).json["matrix"] == [[2, 0, 2], [0, 0], [2]]


def test_a_period_that_is_not_over_is_marked_and_does_not_weigh(ann):
    project = ann.make_project()
    ann.track(project["api_key"], {"user_id": "ann", "event_type": "view"})
    answer = ask(ann, project, "retention", {"cohort_event": VIEW, "return_event": VIEW, "periods": 2}).json
    assert answer["incomplete"] == [False, True]
    assert answer["matrix"] == [[0, 0], [1]]
    assert answer["weighted_average"] == [None, None]
    hours = {"cohort_event": VIEW, "return_event": VIEW, "periods": 24, "interval": "hour"}
    answer = ask(ann, project, "retention", hours).json
    assert answer["periods"][0][10:] == "T00:00:00+00:00"
    assert answer["periods"][-1][10:] == "T23:00:00+00:00"
    assert answer["incomplete"][-1]
    assert sum(row[0] for row in answer["matrix"]) == 1


def test_the_last_period_may_be_named_by_a_time(ann, project):
    hours = {**RETENTION, "interval": "hour", "periods": 2, "last_period_contains": "2026-01-06T13:20:00"}
    answer = ask(ann, project, "retention", hours | {"timezone": "Europe/Berlin"}).json
    assert answer["periods"] == ["2026-01-06T12:00:00+01:00", "2026-01-06T13:00:00+01:00"]
    assert answer["matrix"] == [[0, 0], [2]]


def test_lifecycle_has_the_shape_of_the_contract(ann, project):
    answer = ask(ann, project, "lifecycle", {"event": VIEW, **WEEK}).json
    assert answer.pop("receipt")["events"] == 9
    assert answer == {
        "date_range": {"start": "2026-01-05", "end": "2026-01-07"},
        "periods": ["2026-01-05", "2026-01-06", "2026-01-07"],
        "new": [2, 1, 0],
        "returning": [0, 0, 0],
        "resurrecting": [0, 1, 2],
        "dormant": [0, -2, -2],
    }


def test_lifecycle_widens_the_range_to_whole_periods(ann, project):
    asked = {"event": VIEW, "interval": "week", "start_date": "2026-01-07", "end_date": "2026-01-07"}
    answer = ask(ann, project, "lifecycle", asked).json
    assert (answer["periods"], answer["new"], answer["returning"]) == (["2026-01-05"], [3], [1])
    ann.put(f"/projects/{project['id']}", {"name": "P", "week_start": "sunday"}, headers={"If-Match": '"1"'})
    assert ask(ann, project, "lifecycle", asked).json["periods"] == ["2026-01-04"]


def test_sessions_and_values_can_be_counted_in_place_of_users(ann, project):
    asked = {"event": VIEW, **WEEK}
    sessions = ask(ann, project, "lifecycle", {**asked, "count_by": "sessions"}).json
    assert (sessions["new"], sessions["dormant"]) == ([2, 2, 2], [0, -2, -2])
    plans = ask(ann, project, "lifecycle", {**asked, "count_by": "properties.plan"}).json
    assert (plans["new"], plans["returning"], plans["resurrecting"]) == ([1, 0, 0], [0, 0, 1], [0, 1, 0])


def test_stickiness_has_the_shape_of_the_contract(ann, project):
    answer = ask(ann, project, "stickiness", {"event": VIEW, **WEEK}).json
    assert answer.pop("receipt")["events"] == 8
    assert answer == {
        "date_range": {"start": "2026-01-05", "end": "2026-01-07"},
        "data": [2, 2, 0],
        "persons": 4,
    }


def test_stickiness_has_criteria_and_joined_periods(ann, project):
    asked = {"event": VIEW, **WEEK}
    twice = {**asked, "criteria": {"operator": "gte", "value": 2}}
    answer = ask(ann, project, "stickiness", twice).json
    assert (answer["data"], answer["persons"]) == ([1, 0, 0], 1)
    joined = {**asked, "period_length": 2, "cumulative": True}
    assert ask(ann, project, "stickiness", joined).json["data"] == [4, 2]


def test_a_range_that_the_clock_left_out_has_no_periods(ann, project):
    skipped = {"event": VIEW, "start_date": "2011-12-30", "end_date": "2011-12-30", "timezone": "Pacific/Apia"}
    answer = ask(ann, project, "lifecycle", skipped).json
    assert (answer["periods"], answer["new"]) == ([], [])
    answer = ask(ann, project, "stickiness", skipped).json
    assert (answer["data"], answer["persons"]) == ([], 0)


def test_flushed_and_waiting_events_answer_alike(ann, project, flush):
    asked = {**RETENTION, "cohort_rule": "first_time"}
    before = ask(ann, project, "retention", asked).json
    flush()
    after = ask(ann, project, "retention", asked).json
    assert before.pop("receipt")["files"] == 0 < after.pop("receipt")["files"]
    assert before == after


def rows(answer):
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text)))


def test_each_answer_is_a_table_where_csv_is_asked_for(ann, project):
    csv_please = {"headers": {"Accept": "text/csv"}}
    asked = {**RETENTION, "periods": 2, "last_period_contains": "2026-01-06"}
    assert rows(ask(ann, project, "retention", asked, **csv_please)) == [
        ["cohort", "periods_later", "period", "persons", "rate", "incomplete"],
        ["2026-01-05", "0", "2026-01-05", "2", "100.0", "False"],
        ["2026-01-05", "1", "2026-01-06", "0", "0.0", "False"],
        ["2026-01-06", "0", "2026-01-06", "2", "100.0", "False"],
    ]
    asked["breakdown"] = {"properties": ["properties.plan", "event_type"], "limit": 1}
    table = rows(ask(ann, project, "retention", asked, **csv_please))
    assert table[0][:3] == ["properties.plan", "event_type", "cohort"]
    assert [row[:2] for row in table[1:]] == [["pro", "view"]] * 3 + [["$other", ""]] * 3
    assert rows(ask(ann, project, "lifecycle", {"event": VIEW, **WEEK}, **csv_please))[:2] == [
        ["period", "new", "returning", "resurrecting", "dormant"],
        ["2026-01-05", "2", "0", "0", "0"],
    ]
    assert rows(ask(ann, project, "stickiness", {"event": VIEW, **WEEK}, **csv_please))[:2] == [
        ["periods", "persons"],
        ["1", "2"],
    ]


LIFECYCLE = {"event": VIEW}
BAD = [
    ("retention", RETENTION, {"cohort_event": None}, ["cohort_event"]),
    ("retention", RETENTION, {"return_event": {"filter": {}}}, ["return_event", "event_type"]),
    ("retention", RETENTION, {"cohort_event": {"event_type": ""}}, ["cohort_event", "event_type"]),
    ("retention", RETENTION, {"cohort_event": {"event_type": "a", "filter": {"x": 1}}}, ["cohort_event", "filter"]),
    ("retention", RETENTION, {"cohort_rule": "sometimes"}, ["cohort_rule"]),
    ("retention", RETENTION, {"interval": "quarter"}, ["interval"]),
    ("retention", RETENTION, {"periods": 0}, ["periods"]),
    ("retention", RETENTION, {"periods": 401}, ["periods"]),
    ("retention", RETENTION, {"periods": 400, "breakdown": {"properties": ["user.a"]}}, ["periods"]),
    ("retention", RETENTION, {"minimum_occurrences": 0}, ["minimum_occurrences"]),
    ("retention", RETENTION, {"last_period_contains": "yesterday"}, ["last_period_contains"]),
    ("retention", RETENTION, {"last_period_contains": "0001-01-01"}, ["interval"]),
    ("retention", RETENTION, {"timezone": "Mars/Olympus"}, ["timezone"]),
    ("retention", RETENTION, {"cumulative": "perhaps"}, ["cumulative"]),
    ("retention", RETENTION, {"breakdown": {"properties": []}}, ["breakdown", "properties"]),
    ("retention", RETENTION, {"breakdown": {"properties": ["password"]}}, ["breakdown", "properties", "0"]),
    ("retention", RETENTION, {"count_by": "tables"}, ["count_by"]),
    ("retention", RETENTION, {"filter": {"properties.a": {"regex": "("}}}, ["filter"]),
    ("retention", RETENTION, {"start_date": "2026-01-01"}, ["start_date"]),
    ("lifecycle", LIFECYCLE, {"event": None}, ["event"]),
    ("lifecycle", LIFECYCLE, {"interval": "hour", "start_date": "2020-01-01"}, ["interval"]),
    ("lifecycle", LIFECYCLE, {"end_date": "2026-02-30"}, ["end_date"]),
    ("lifecycle", LIFECYCLE, {"count_by": "properties."}, ["count_by"]),
    ("stickiness", LIFECYCLE, {"period_length": 0}, ["period_length"]),
    ("stickiness", LIFECYCLE, {"criteria": {"operator": "gte"}}, ["criteria", "value"]),
    ("stickiness", LIFECYCLE, {"criteria": {"operator": "in", "value": 1}}, ["criteria", "operator"]),
    ("stickiness", LIFECYCLE, {"criteria": {"operator": "gte", "value": -1}}, ["criteria", "value"]),
]


@pytest.mark.parametrize(("name", "question", "changed", "path"), BAD, ids=[f"{n}-{b[0]}" for n, b in enumerate(BAD)])
def test_a_bad_question_names_its_field(ann, project, name, question, changed, path):
    answer = ann.post(f"/analytics/{name}", {"project_id": project["id"], **question, **changed})
    assert answer.status_code == 422, answer.json
    errors = answer.json["errors"]["json"]
    for step in path:
        assert list(errors) == [step]
        errors = errors[step]


@pytest.mark.parametrize("name", ["retention", "lifecycle", "stickiness"])
def test_what_belongs_to_another_organisation_is_not_found(ann, bob, project, name):
    question = {"project_id": project["id"], **(RETENTION if name == "retention" else LIFECYCLE)}
    assert bob.post(f"/analytics/{name}", question).status_code == 404


@pytest.mark.parametrize("name", ["retention", "lifecycle", "stickiness"])
def test_a_read_key_asks_about_its_project(ann, anybody, project, name):
    key = ann.post(f"/projects/{project['id']}/api-keys", {"name": "R", "kind": "read"}).json["api_key"]
    question = RETENTION if name == "retention" else LIFECYCLE
    assert anybody.post(f"/analytics/{name}", question, headers={"X-API-Key": key}).status_code == 200
    assert anybody.post(f"/analytics/{name}", question, headers={"X-API-Key": project["api_key"]}).status_code == 401
