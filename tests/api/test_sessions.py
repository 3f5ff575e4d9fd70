"""POST /analytics/sessions and /analytics/sessions/list: cuts, ends, comparison; as JSON and as a table."""

import csv
import io

import pytest

DAYS = {"start_date": "2026-01-02", "end_date": "2026-01-03"}
SEEN = [  # who, when, type, url, session
    ("u1", "2026-01-01T23:50:00Z", "view", "https://shop.example/", "s1"),
    ("u1", "2026-01-02T00:20:00Z", "buy", None, "s1"),
    ("u1", "2026-01-02T08:00:00Z", "view", None, "s2"),
    ("u1", "2026-01-02T08:30:00Z", "view", "/cart/", "s2"),
    ("u1", "2026-01-02T09:00:00.000001Z", "view", "/done", None),
    ("u2", "2026-01-03T23:55:00Z", "view", "/", "s3"),
    ("u2", "2026-01-04T00:05:00Z", "view", "/cart", "s3"),
]


@pytest.fixture
def project(ann):
    project = ann.make_project(retention_days=0)
    events = [
        {"user_id": user, "timestamp": at, "event_type": event_type,
         **({"url": url} if url else {}), **({"session_id": session} if session else {})}
        for user, at, event_type, url, session in SEEN
    ]  # fmt: skip
    assert ann.track(project["api_key"], *events).json["rejected"] == 0
    return project


def ask(ann, project, **more):
    answer = ann.post("/analytics/sessions", {"project_id": project["id"], **DAYS, **more})
    assert answer.status_code == 200, answer.json
    return answer.json


def figures(answer):
    return [answer[name] for name in ("sessions", "persons", "events", "average_seconds", "bounce_rate")]


def test_sessions_are_cut_by_pauses_over_midnight_and_over_the_ends_of_the_range(ann, project, flush):
    before = ask(ann, project)
    assert figures(before) == [3, 2, 5, 800, 33.33]
    assert "trend" not in before
    flush()
    assert figures(ask(ann, project)) == figures(before)


def test_a_longer_gap_joins_what_a_shorter_one_cuts(ann, project):
    assert figures(ask(ann, project, gap_minutes=31)) == [2, 2, 5, 2100.0000005, 0]
    assert figures(ask(ann, project, gap_minutes=5))[0] == 5


def test_sessions_by_id_are_the_clients_own(ann, project):
    assert figures(ask(ann, project, by="session_id")) == [2, 2, 4, 1200, 0]


def test_a_session_counts_whole_in_the_period_in_which_it_starts(ann, project):
    answer = ask(ann, project, interval="day")
    assert answer["periods"] == ["2026-01-02", "2026-01-03"]
    assert answer["trend"] == [
        {"period": "2026-01-02", "sessions": 2, "persons": 1, "events": 3},
        {"period": "2026-01-03", "sessions": 1, "persons": 1, "events": 2},
    ]


def test_of_nothing_the_mean_and_the_rate_are_nothing(ann, project):
    assert figures(ask(ann, project, filter={"event_type": "none"})) == [0, 0, 0, None, None]


def test_a_day_that_the_clock_left_out_has_no_period(ann, project):
    day = {"start_date": "2011-12-30", "end_date": "2011-12-30", "timezone": "Pacific/Apia"}
    answer = ask(ann, project, **day, interval="day")
    assert (figures(answer), answer["trend"]) == ([0, 0, 0, None, None], [])


def test_a_comparison_says_by_how_much_the_figures_change(ann, project):
    answer = ask(ann, project, compare="previous_period")
    assert figures(answer["previous"]) == [1, 1, 2, 1800, 0]
    assert answer["change_percent"] == {
        "sessions": 200, "persons": 100, "events": 150, "average_seconds": -55.56, "bounce_rate": None,
    }  # fmt: skip


def test_a_report_asks_the_same_and_a_receipt_gives_what_was_answered_then(ann, project):
    question = {"interval": "day", **DAYS}
    saved = ann.post("/reports", {"project_id": project["id"], "name": "R", "kind": "sessions", "question": question})
    assert saved.status_code == 201, saved.json
    before = ask(ann, project, interval="day")
    ann.track(
        project["api_key"], {"user_id": "u1", "event_type": "view", "url": "/late", "timestamp": "2026-01-02T08:15:00Z"}
    )
    after = ask(ann, project, interval="day")
    again = ann.get(f"/reports/{saved.json['id']}/answer").json
    replayed = ann.post("/analytics/replay", {"receipt": before["receipt"]}).json
    for figure in {"sessions", "persons", "events", "average_seconds", "bounce_rate", "trend"}:
        assert again[figure] == after[figure]
        assert replayed[figure] == before[figure]
    assert (before != after, replayed["exact"]) == (True, True)


def test_the_answer_is_given_as_a_table(ann, project):
    body = {"project_id": project["id"], **DAYS, "interval": "day"}
    rows = list(csv.reader(io.StringIO(ann.post("/analytics/sessions", body, headers={"Accept": "text/csv"}).text)))
    assert rows == [
        ["range", "period", "sessions", "persons", "events", "average_seconds", "bounce_rate"],
        ["current", "2026-01-02", "2", "1", "3", "", ""],
        ["current", "2026-01-03", "1", "1", "2", "", ""],
        ["current", "total", "3", "2", "5", "800.0", "33.33"],
    ]


def listed(ann, project, **more):
    answer = ann.post("/analytics/sessions/list", {"project_id": project["id"], **DAYS, **more})
    assert answer.status_code == 200, answer.json
    return answer


def test_one_persons_sessions_are_listed_with_their_ends(ann, project):
    answer = listed(ann, project, user_id="u1", item="url")
    assert answer.json == [
        {"start": "2026-01-02T08:00:00.000000Z", "end": "2026-01-02T08:30:00.000000Z", "seconds": 1800.0, "events": 2,
         "entry_item": "/cart", "exit_item": "/cart", "session_id": None},
        {"start": "2026-01-02T09:00:00.000001Z", "end": "2026-01-02T09:00:00.000001Z", "seconds": 0.0, "events": 1,
         "entry_item": "/done", "exit_item": "/done", "session_id": None},
    ]  # fmt: skip
    by_id = listed(ann, project, user_id="u1", by="session_id", start_date="2026-01-01").json
    assert [(one["session_id"], one["entry_item"], one["exit_item"]) for one in by_id] == [
        ("s1", "view", "buy"),
        ("s2", "view", "view"),
    ]
    grouped = listed(ann, project, user_id="u1", item="url", path_groups=["/*"]).json
    assert [one["entry_item"] for one in grouped] == ["/*", "/*"]


def test_a_list_is_paged(ann, project):
    answer = ann.post(
        "/analytics/sessions/list?page_size=1&page=2", {"project_id": project["id"], **DAYS, "user_id": "u1"}
    )
    assert [one["start"] for one in answer.json] == ["2026-01-02T09:00:00.000001Z"]
    assert '"total": 2' in answer.headers["X-Pagination"]


def test_a_visitors_sessions_before_and_after_they_are_known(ann, project):
    key = project["api_key"]
    ann.track(key, {"anonymous_id": "a1", "event_type": "view", "timestamp": "2026-01-02T12:00:00Z"})
    assert len(listed(ann, project, anonymous_id="a1").json) == 1
    assert len(listed(ann, project, user_id="u9").json) == 0
    made = ann.post("/identify", {"anonymous_id": "a1", "user_id": "u9"}, headers={"X-API-Key": key})
    assert made.status_code == 200
    assert len(listed(ann, project, user_id="u9").json) == 1


def test_a_list_knows_the_cohorts_that_its_filter_names(ann, project):
    definition = {"filter": {"event_type": "buy"}}
    cohort = ann.post("/cohorts", {"project_id": project["id"], "name": "Buyers", "definition": definition}).json
    tree = [{"property": "cohort", "operator": "in", "value": [cohort["id"]]}]
    assert len(listed(ann, project, user_id="u1", filter=tree).json) == 2
    assert listed(ann, project, user_id="u2", filter=tree).json == []


@pytest.mark.parametrize(
    ("path", "wrong", "where"),
    [
        ("", {"by": "day"}, "by"),
        ("", {"gap_minutes": 0}, "gap_minutes"),
        ("", {"interval": "year"}, "interval"),
        ("", {"compare": "never"}, "compare"),
        ("", {"count_by": "users"}, "count_by"),
        ("/list", {}, "user_id"),
        ("/list", {"user_id": "u", "anonymous_id": "a"}, "user_id"),
        ("/list", {"user_id": "u", "item": "plan"}, "item"),
        ("/list", {"user_id": "u", "interval": "day"}, "interval"),
    ],
)
def test_what_is_wrong_is_named(ann, project, path, wrong, where):
    answer = ann.post(f"/analytics/sessions{path}", {"project_id": project["id"], **DAYS, **wrong})
    assert answer.status_code == 422, answer.json
    assert where in answer.json["errors"]["json"]
