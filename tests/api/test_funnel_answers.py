"""/analytics/funnel: the shape of an answer, its options, and what cannot be asked."""

import io
import json
import zipfile

import pytest

from iafa_api.analytics.receipts import is_genuine

DAY = "2026-01-15"


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


@pytest.fixture
def shop(ann, project):
    """Ten people look, four of them put something in the cart an hour later, one of these pays after two days."""
    events = [{"event_type": "view", "user_id": f"u{n}", "timestamp": f"{DAY}T10:00:00Z"} for n in range(10)]
    events += [
        {
            "event_type": "cart",
            "user_id": f"u{n}",
            "timestamp": f"{DAY}T11:00:00Z",
            "properties": {"amount": 10 * n, "vip": n == 0},
        }
        for n in range(4)
    ]
    events += [{"event_type": "pay", "user_id": "u0", "timestamp": "2026-01-17T11:00:00Z"}]
    assert ann.track(project["api_key"], *events).json["accepted"] == 15
    return ann.make_funnel(project["id"], "view", "cart", "pay", name="Shop")


def ask(ann, funnel, **query):
    query = {"start_date": "2026-01-01", "end_date": "2026-01-31", **query}
    answer = ann.get(f"/analytics/funnel/{funnel['id']}", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def users(answer):
    return [stage["users"] for stage in answer["stages"]]


def test_the_answer_has_the_shape_of_the_contract(ann, shop):
    answer = ask(ann, shop)
    receipt = answer.pop("receipt")
    assert answer == {
        "funnel_id": shop["id"],
        "name": "Shop",
        "funnel_version": 1,
        "date_range": {"start": "2026-01-01", "end": "2026-01-31"},
        "stages": [
            stage_row("view", 1, 10, 100.0, 100.0, 0.0, None),
            stage_row("cart", 2, 4, 40.0, 40.0, 60.0, 3600.0),
            stage_row("pay", 3, 1, 10.0, 25.0, 75.0, 172_800.0),
        ],
        "overall_conversion_rate": 10.0,
    }
    assert receipt["events"] == 15


def stage_row(name, order, users, rate, step, drop, seconds):
    return {
        "stage_name": name,
        "order": order,
        "users": users,
        "conversion_rate": rate,
        "step_conversion_rate": step,
        "drop_off_rate": drop,
        "average_seconds_from_previous": seconds,
        "median_seconds_from_previous": seconds,
        "pending": None,
    }


def test_an_empty_range_answers_zeros(ann, shop):
    answer = ask(ann, shop, start_date="2020-01-01", end_date="2020-01-02")
    assert users(answer) == [0, 0, 0]
    assert {stage["conversion_rate"] for stage in answer["stages"]} == {0.0}
    assert answer["overall_conversion_rate"] == 0.0


def test_a_project_without_events_answers_zeros(ann):
    other = ann.make_project()
    assert users(ask(ann, ann.make_funnel(other["id"], "a", "b"))) == [0, 0]


def test_without_dates_it_is_the_last_30_days(ann, shop):
    answer = ann.get(f"/analytics/funnel/{shop['id']}").json
    assert users(answer) == [0, 0, 0]
    assert answer["date_range"]["start"] < answer["date_range"]["end"]


@pytest.mark.parametrize(("window", "counts"), [("1h", [10, 4, 0]), ("3599s", [10, 0, 0]), ("3d", [10, 4, 1])])
def test_the_window_can_be_asked_for(ann, shop, window, counts):
    assert users(ask(ann, shop, conversion_window=window)) == counts


def test_a_filter_can_be_asked_for(ann, shop):
    rich = json.dumps({"any": [{"event_type": {"ne": "cart"}}, {"properties.amount": {"gte": 20}}]})
    assert users(ask(ann, shop, filter=rich)) == [10, 2, 0]


def test_the_calendar_is_the_projects_or_the_questions(ann, project, shop):
    assert users(ask(ann, shop, start_date=DAY, end_date=DAY)) == [10, 4, 0]
    assert users(ask(ann, shop, start_date=DAY, end_date=DAY, timezone="Asia/Tokyo")) == [10, 4, 0]
    assert users(ask(ann, shop, start_date="2026-01-14", end_date="2026-01-14", timezone="Pacific/Honolulu")) == [0] * 3
    assert users(ask(ann, shop, start_date="2026-01-16", end_date="2026-01-16", timezone="Pacific/Kiritimati")) == [
        10,
        4,
        0,
    ]
    assert users(ask(ann, shop, start_date=f"{DAY}T10:00:00", end_date=f"{DAY}T10:00:00")) == [10, 0, 0]
    ann.put(f"/projects/{project['id']}", {"name": "P", "timezone": "Pacific/Kiritimati"}, headers={"If-Match": '"1"'})
    assert users(ask(ann, shop, start_date="2026-01-16", end_date="2026-01-16")) == [10, 4, 0]


def test_saved_and_unsaved_definitions_answer_alike(ann, project, shop):
    body = {
        "project_id": project["id"],
        "stages": shop["stages"],
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
        "conversion_window": {"value": 1, "unit": "hour"},
    }
    answer = ann.post("/analytics/funnel", body).json
    assert answer["stages"] == ask(ann, shop, conversion_window="1h")["stages"]
    assert (answer["funnel_id"], answer["name"], answer["funnel_version"]) == (None, None, None)


def test_a_changed_funnel_answers_by_its_new_version(ann, shop):
    changed = shop | {"stages": shop["stages"][:2]}
    ann.put(f"/funnels/{shop['id']}", changed, headers={"If-Match": '"1"'})
    answer = ask(ann, shop)
    assert users(answer) == [10, 4]
    assert answer["funnel_version"] == answer["receipt"]["question"]["funnel_version"] == 2


def test_the_receipt_names_what_was_seen_and_is_signed(ann, shop, services, flush):
    before = ask(ann, shop)["receipt"]
    assert (before["files"], len(before["segments"])) == (0, 1)
    assert is_genuine(before, services.secret_key)
    assert not is_genuine(before | {"events": 16}, services.secret_key)
    assert not is_genuine(before, "another secret")
    flush()
    after = ask(ann, shop)["receipt"]
    assert (after["files"], after["segments"], after["events"]) == (2, {}, 15)
    assert after["manifest_version"] == before["manifest_version"] + 1


def test_who_is_on_the_way_is_pending(ann, project, anybody):
    ann.track(project["api_key"], {"event_type": "view", "user_id": "now"})
    funnel = ann.make_funnel(project["id"], "view", "cart", conversion_window={"value": 1, "unit": "hour"})
    answer = ann.get(f"/analytics/funnel/{funnel['id']}").json
    assert [stage["pending"] for stage in answer["stages"]] == [None, 1]


BAD_QUERIES = [
    ({"start_date": "yesterday"}, "start_date"),
    ({"start_date": "2026-02-30"}, "start_date"),
    ({"end_date": "99999-01-01"}, "end_date"),
    ({"start_date": "2026-01-02", "end_date": "2026-01-01"}, "end_date"),
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"timezone": "../../etc/passwd"}, "timezone"),
    ({"conversion_window": "7"}, "conversion_window"),
    ({"conversion_window": "0d"}, "conversion_window"),
    ({"filter": "{"}, "filter"),
    ({"filter": '{"password": 1}'}, "filter"),
    ({"filter": '{"properties.a": {"regex": "("}}'}, "filter"),
    ({"order": "sideways"}, "order"),
    ({"interval": "decade"}, "interval"),
    ({"count_by": "properties."}, "count_by"),
    ({"compare": "yesterday"}, "compare"),
    ({"completion": "never"}, "completion"),
    ({"breakdown": "password"}, "breakdown"),
    ({"interval": "day", "from_stage": "9"}, "from_stage"),
    ({"start": "2026-01-01"}, "start"),
]


@pytest.mark.parametrize(("query", "field"), BAD_QUERIES, ids=[f"{n}-{f}" for n, (_, f) in enumerate(BAD_QUERIES)])
def test_a_bad_question_names_its_field(ann, shop, query, field):
    answer = ann.get(f"/analytics/funnel/{shop['id']}", query_string=query)
    assert answer.status_code == 422, answer.json
    assert list(answer.json["errors"]["query"]) == [field]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"stages": []}, "stages"),
        ({"stages": [{"event_type": f"e{n}"} for n in range(21)]}, "stages"),
        ({"exclusions": [{"event_type": "x", "from_stage": 2, "to_stage": 2}]}, "exclusions"),
        ({"exclusion_policy": "maybe"}, "exclusion_policy"),
        ({"breakdown": {"properties": []}}, "breakdown"),
        ({"breakdown": {"properties": ["properties.a"], "attribution": "stage"}}, "breakdown"),
        ({"breakdown": {"properties": ["properties.a"], "limit": 0}}, "breakdown"),
        ({"time_to_convert": {"from_stage": 2, "to_stage": 1}}, "time_to_convert"),
        ({"compare": {"shift_days": 0}}, "compare"),
        ({"project_id": None}, "project_id"),
        ({"filter": "x"}, "filter"),
    ],
)
def test_a_bad_body_names_its_field(ann, project, shop, changed, field):
    body = {"project_id": project["id"], "stages": shop["stages"], **changed}
    answer = ann.post("/analytics/funnel", body)
    assert answer.status_code == 422, answer.json
    assert list(answer.json["errors"]["json"]) == [field]


def test_nothing_in_a_question_reaches_the_database_as_code(ann, project, anybody):
    evil = "x'); DROP TABLE events; --"
    ann.track(project["api_key"], {"event_type": evil, "user_id": evil, "properties": {evil: evil}})
    body = {
        "project_id": project["id"],
        "stages": [{"event_type": evil, "filter": {f"properties.{evil}": evil, "user_id": evil}}],
    }
    answer = ann.post("/analytics/funnel", body)
    assert answer.status_code == 200, answer.json
    assert answer.json["stages"][0]["users"] == 1


def test_figures_come_as_csv_and_as_a_workbook(ann, project, shop):
    ann.track(
        project["api_key"],
        {"event_type": "view", "user_id": "u", "timestamp": "2026-02-01T10:00:00Z", "properties": {"plan": "=1+1"}},
    )
    body = {
        "project_id": project["id"],
        "stages": [{"event_type": "view"}, {"event_type": "pay"}],
        "start_date": "2026-02-01",
        "end_date": "2026-02-01",
        "breakdown": {"properties": ["properties.plan"]},
    }
    answer = ann.post("/analytics/funnel", body, headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    lines = answer.text.splitlines()
    assert lines[0].startswith("breakdown_1,stage_name,order,users,conversion_rate")
    assert lines[1].startswith(",view,1,1,100.0")
    assert lines[3].startswith("'=1+1,view,1,1,100.0")
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = ann.post("/analytics/funnel", body, headers={"Accept": xlsx})
    assert (book.status_code, book.mimetype, book.data[:2]) == (200, xlsx, b"PK")
    with zipfile.ZipFile(io.BytesIO(book.data)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        texts = parts.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in texts
    trend = ann.post("/analytics/funnel", {**body, "interval": "day"}, headers={"Accept": "text/csv"})
    assert trend.text.splitlines()[1] == ",2026-02-01,1,0,0.0"
    saved = ann.get(f"/analytics/funnel/{shop['id']}", headers={"Accept": "text/csv"})
    assert saved.text.splitlines()[0].startswith("stage_name,order,users")


def test_a_question_over_more_events_than_fit_in_memory_is_refused(ann, project, app, monkeypatch):
    monkeypatch.setattr(app.extensions["iafa"].engine, "_row_limit", 2)
    views = [{"event_type": "view", "user_id": "u", "timestamp": f"2026-01-15T10:0{n}:00Z"} for n in range(3)]
    ann.track(project["api_key"], *views)
    body = {"project_id": project["id"], "stages": [{"event_type": "view"}], "start_date": DAY, "end_date": DAY}
    assert ann.post("/analytics/funnel", body).status_code == 200  # counted by the engine alone
    answer = ann.post("/analytics/funnel", {**body, "order": "strict"})
    assert (answer.status_code, "shorter range" in answer.json["message"]) == (413, True)


def test_questions_past_the_limit_are_told_to_come_again(ann, shop, app, monkeypatch):
    gate = app.extensions["iafa"].engine._gate
    monkeypatch.setattr(gate, "_wait_seconds", 0.01)
    with gate.admit(shop["project_id"]), gate.admit(shop["project_id"]):
        answer = ann.get(f"/analytics/funnel/{shop['id']}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert ann.get(f"/analytics/funnel/{shop['id']}").status_code == 200
