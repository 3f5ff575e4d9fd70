"""Who stands behind a funnel's stages, and why one person counts as they do."""

import pytest

STAGES = [{"event_type": "view"}, {"event_type": "cart"}, {"event_type": "buy"}]
RANGE = {"start_date": "2026-01-15", "end_date": "2026-01-15"}


def at(minute):
    return f"2026-01-15T10:{minute:02d}:00Z"


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


@pytest.fixture
def ask(ann, project):
    def ask(path, **body):
        return ann.post(f"/analytics/funnel{path}", {"project_id": project["id"], "stages": STAGES, **RANGE, **body})

    return ask


def track(ann, project, *events):
    listed = [
        {"id": f"{user}-{place}", "user_id": user, "event_type": kind, "timestamp": at(minute)}
        for place, (user, kind, minute) in enumerate(events)
    ]
    assert ann.track(project["api_key"], *listed).json["accepted"] == len(listed)


def test_the_lists_have_the_lengths_of_the_chart(ann, project, ask):
    track(ann, project, ("a", "view", 1), ("a", "cart", 3), ("b", "view", 2), ("c", "view", 0), ("a", "buy", 9))
    stages = ask("").json["stages"]
    for stage in (1, 2, 3):
        assert len(ask("/users", stage=stage).json) == stages[stage - 1]["users"]
    reached = ask("/users", stage=3).json
    assert reached == [{"user_id": "a", "at": "2026-01-15T10:09:00.000000Z", "seconds_from_entry": 480.0}]
    dropped = ask("/users", stage=2, which="dropped").json
    assert [row["user_id"] for row in dropped] == ["c", "b"]
    assert ask("/users", stage=1, which="dropped").json == []


def test_a_stage_that_there_is_not_is_named(ask):
    answer = ask("/users", stage=4)
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["stage"])


def test_who_walked_to_the_end_is_shown_with_the_events_that_count(ann, project, ask):
    track(ann, project, ("a", "view", 1), ("a", "view", 2), ("a", "cart", 3), ("a", "other", 4), ("a", "buy", 9))
    answer = ask("/explain", user_id="a").json
    assert (answer["counts"], answer["stopped"]) == (True, None)
    assert [stage["event_id"] for stage in answer["stages"]] == ["a-1", "a-2", "a-4"]
    assert [(event["id"], event["meets"], event["fills"]) for event in answer["events"]] == [
        ("a-0", [1], None),
        ("a-1", [1], 1),
        ("a-2", [2], 2),
        ("a-3", [], None),
        ("a-4", [3], 3),
    ]


@pytest.mark.parametrize(
    ("events", "body", "stage", "reason"),
    [
        ([("cart", 1)], {}, 1, "first stage"),
        ([("view", 1)], {}, 2, "No event meets this stage."),
        ([("cart", 1), ("view", 2)], {}, 2, "after the stage before"),
        ([("view", 1), ("cart", 20)], {"conversion_window": {"value": 5, "unit": "minute"}}, 2, "window"),
        ([("view", 1), ("other", 2), ("cart", 3)], {"order": "strict"}, 2, "follows"),
        ([("view", 1), ("view", 1)], {"order": "unordered"}, 2, "of its own"),
        (
            [("view", 1), ("refund", 2), ("cart", 3)],
            {"exclusions": [{"event_type": "refund", "from_stage": 1, "to_stage": 2}]},
            2,
            "excluded",
        ),
        (
            [("view", 1), ("view", 1)],
            {"stages": [{"event_type": None}, {"event_type": "view"}, {"event_type": "view"}]},
            3,
            "fills another",
        ),
    ],
)
def test_what_stopped_a_person_is_said(ann, project, ask, events, body, stage, reason):
    track(ann, project, *[("a", *event) for event in events])
    stopped = ask("/explain", user_id="a", **body).json["stopped"]
    assert stopped["stage"] in (stage, 1 if "excluded" in reason else stage)
    assert reason in stopped["reason"]


def test_a_visitor_is_explained_as_a_user_is(ann, project, ask):
    ann.track(project["api_key"], {"anonymous_id": "v", "event_type": "view", "timestamp": at(1)})
    assert ask("/explain", user_id="v").json["user_id"] == "v"
    assert ask("/explain", user_id="nobody").status_code == 404


def test_looking_at_people_is_recorded_and_other_organizations_see_nobody(ann, bob, project, ask):
    ask("/users", stage=1)
    details = [entry["detail"] for entry in ann.get("/audit/access").json]
    assert details == [f"users behind a funnel's stage of project {project['id']}"]
    body = {"project_id": project["id"], "stages": STAGES, **RANGE}
    assert bob.post("/analytics/funnel/users", {**body, "stage": 1}).status_code == 404
    assert bob.post("/analytics/funnel/explain", {**body, "user_id": "a"}).status_code == 404
