"""Expired events: out of every answer, in the ledger, and in the answers that ask for the archive."""

from __future__ import annotations

import pytest

from iafa_api import clock
from iafa_api.upkeep.lake_care import expire

DAY_US = 86_400 * clock.MICROSECONDS


def day(ago: int) -> str:
    return clock.format_time(clock.now_us() - ago * DAY_US)[:10]


@pytest.fixture
def project(ann, flush):
    """Keeps a week; three persons saw and bought 20 days ago, and one yesterday."""
    made = ann.make_project(retention_days=30)
    for ago, users in ((20, "abc"), (1, "z")):
        for event_type, time in (("view", "10:00:00Z"), ("buy", "11:00:00Z")):
            events = [{"event_type": event_type, "user_id": user, "timestamp": f"{day(ago)}T{time}"} for user in users]
            assert ann.track(made["api_key"], *events).status_code == 200
    flush()
    week = {"name": "Shop", "retention_days": 7}
    assert ann.put(f"/projects/{made['id']}", week, headers={"If-Match": '"1"'}).status_code == 200
    return made


def persons(answer):
    assert answer.status_code == 200, answer.json
    return [stage["users"] for stage in answer.json["stages"]]


def test_archived_events_count_only_in_answers_that_ask_for_them(ann, services, project):
    funnel = ann.make_funnel(project["id"], "view", "buy")
    address = f"/analytics/funnel/{funnel['id']}?start_date={day(29)}"
    assert persons(ann.get(address)) == [4, 4]
    expire(services, is_archiving=True, lock_seconds=1.0)
    assert persons(ann.get(address)) == [1, 1]
    archived = ann.get(f"{address}&include_archive=true")
    assert persons(archived) == [4, 4]
    assert archived.json["receipt"]["question"]["include_archive"] is True
    body = {
        "project_id": project["id"],
        "stages": [{"order": 1, "event_type": "view"}, {"order": 2, "event_type": "buy"}],
        "start_date": day(29),
    }
    assert persons(ann.post("/analytics/funnel", body)) == [1, 1]
    assert persons(ann.post("/analytics/funnel", {**body, "include_archive": True})) == [4, 4]


def test_the_ledger_is_told_in_pages_to_analysts_and_to_no_other_organisation(ann, bob, services, project):
    address = f"/projects/{project['id']}/expired"
    assert ann.get(address).json == []
    (file,) = [one for one in services.manifest.snapshot(project["id"]).files if one.row_count == 6]
    expire(services, is_archiving=False, lock_seconds=1.0)
    answer = ann.get(address)
    (line,) = answer.json
    assert (line["day"], line["events"], line["rule"], line["archived_as"]) == (day(20), 6, "older than 7 days", None)
    assert (line["file"], line["bytes"], len(line["sha256"])) == (file.path, file.byte_count, 64)
    assert '"total": 1' in answer.headers["X-Pagination"]
    assert ann.get(f"{address}?page=2").json == []
    assert bob.get(address).status_code == 404
