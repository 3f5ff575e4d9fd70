"""Cohorts as a filter: the same persons in every question, counted exactly, and frozen in the receipt."""

from random import Random

import pytest

from iafa_api import clock

COHORTS = {
    "buyers": {"event_type": "buy"},
    "often": {"event_type": "buy", "at_least": 2},
    "pro": {"filter": {"properties.plan": "pro"}},
    "then": {"event_type": "view", "start_date": "2026-01-05", "end_date": "2026-01-06"},
    "both": {"all": [{"event_type": "buy"}, {"event_type": "view", "at_least": 2}]},
    "either": {"any": [{"event_type": "buy", "at_least": 3}, {"filter": {"properties.plan": "pro"}}]},
    "others": {"not": {"event_type": "buy"}},
    "neither": {"not": {"any": [{"event_type": "buy"}, {"filter": {"properties.plan": "pro"}}]}},
}


def holds(name, events):
    """Whether a person with these events is in the cohort: by hand, from the sentence that describes it."""
    buys, views = ([each for each in events if each["event_type"] == kind] for kind in ("buy", "view"))
    is_pro = any(each["properties"].get("plan") == "pro" for each in events)
    return {
        "buyers": len(buys) >= 1,
        "often": len(buys) >= 2,
        "pro": is_pro,
        "then": any("2026-01-05" <= each["timestamp"][:10] <= "2026-01-06" for each in views),
        "both": bool(buys) and len(views) >= 2,
        "either": len(buys) >= 3 or is_pro,
        "others": not buys,
        "neither": not buys and not is_pro,
    }[name]


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


@pytest.fixture
def events(ann, project, flush):
    dice = Random(7)
    events = [
        {
            "event_type": dice.choice(("view", "view", "buy", "other")),
            dice.choice(("user_id", "user_id", "anonymous_id")): f"p{dice.randrange(25)}",
            "timestamp": f"2026-01-{dice.randrange(1, 10):02}T{dice.randrange(24):02}:00:00Z",
            "properties": {"plan": "pro"} if dice.random() < 0.1 else {},
        }
        for _ in range(90)
    ]
    assert ann.track(project["api_key"], *events[:60]).json["accepted"] == 60
    flush()
    assert ann.track(project["api_key"], *events[60:]).json["accepted"] == 30
    return events


def save(person, project, name, definition=None):
    body = {"project_id": project["id"], "name": name, "definition": definition or COHORTS[name]}
    answer = person.post("/cohorts", body)
    assert answer.status_code == 201, answer.json
    return answer.json["id"]


def within(operator, *ids):
    return [{"property": "cohort", "operator": operator, "value": list(ids)}]


def by_person(events):
    found = {}
    for each in events:
        found.setdefault(("u", each["user_id"]) if "user_id" in each else ("a", each["anonymous_id"]), []).append(each)
    return found


@pytest.mark.parametrize("name", COHORTS)
def test_a_question_counts_the_persons_of_the_cohort(ann, project, events, name):
    cohort = save(ann, project, name)
    viewers = {
        person: holds(name, theirs)
        for person, theirs in by_person(events).items()
        if any(each["event_type"] == "view" and each["timestamp"] > "2026-01-05" for each in theirs)
    }
    body = {"project_id": project["id"], "stages": [{"event_type": "view"}], "start_date": "2026-01-05"}
    for operator, is_in in (("in", True), ("not_in", False)):
        answer = ann.post("/analytics/funnel", body | {"filter": within(operator, cohort)})
        assert answer.status_code == 200, answer.json
        assert answer.json["stages"][0]["users"] == sum(held is is_in for held in viewers.values())
    answer = ann.post("/analytics/funnel", body | {"end_date": "2026-01-09", "filter": within("in", cohort)})
    assert answer.json["receipt"]["events"] == sum(
        holds(name, theirs) and each["timestamp"] > "2026-01-05"
        for theirs in by_person(events).values()
        for each in theirs
    )


def test_every_question_takes_the_filter_wherever_it_takes_one(ann, project, events):
    cohort = save(ann, project, "buyers")
    tree = within("in", cohort)
    buyers = {person for person, theirs in by_person(events).items() if holds("buyers", theirs)}
    viewers = {person for person, theirs in by_person(events).items() if any(e["event_type"] == "view" for e in theirs)}
    ranged = {"project_id": project["id"], "start_date": "2026-01-01", "end_date": "2026-01-31"}
    view = {"event_type": "view", "filter": tree}
    funnel = {"stages": [view, {"event_type": "other", "optional": False}], "order": "unordered"}
    for stages in (funnel["stages"][:1], [view, {"event_type": "view", "filter": within("not_in", cohort)}]):
        answer = ann.post("/analytics/funnel", ranged | {"stages": stages})
        assert [stage["users"] for stage in answer.json["stages"]] == [len(buyers & viewers), 0][: len(stages)]
    month = {"project_id": project["id"], "periods": 1, "interval": "month", "last_period_contains": "2026-01-31"}
    answer = ann.post("/analytics/retention", month | {"cohort_event": view, "return_event": view})
    assert answer.json["matrix"] == [[len(buyers & viewers)]]
    answer = ann.post(
        "/analytics/lifecycle", ranged | {"event": {"event_type": "view"}, "interval": "month", "filter": tree}
    )
    assert answer.json["new"] == [len(buyers & viewers)]
    answer = ann.post("/analytics/stickiness", ranged | {"event": view, "interval": "month"})
    assert answer.json["data"] == [len(buyers & viewers)]
    series = [{**view, "measure": "users"}, {"event_type": "view", "measure": "first_time_users", "filter": tree}]
    answer = ann.post("/analytics/trends", ranged | {"series": series, "interval": "month"})
    assert [line["total"] for line in answer.json["series"]] == [len(buyers & viewers)] * 2


def test_a_cohort_of_the_last_days_moves_on_and_its_receipt_does_not(ann, project):
    now_us = clock.now_us()

    def days_ago(days):
        return clock.format_time(now_us - days * 86_400 * clock.MICROSECONDS)

    ann.track(
        project["api_key"],
        {"event_type": "buy", "user_id": "new", "timestamp": days_ago(1)},
        {"event_type": "buy", "user_id": "old", "timestamp": days_ago(9)},
    )
    cohort = save(ann, project, "recent", {"event_type": "buy", "last_days": 3})
    body = {"project_id": project["id"], "stages": [{"event_type": "buy"}], "filter": within("in", cohort)}
    answer = ann.post("/analytics/funnel", body).json
    assert answer["stages"][0]["users"] == 1
    told = answer["receipt"]["question"]["cohorts"][cohort]
    assert told["version"] == 1
    assert told["definition"]["start_date"] == f"{days_ago(2)[:10]}T00:00:00.000000Z"
    assert told["definition"]["end_date"] == f"{days_ago(0)[:10]}T23:59:59.999999Z"
    assert "last_days" not in told["definition"]


def test_an_answer_is_given_once_more_with_the_cohort_as_it_was(ann, project, events):
    cohort = save(ann, project, "buyers")
    question = {"stages": [{"event_type": "view"}], "filter": within("in", cohort), "start_date": "2026-01-01"}
    report = {"project_id": project["id"], "name": "R", "kind": "funnel", "question": question}
    report_id = ann.post("/reports", report).json["id"]
    before = ann.get(f"/reports/{report_id}/answer").json
    changed = {"name": "C", "definition": COHORTS["others"]}
    assert ann.put(f"/cohorts/{cohort}", changed, headers={"If-Match": '"1"'}).status_code == 200
    after = ann.get(f"/reports/{report_id}/answer").json
    assert after["stages"] != before["stages"]
    ann.delete(f"/cohorts/{cohort}")
    again = ann.post("/analytics/replay", {"receipt": before["receipt"]})
    assert again.status_code == 200, again.json
    figures = again.json.get("answer", again.json)
    assert figures["stages"] == before["stages"]


def test_joined_visitors_are_one_person_of_a_cohort(ann, project, anybody):
    key = {"X-API-Key": project["api_key"]}
    ann.track(
        project["api_key"],
        {"event_type": "buy", "anonymous_id": "a", "timestamp": "2026-01-02T00:00:00Z"},
        {"event_type": "buy", "user_id": "u", "timestamp": "2026-01-03T00:00:00Z"},
    )
    assert anybody.post("/identify", {"anonymous_id": "a", "user_id": "u"}, headers=key).status_code == 200
    cohort = save(ann, project, "often")
    body = {"project_id": project["id"], "stages": [{"event_type": "buy"}], "start_date": "2026-01-03"}
    answer = ann.post("/analytics/funnel", body | {"filter": within("in", cohort)}).json
    assert (answer["stages"][0]["users"], answer["receipt"]["events"]) == (1, 1)


def test_a_cohort_that_is_not_there_is_named(ann, bob, project):
    body = {"project_id": project["id"], "stages": [{"event_type": "a", "filter": within("in", "nobody")}]}
    answer = ann.post("/analytics/funnel", body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]["stages"]["0"]["filter"]) == ["0"]
    theirs = bob.make_project()
    cohort = save(bob, theirs, "buyers")
    for filter_ in (within("in", cohort), {"cohort": {"in": [cohort]}}):
        answer = ann.post("/analytics/funnel", body | {"stages": [{"event_type": "a"}], "filter": filter_})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["filter"])
    stages = [{"event_type": "a", "filter": within("in", cohort)}, {"event_type": "b"}]
    answer = ann.post("/funnels", {"project_id": project["id"], "name": "F", "stages": stages})
    assert (answer.status_code, list(answer.json["errors"]["json"]["stages"])) == (422, ["0"])


@pytest.mark.parametrize(
    "filter_",
    [{"cohort": "x"}, {"cohort": {"is_set": True}}, {"cohort": {"contains": "x"}}, within("in", None)],
)
def test_only_in_and_not_in_ask_for_cohorts(ann, project, filter_):
    body = {"project_id": project["id"], "stages": [{"event_type": "a"}], "filter": filter_}
    answer = ann.post("/analytics/funnel", body)
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["filter"])


def test_a_cohort_is_not_defined_by_another(ann, project):
    cohort = save(ann, project, "buyers")
    body = {"project_id": project["id"], "name": "C", "definition": {"filter": within("in", cohort)}}
    assert list(ann.post("/cohorts", body).json["errors"]["json"]["definition"]) == ["filter"]
