"""Figures that were computed before are given again, and never stale ones."""

import pytest

from iafa_api import clock
from iafa_api.analytics import kept_figures
from iafa_api.answers import funnels

DAY = {"start_date": "2026-01-15", "end_date": "2026-01-15"}


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


@pytest.fixture
def computed(monkeypatch):
    """How often a funnel's figures were computed."""
    times, compute = [], funnels._figures

    def counted(*asked):
        times.append(asked)
        return compute(*asked)

    monkeypatch.setattr(funnels, "_figures", counted)
    return times


def view(user, minute=0):
    return {"event_type": "view", "user_id": user, "timestamp": f"2026-01-15T10:{minute:02d}:00Z"}


def ask(ann, project, **asked):
    body = {"project_id": project["id"], "stages": [{"event_type": "view"}], **DAY, **asked}
    answer = ann.post("/analytics/funnel", body)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_the_same_question_over_the_same_events_is_computed_once(ann, project, flush, computed):
    ann.track(project["api_key"], view("a"))
    first, second = ask(ann, project), ask(ann, project)
    assert len(computed) == 1
    assert first["stages"] == second["stages"]
    assert first["receipt"]["answered_at"] < second["receipt"]["answered_at"]
    flush()
    ask(ann, project)
    ask(ann, project)
    assert len(computed) == 2


def test_what_changes_an_answer_makes_it_anew(ann, project, flush, computed):
    ann.track(project["api_key"], view("a"), {**view("v"), "user_id": None, "anonymous_id": "v"})
    assert ask(ann, project)["stages"][0]["users"] == 2
    ann.track(project["api_key"], view("b"))
    assert ask(ann, project)["stages"][0]["users"] == 3
    call = {"anonymous_id": "v", "user_id": "a", "traits": {"plan": "pro"}}
    assert ann.post("/identify", call, headers={"X-API-Key": project["api_key"]}).status_code == 200
    assert ask(ann, project)["stages"][0]["users"] == 2
    assert ask(ann, project, filter={"user.plan": "pro"})["stages"][0]["users"] == 1
    assert ask(ann, project, timezone="Asia/Tokyo")["stages"][0]["users"] == 2
    ann.track(ann.make_project(name="Other")["api_key"], {"event_type": "view", "user_id": "x"})
    times = len(computed)
    ask(ann, project)
    assert len(computed) == times  # another project's events are no reason
    assert ask(ann, project, order="unordered")["stages"][0]["users"] == 2
    assert len(computed) == times + 1


def test_a_changed_funnel_is_another_question(ann, project, computed):
    ann.track(project["api_key"], view("a"))
    funnel = ann.make_funnel(project["id"], "view", "buy")
    path = f"/analytics/funnel/{funnel['id']}"
    ann.get(path, query_string=DAY)
    stages = [{"event_type": "buy"}, {"event_type": "view"}]
    ann.put(f"/funnels/{funnel['id']}", {"name": "Other", "stages": stages}, headers={"If-Match": '"1"'})
    assert ann.get(path, query_string=DAY).json["stages"][0]["users"] == 0
    assert len(computed) == 2


def test_who_still_waits_is_counted_by_the_clock(ann, project, computed):
    ann.track(project["api_key"], {"event_type": "view", "user_id": "now"})
    today = clock.format_time(clock.now_us())[:10]
    window = {"conversion_window": {"value": 1, "unit": "hour"}}
    for _ in range(2):
        ask(ann, project, start_date=today, end_date=today, **window)
    assert len(computed) == 2
    for _ in range(2):
        ask(ann, project, start_date=today, end_date=today)
    assert len(computed) == 3


def test_a_worker_keeps_so_many_and_no_more(ann, project, computed, app, monkeypatch):
    monkeypatch.setattr(kept_figures, "KEPT", 2)
    ann.track(project["api_key"], view("a"))
    for zone in ("UTC", "Asia/Tokyo", "Europe/Berlin", "UTC"):
        ask(ann, project, timezone=zone)
    assert len(computed) == 4
    ask(ann, project, timezone="UTC")
    assert len(computed) == 4
