"""POST /analytics/paths: items, groups, ends and limits; as JSON and as a table."""

import csv
import io

import pytest

DAY = {"start_date": "2026-01-01", "end_date": "2026-01-01"}
WALKS = {  # by person: minute, page
    "u1": [(0, "/"), (1, "/"), (2, "/product/1/"), (3, "/product/2"), (5, "/cart"), (50, "/")],
    "u2": [(0, "https://shop.example?x"), (1, "/product/3"), (2, "/done")],
    "u3": [(0, "/cart"), (30, "/done")],
}


@pytest.fixture
def project(ann):
    project = ann.make_project(retention_days=0)
    events = [
        {"user_id": user, "event_type": "view", "url": url, "timestamp": f"2026-01-01T10:{minute:02}:00Z"}
        for user, walk in WALKS.items()
        for minute, url in walk
    ]
    events.append({"user_id": "u1", "event_type": "ping", "timestamp": "2026-01-01T10:02:30Z"})
    assert ann.track(project["api_key"], *events).json["rejected"] == 0
    return project


def ask(ann, project, **more):
    answer = ann.post("/analytics/paths", {"project_id": project["id"], "item": "url", **DAY, **more})
    assert answer.status_code == 200, answer.json
    return answer.json


def links(answer):
    return [(link["source"], link["target"], link["count"]) for link in answer["links"]]


def test_a_walk_goes_from_item_to_item_within_a_session(ann, project, flush):
    answer = ask(ann, project, path_groups=["/product/*"])
    assert answer["links"] == [
        {"source": "1_/", "target": "2_/product/*", "count": 2, "users": 2, "average_seconds": 90},
        {"source": "1_/cart", "target": "2_/done", "count": 1, "users": 1, "average_seconds": 1800},
        {"source": "2_/product/*", "target": "3_/cart", "count": 1, "users": 1, "average_seconds": 120},
        {"source": "2_/product/*", "target": "3_/done", "count": 1, "users": 1, "average_seconds": 60},
    ]
    assert answer["nodes"][0] == {
        "id": "1_/", "item": "/", "position": 1, "reached": 3, "continued": 2, "dropped": 1, "ended": 0, "users": 2,
    }  # fmt: skip
    flush()
    assert {**ask(ann, project, path_groups=["/product/*"]), "receipt": None} == {**answer, "receipt": None}


def test_a_walk_begins_with_its_start_and_stops_at_its_end(ann, project):
    more = {"path_groups": ["/product/*"], "start_item": "/product/7/"}
    assert links(ask(ann, project, **more)) == [
        ("1_/product/*", "2_/cart", 1),
        ("1_/product/*", "2_/done", 1),
    ]
    answer = ask(ann, project, **more, end_item="/cart")
    assert links(answer) == [("1_/product/*", "2_/cart", 1)]
    assert [(node["id"], node["ended"]) for node in answer["nodes"]] == [("1_/product/*", 0), ("2_/cart", 1)]


def test_the_last_nodes_before_an_end_are_kept_and_the_first_ones_otherwise(ann, project):
    assert links(ask(ann, project, end_item="/cart", max_nodes=2)) == [("1_/product/2", "2_/cart", 1)]
    cut = ask(ann, project, max_nodes=2)
    assert ("1_/", "2_/product/1", 1) in links(cut)
    assert {node["id"]: node["ended"] for node in cut["nodes"]}["2_/product/1"] == 1


def test_links_past_the_limit_go_with_those_that_nothing_leads_to_any_more(ann, project):
    answer = ask(ann, project, path_groups=["/product/*"], edge_limit=1)
    assert links(answer) == [("1_/", "2_/product/*", 2)]
    assert [node["id"] for node in answer["nodes"]] == ["1_/", "1_/cart", "2_/product/*"]
    assert [node["continued"] for node in answer["nodes"]] == [2, 1, 2]


def test_the_most_used_link_goes_where_nothing_that_is_shown_leads_to_it(ann, project):
    others = [("u4", ["/x", "/z", "/end"]), ("u5", ["/y", "/z", "/end"])]
    events = [
        {"user_id": user, "event_type": "view", "url": url, "timestamp": f"2026-01-01T20:0{minute}:00Z"}
        for user, walk in others
        for minute, url in enumerate(walk)
    ]
    ann.track(project["api_key"], *events)
    assert links(ask(ann, project))[0] == ("2_/z", "3_/end", 2)
    assert links(ask(ann, project, edge_limit=1)) == []


def test_types_are_chosen_and_a_shorter_gap_cuts(ann, project):
    assert links(ask(ann, project, event_types=[])) == []
    assert links(ask(ann, project, item="event_type")) == [("1_view", "2_ping", 1), ("2_ping", "3_view", 1)]
    assert links(ask(ann, project, item="event_type", exclude_event_types=["ping"])) == []
    assert ("1_/cart", "2_/done", 1) not in links(ask(ann, project, session_gap_minutes=29))


def test_a_report_asks_the_same_and_a_receipt_gives_what_was_answered_then(ann, project):
    question = {"item": "url", **DAY}
    saved = ann.post("/reports", {"project_id": project["id"], "name": "R", "kind": "paths", "question": question})
    assert saved.status_code == 201, saved.json
    before = ask(ann, project)
    ann.track(
        project["api_key"], {"user_id": "u1", "event_type": "view", "url": "/late", "timestamp": "2026-01-01T10:01:30Z"}
    )
    after = ask(ann, project)
    again = ann.get(f"/reports/{saved.json['id']}/answer").json
    replayed = ann.post("/analytics/replay", {"receipt": before["receipt"]}).json
    for figure in {"nodes", "links"}:
        assert again[figure] == after[figure]
        assert replayed[figure] == before[figure]
    assert (before != after, replayed["exact"]) == (True, True)


def test_the_answer_is_given_as_a_table(ann, project):
    body = {"project_id": project["id"], "item": "url", "start_item": "/cart", "end_item": "/done", **DAY}
    rows = list(csv.reader(io.StringIO(ann.post("/analytics/paths", body, headers={"Accept": "text/csv"}).text)))
    assert rows == [
        ["kind", "id", "target", "count", "users", "average_seconds", "continued", "dropped", "ended"],
        ["link", "1_/cart", "2_/done", "1", "1", "1800.0", "", "", ""],
        ["node", "1_/cart", "", "1", "1", "", "1", "0", "0"],
        ["node", "2_/done", "", "1", "1", "", "0", "0", "1"],
    ]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"item": "page"}, ["item"]),
        ({"item": None}, ["item"]),
        ({"event_types": [""]}, ["event_types", "0"]),
        ({"path_groups": [""]}, ["path_groups", "0"]),
        ({"max_nodes": 1}, ["max_nodes"]),
        ({"edge_limit": 0}, ["edge_limit"]),
        ({"session_gap_minutes": 0}, ["session_gap_minutes"]),
        ({"start_item": ""}, ["start_item"]),
        ({"compare": "previous_period"}, ["compare"]),
    ],
)
def test_what_is_wrong_is_named(ann, project, wrong, where):
    answer = ann.post("/analytics/paths", {"project_id": project["id"], "item": "url", **DAY, **wrong})
    assert answer.status_code == 422, answer.json
    found = answer.json["errors"]["json"]
    for name in where:
        found = found[name]
    assert isinstance(found, list)
