"""Real event data, asked over HTTP and held to brute force that is written here and knows nothing of the engine."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.skipif("IAFA_TEST_DATA" not in os.environ, reason="needs IAFA_TEST_DATA, a directory of data")
LOAN = ("A_SUBMITTED", "A_PARTLYSUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "A_FINALIZED", "A_APPROVED")
WINDOWS = {"1h": 3600, "1d": 86_400, "7d": 604_800, "30d": 30 * 86_400, None: None}
SHOP = {1: "view", 2: "add_to_cart", 3: "purchase", 4: "ad_shown", 5: "ad_click"}
ALWAYS = {"start_date": "2000-01-01", "end_date": "2026-12-31"}
MICROSECONDS = 1_000_000


def read(name, columns):
    path = Path(os.environ["IAFA_TEST_DATA"]) / name
    return duckdb.sql(f"SELECT {columns} FROM read_parquet('{path}')").fetchall()


def send(ann, project, events):
    for start in range(0, len(events), 5000):
        answer = ann.track(project["api_key"], *events[start : start + 5000])
        assert answer.json["rejected"] == 0, answer.json


def depths(histories, stages, window):
    """How many of the histories (times by type) reach each stage: from every entry, each stage as early as can be.

    For stages of different types only: no event can then fill two.
    """
    counts = [0] * len(stages)
    for times in histories.values():
        deepest = 0
        for entry in times.get(stages[0], ()):
            last, depth = entry, 1
            for stage in stages[1:]:
                later = times.get(stage, [])
                place = bisect_left(later, last)
                if place == len(later) or (window is not None and later[place] - entry > window * MICROSECONDS):
                    break
                last, depth = later[place], depth + 1
            deepest = max(deepest, depth)
        for stage in range(deepest):
            counts[stage] += 1
    return counts


def histories_of(rows):
    found = defaultdict(lambda: defaultdict(list))
    for person, kind, time_us in sorted(rows, key=lambda row: row[2]):
        found[person][kind].append(time_us)
    return found


def ask(ann, project, stages, window):
    body = {"project_id": project["id"], "stages": [{"event_type": name} for name in stages], **ALWAYS}
    if window is not None:
        body["conversion_window"] = {"value": window, "unit": "second"}
    answer = ann.post("/analytics/funnel", body)
    assert answer.status_code == 200, answer.json
    return [stage["users"] for stage in answer.json["stages"]]


def test_loan_applications_within_every_window(ann, flush):
    rows = read(
        "bpic2012_events.parquet",
        "CAST(case_id AS VARCHAR), event, epoch_us(ts), strftime(ts AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')",
    )
    project = ann.make_project(retention_days=0)
    send(
        ann,
        project,
        [
            {"id": str(place), "user_id": case, "event_type": event, "timestamp": text}
            for place, (case, event, _, text) in enumerate(rows)
        ],
    )
    flush()
    histories = histories_of([row[:3] for row in rows])
    for window in WINDOWS.values():
        wanted = depths(histories, LOAN, window)
        assert ask(ann, project, LOAN, window) == wanted
        assert wanted[0] > wanted[-1] > 0 or window == 3600


def test_a_shop_counts_cookies_and_after_they_are_joined_users(ann, flush):
    events = read(
        "clique_bait_events.parquet",
        "cookie_id, event_type, epoch_us(event_time), strftime(event_time, '%Y-%m-%dT%H:%M:%S.%fZ')",
    )
    users = dict(read("clique_bait_users.parquet", "cookie_id, CAST(user_id AS VARCHAR)"))
    project = ann.make_project(retention_days=0)
    send(
        ann,
        project,
        [
            {"id": str(place), "anonymous_id": cookie, "event_type": SHOP[kind], "timestamp": text}
            for place, (cookie, kind, _, text) in enumerate(events)
        ],
    )
    flush()
    stages = ("view", "add_to_cart", "purchase")
    rows = [(cookie, SHOP[kind], time_us) for cookie, kind, time_us, _ in events]
    joined = [(users[cookie], kind, time_us) for cookie, kind, time_us in rows]
    for window in (3600, 86_400, None):
        assert ask(ann, project, stages, window) == depths(histories_of(rows), stages, window)
    for cookie, user in users.items():
        call = {"anonymous_id": cookie, "user_id": user}
        assert ann.post("/identify", call, headers={"X-API-Key": project["api_key"]}).status_code == 200
    for _ in ("waiting", "flushed"):
        for window in (3600, 86_400, None):
            assert ask(ann, project, stages, window) == depths(histories_of(joined), stages, window)
        flush()
    assert ask(ann, project, stages, None)[0] == 500
    assert len({cookie for cookie, *_ in events}) == 1782
