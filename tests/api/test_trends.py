"""POST /analytics/trends: measures, formulas, breakdown, comparison, moving average; as JSON and as a table."""

import csv
import io

import pytest

NEW_YEAR = {"start_date": "2026-01-01", "end_date": "2026-01-04"}
SOLD = [  # day, user, session, plan, amount
    (1, "u1", "s1", "pro", "0.1"),
    (1, "u1", "s1", "pro", "0.2"),
    (2, "u2", "s2", "free", "10"),
    (3, "u1", "s3", "", "x"),
    (3, "u3", None, None, "2.5"),
]


@pytest.fixture
def project(ann):
    project = ann.make_project(retention_days=0)
    events = [
        {"event_type": "sale", "user_id": user, "session_id": session, "timestamp": f"2026-01-0{day}T10:00:00Z",
         "properties": {"amount": amount, **({} if plan is None else {"plan": plan})}}
        for day, user, session, plan, amount in SOLD
    ]  # fmt: skip
    events.append({"event_type": "visit", "user_id": "u1", "timestamp": "2026-01-01T09:00:00Z"})
    events.append({"event_type": "sale", "user_id": "u2", "timestamp": "2025-12-31T23:00:00Z"})
    assert ann.track(project["api_key"], *events).json["rejected"] == 0
    return project


def ask(ann, project, *measures, **more):
    series = [{"event_type": "sale", "measure": measure} for measure in measures]
    answer = ann.post("/analytics/trends", {"project_id": project["id"], "series": series, **NEW_YEAR, **more})
    assert answer.status_code == 200, answer.json
    return answer.json


def lines(answer, name="series"):
    return [(line["data"], line["total"]) for line in answer[name]]


def test_each_measure_counts_a_day_and_the_whole_range(ann, project):
    answer = ask(ann, project, None, "users", "sessions", "first_time_users")
    assert answer["periods"] == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    assert lines(answer) == [([2, 1, 2, 0], 5), ([1, 1, 2, 0], 3), ([1, 1, 1, 0], 3), ([1, 0, 1, 0], 2)]
    assert answer["date_range"] == {"start": "2026-01-01", "end": "2026-01-04"}
    assert (answer["receipt"]["events"], answer["receipt"]["question"]["kind"]) == (7, "trends")


def test_numbers_are_those_that_json_calls_so_and_sums_are_of_decimals(ann, project):
    kinds = ("sum", "average", "min", "max", "median", "p90")
    answer = ask(ann, project, *(f"{kind} of properties.amount" for kind in kinds))
    assert lines(answer)[0] == ([0.3, 10, 2.5, 0], 12.8)
    assert lines(answer)[1] == ([0.15, 10, 2.5, None], 3.2)
    assert [total for _, total in lines(answer)[2:]] == pytest.approx([0.1, 10, 1.35, 7.75])


def test_a_formula_is_computed_by_period_and_over_the_totals(ann, project):
    answer = ask(ann, project, "events", "users", formulas=["A / B", "(A - B) / (B - 2)"])
    assert [line["formula"] for line in answer["formulas"]] == ["A / B", "(A - B) / (B - 2)"]
    assert lines(answer, "formulas") == [([2, 1, 1, None], 5 / 3), ([-1, 0, None, 0], 2)]


def test_a_moving_average_is_over_the_periods_there_are_and_leaves_the_total(ann, project):
    answer = ask(ann, project, "events", "median of properties.amount", moving_average=2)
    assert lines(answer)[0] == ([2, 1.5, 1.5, 1], 5)
    assert lines(answer)[1] == ([pytest.approx(0.15), pytest.approx(5.075), 6.25, 2.5], pytest.approx(1.35))


def test_rows_of_a_breakdown_are_ranked_by_total_and_then_by_value(ann, project):
    asked = {"properties": ["properties.plan"]}
    rows = ask(ann, project, "events", "users", breakdown=asked)["breakdown"]
    assert [(row["series"], row["value"], row["total"]) for row in rows] == [
        (0, [""], 2),
        (0, ["pro"], 2),
        (0, ["free"], 1),
        (1, [""], 2),
        (1, ["free"], 1),
        (1, ["pro"], 1),
    ]
    assert rows[0]["data"] == [0, 0, 2, 0]


def test_values_past_the_limit_are_one_row_in_which_nobody_counts_twice(ann, project):
    asked = {"properties": ["properties.amount", "properties.plan"], "limit": 1}
    [first, rest] = ask(ann, project, "users", breakdown=asked)["breakdown"]
    assert (first["value"], first["total"]) == (["0.1", "pro"], 1)
    assert (rest["value"], rest["data"], rest["total"]) == (["$other", "$other"], [1, 1, 2, 0], 3)


def test_with_formulas_the_rows_are_of_the_first_one(ann, project):
    asked = {"properties": ["properties.plan"], "limit": 2}
    rows = ask(ann, project, "events", "users", formulas=["A / B", "A"], breakdown=asked)["breakdown"]
    assert [(row["value"], row["total"], "series" in row) for row in rows] == [
        (["pro"], 2, False),
        ([""], 1, False),
        (["$other"], 1, False),
    ]


def test_a_comparison_repeats_the_figures_of_the_range_before(ann, project):
    more = {"start_date": "2026-01-01", "end_date": "2026-01-02", "compare": {"shift_days": -2}}
    answer = ask(ann, project, "events", "sessions", formulas=["A * 2"], **more)
    assert answer["previous"]["periods"] == ["2025-12-30", "2025-12-31"]
    assert lines(answer["previous"]) == [([0, 1], 1), ([0, 0], 0)]
    assert answer["change_percent"] == {"A": 200, "B": None, "A * 2": 200}


def test_flushing_changes_no_figure(ann, project, flush):
    asked = {"breakdown": {"properties": ["properties.plan"]}, "formulas": ["A / B"]}
    before = ask(ann, project, "sum of properties.amount", "users", **asked)
    flush()
    after = ask(ann, project, "sum of properties.amount", "users", **asked)
    assert {**before, "receipt": None} == {**after, "receipt": None}


def test_a_receipt_gives_what_was_answered_then(ann, project):
    asked = {"breakdown": {"properties": ["properties.plan"]}, "formulas": ["A / B"], "compare": {"shift_days": -2}}
    before = ask(ann, project, "sum of properties.amount", "users", "first_time_users", **asked)
    late = {"user_id": "u9", "event_type": "sale", "timestamp": "2026-01-02T10:00:00Z", "properties": {"amount": 5}}
    ann.track(project["api_key"], late)
    after = ask(ann, project, "sum of properties.amount", "users", "first_time_users", **asked)
    replayed = ann.post("/analytics/replay", {"receipt": before["receipt"]}).json
    for figure in ("series", "formulas", "breakdown", "previous", "change_percent"):
        assert replayed[figure] == before[figure]
    assert after["series"][0]["total"] == 17.8


def test_the_answer_is_given_as_a_table(ann, project):
    body = {
        "project_id": project["id"],
        "series": [{"event_type": "sale", "measure": "users"}],
        "breakdown": {"properties": ["properties.plan"]},
        "compare": "previous_period",
        **NEW_YEAR,
    }
    answer = ann.post("/analytics/trends", body, headers={"Accept": "text/csv"})
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["range", "line", "properties.plan", "period", "figure"]
    assert rows[1:3] == [["current", "A", "", "2026-01-01", "1"], ["current", "A", "", "2026-01-02", "1"]]
    assert ["current", "A", "free", "total", "1"] in rows
    assert ["previous", "A", "", "2025-12-31", "1"] in rows


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"series": []}, ["series"]),
        ({"series": [{"event_type": "a"}] * 27}, ["series"]),
        ({"series": [{}]}, ["series", "0", "event_type"]),
        ({"series": [{"event_type": "a", "measure": "sum"}]}, ["series", "0", "measure"]),
        ({"series": [{"event_type": "a", "measure": "sum of amount"}]}, ["series", "0", "measure"]),
        ({"series": [{"event_type": "a", "measure": "mode of properties.a"}]}, ["series", "0", "measure"]),
        ({"series": [{"event_type": "a", "filter": {"nothing": 1}}]}, ["series", "0", "filter", "nothing"]),
        ({"interval": "year"}, ["interval"]),
        ({"formulas": ["A + B"]}, ["formulas", "0"]),
        ({"formulas": ["A +"]}, ["formulas", "0"]),
        ({"moving_average": 0}, ["moving_average"]),
        ({"breakdown": {"properties": []}}, ["breakdown", "properties"]),
        ({"breakdown": {"properties": ["plan"]}}, ["breakdown", "properties", "0"]),
        ({"breakdown": {"properties": ["url"], "limit": 0}}, ["breakdown", "limit"]),
        ({"breakdown": {"properties": ["url"], "limit": 1000}, "interval": "hour", "start_date": "2025-10-01"},
         ["breakdown", "limit"]),
        ({"compare": "last_week"}, ["compare"]),
        ({"count_by": "users"}, ["count_by"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(ann, project, wrong, where):
    body = {"project_id": project["id"], "series": [{"event_type": "a"}], **NEW_YEAR, **wrong}
    answer = ann.post("/analytics/trends", body)
    assert answer.status_code == 422, answer.json
    found = answer.json["errors"]["json"]
    for name in where:
        found = found[name]
    assert isinstance(found, list)


def test_every_wrong_formula_is_named(ann, project):
    series = [{"event_type": "a"}]
    body = {"project_id": project["id"], "series": series, "formulas": ["A +", "A", "B"], "interval": "year"}
    found = ann.post("/analytics/trends", body).json["errors"]["json"]
    assert found.keys() == {"interval", "formulas"}
    assert found["formulas"].keys() == {"0", "2"}


def test_a_read_key_asks_of_its_own_project_and_others_find_none(ann, bob, anybody, project):
    key = ann.post(f"/projects/{project['id']}/api-keys", {"name": "BI", "kind": "read"}).json["api_key"]
    body = {"series": [{"event_type": "sale"}], **NEW_YEAR}
    answer = anybody.post("/analytics/trends", body, headers={"X-API-Key": key})
    assert (answer.status_code, answer.json["series"][0]["total"]) == (200, 5)
    assert bob.post("/analytics/trends", {**body, "project_id": project["id"]}).status_code == 404
    assert anybody.post("/analytics/trends", {**body, "project_id": project["id"]}).status_code == 401
