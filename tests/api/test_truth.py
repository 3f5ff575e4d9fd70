"""Receipts: an answer once more as it was, and why two answers differ."""

import random

import pytest

from iafa_api.lake.compaction import run_compaction

STAGES = [{"event_type": "view"}, {"event_type": "cart"}, {"event_type": "buy"}]
RANGE = {"start_date": "2026-01-10", "end_date": "2026-01-20"}


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


def event(rng, number):
    person = {"user_id": f"u{rng.randrange(8)}"} if rng.random() < 0.6 else {"anonymous_id": f"v{rng.randrange(6)}"}
    moment = f"2026-01-{rng.randrange(10, 21):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00Z"
    return {
        "id": f"e{number}",
        "event_type": rng.choice(["view", "view", "cart", "buy"]),
        "timestamp": moment,
        **person,
    }


def ask(ann, project, rng):
    """A random question of one of the kinds, and its answer."""
    kind = rng.choice(["funnel", "funnel", "retention", "lifecycle", "trends"])
    body = {"project_id": project["id"]}
    if kind == "funnel":
        body |= {
            "stages": STAGES[: rng.choice([2, 3])],
            "order": rng.choice(["ordered", "strict", "unordered"]),
            **RANGE,
        }
        body |= rng.choice([{}, {"conversion_window": {"value": 3, "unit": "day"}}, {"interval": "day"}])
    elif kind == "retention":
        body |= {"cohort_event": {"event_type": "view"}, "return_event": {"event_type": "cart"}}
        body |= {"interval": "day", "periods": 5, "last_period_contains": "2026-01-18"}
    elif kind == "lifecycle":
        body |= {"event": {"event_type": "view"}, "interval": "week", **RANGE}
    else:
        body |= {"series": [{"event_type": "view", "measure": "users"}], "interval": "day", **RANGE}
    answer = ann.post(f"/analytics/{kind}", body)
    assert answer.status_code == 200, answer.json
    return answer.json


def call(ann, key, path, body):
    answer = ann.post(path, body, headers={"X-API-Key": key})
    assert answer.status_code == 200, answer.json


def without_receipt(answer):
    return {name: value for name, value in answer.items() if name not in ("receipt", "exact", "gone")}


def test_a_hundred_answers_are_given_again_whatever_came_since(ann, project, flush, app):
    services, rng = app.extensions["iafa"], random.Random(3)
    key, answers = project["api_key"], []
    for number in range(100):
        events = [event(rng, rng.randrange(number * 4 + 4)) for _ in range(4)]  # some are repeats, most are late
        assert ann.track(key, *{one["id"]: one for one in events}.values()).status_code == 200
        answers.append(ask(ann, project, rng))
        if number % 7 == 3:
            flush()
        if number % 20 == 5:
            call(ann, key, "/identify", {"anonymous_id": f"v{rng.randrange(6)}", "user_id": f"u{number % 8}"})
        if number % 30 == 11:
            call(ann, key, "/alias", {"previous_id": f"u{rng.randrange(4)}", "user_id": "u7"})
        if number % 25 == 9:
            run_compaction(services.manifest, services.data_dir)
    flush()
    run_compaction(services.manifest, services.data_dir)
    for answer in answers:
        again = ann.post("/analytics/replay", {"receipt": answer["receipt"]})
        assert again.status_code == 200, again.json
        assert (again.json["exact"], again.json["gone"]) == (True, 0)
        assert without_receipt(again.json) == without_receipt(answer), answer["receipt"]["question"]
        assert again.json["receipt"] == answer["receipt"]


def test_why_accounts_for_every_unit_of_a_difference(ann, project, flush):
    rng = random.Random(5)
    ann.track(project["api_key"], *[event(rng, number) for number in range(60)])
    funnel = ann.make_funnel(project["id"], "view", "cart")
    path = f"/analytics/funnel/{funnel['id']}"
    before = ann.get(path, query_string=RANGE).json
    flush()
    ann.track(project["api_key"], *[event(rng, number) for number in range(60, 100)])
    for number in range(5):
        call(ann, project["api_key"], "/identify", {"anonymous_id": f"v{number}", "user_id": f"u{number}"})
    changed = {"name": "Changed", "stages": [*STAGES[:2], {"event_type": "buy"}]}
    ann.put(f"/funnels/{funnel['id']}", changed, headers={"If-Match": '"1"'})
    flush()
    after = ann.get(path, query_string=RANGE).json
    answer = ann.post("/analytics/why", {"from": before["receipt"], "to": after["receipt"]})
    assert answer.status_code == 200, answer.json
    why = answer.json
    old, new = before["stages"], after["stages"]
    assert [cause["cause"] for cause in why["causes"]] == ["events", "identities", "time", "definition"]
    assert why["causes"][0]["events"] == 40
    for stage in (1, 2, 3):
        path = f"stages.{stage}.users"
        wanted = new[stage - 1]["users"] - (old[stage - 1]["users"] if stage < 3 else 0)
        assert why["difference"].get(path, 0) == wanted
        assert sum(cause["changes"].get(path, 0) for cause in why["causes"]) == wanted
    assert why["causes"][1]["changes"]["stages.1.users"] < 0  # visitors became users who were there already
    assert [change["path"] for change in why["definition"]] == ["definition.stages.2"]
    assert (why["from"], why["to"]) == ({"exact": True}, {"exact": True})
    again = ann.post("/analytics/replay", {"receipt": before["receipt"]}).json
    assert without_receipt(again) == without_receipt(before)


def test_why_follows_a_node_that_has_moved_to_another_place(ann, project):
    def sent(user, *types):
        times = [f"2026-01-12T10:00:0{place}Z" for place in range(len(types))]
        return [{"event_type": one, "user_id": user, "timestamp": at} for one, at in zip(types, times, strict=True)]

    body = {"project_id": project["id"], "item": "event_type", **RANGE}
    ann.track(project["api_key"], *sent("u1", "view", "cart"))
    before = ann.post("/analytics/paths", body).json["receipt"]
    ann.track(project["api_key"], *sent("u2", "start", "cart"))
    after = ann.post("/analytics/paths", body).json["receipt"]
    moved = ann.post("/analytics/why", {"from": before, "to": after}).json["difference"]
    assert {name: by for name, by in moved.items() if name.endswith(("reached", "count"))} == {
        "nodes.1_start.reached": 1,
        "nodes.2_cart.reached": 1,
        "links.1_start > 2_cart.count": 1,
    }
    assert not any(name.endswith("position") for name in moved)


def test_why_names_the_points_and_the_values_of_a_metric(ann, project):
    def track(*types):
        sent = [{"event_type": one, "user_id": "u", "timestamp": "2026-01-12T10:00:00Z"} for one in types]
        ann.track(project["api_key"], *sent)

    def receipt():
        asked = {"project_id": project["id"], "granularity": "day", "dimension": "event_type"}
        return ann.get(
            "/metrics/events", query_string=asked | {"start_time": "2026-01-12", "end_time": "2026-01-13"}
        ).json["receipt"]

    track("view")
    before = receipt()
    track("view", "cart")
    answer = ann.post("/analytics/why", {"from": before, "to": receipt()})
    assert answer.status_code == 200, answer.json
    assert answer.json["difference"] == {
        "points.2026-01-12.value": 2,
        "total": 2,
        "breakdown.view.points.2026-01-12.value": 1,
        "breakdown.view.total": 1,
        "breakdown.cart.points.2026-01-12.value": 1,
        "breakdown.cart.total": 1,
    }


def test_events_that_are_gone_are_told(ann, project, flush, app):
    rng = random.Random(1)
    ann.track(project["api_key"], *[event(rng, number) for number in range(20)])
    flush()
    receipt = ask(ann, project, random.Random(2))["receipt"]
    manifest = app.extensions["iafa"].manifest
    (file, *_) = manifest.snapshot(project["id"]).files
    manifest.commit(removed=[file])
    again = ann.post("/analytics/replay", {"receipt": receipt}).json
    assert (again["exact"], again["gone"]) == (False, file.row_count)


def test_a_receipt_that_was_changed_is_refused(ann, bob, project):
    receipt = ask(ann, project, random.Random(2))["receipt"]
    for changed in (receipt | {"events": 7}, {}, "x", None, receipt | {"signature": "0" * 64}):
        answer = ann.post("/analytics/replay", {"receipt": changed})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["receipt"])
        answer = ann.post("/analytics/why", {"from": receipt, "to": changed})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, ["to"])
    assert bob.post("/analytics/replay", {"receipt": receipt}).status_code == 404
