"""GET /metrics/{name}: figures by period, from roll-ups and the newest events alike, and what outlives the events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.analytics import metrics
from iafa_api.domain import rollups
from iafa_api.lake.layout import DAY_US
from iafa_api.settings import Settings
from scheduler.jobs import make_jobs


def moment(ago: int, time: str = "10:00:00Z") -> str:
    return f"{day(ago)}T{time}"


def day(ago: int) -> str:
    return clock.format_time(clock.now_us() - ago * DAY_US)[:10]


@pytest.fixture
def run_job(services: Any, settings: Settings) -> Callable[..., Any]:
    def run(name: str, **changed: Any) -> Any:
        (job,) = [job for job in make_jobs(services, replace(settings, **changed)) if job.id == name]
        return job.run()

    return run


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    """Two persons and a visit 20 days ago, one person yesterday."""
    project = ann.make_project(retention_days=30)
    sent = [
        {"event_type": "view", "user_id": "a", "session_id": "s", "timestamp": moment(20)},
        {"event_type": "view", "user_id": "b", "timestamp": moment(20, "10:07:00Z")},
        {"event_type": "pay", "user_id": "b", "timestamp": moment(20, "23:00:00Z"), "properties": {"plan": "pro"}},
        {"event_type": "view", "user_id": "c", "timestamp": moment(1)},
    ]
    assert ann.track(project["api_key"], *sent).json["accepted"] == 4
    return dict(project)


def ask(who: Any, project: dict[str, Any], name: str = "events", **query: Any) -> Any:
    return who.get(f"/metrics/{name}", query_string={"project_id": project["id"], **query})


def points(answer: Any) -> dict[str, int | None]:
    assert answer.status_code == 200, answer.json
    return {point["period"]: point["value"] for point in answer.json["points"] if point["value"] != 0}


def expire_all_but_a_week(ann: Any, project: dict[str, Any], run_job: Any) -> None:
    week = {"name": "Shop", "retention_days": 7}
    assert ann.put(f"/projects/{project['id']}", week, headers={"If-Match": '"1"'}).status_code == 200
    assert run_job("expiry") == {"files": 1, "events": 3}


def test_the_answer_is_the_same_from_events_from_roll_ups_and_from_both(ann, shop, flush, run_job):
    from_events = points(ask(ann, shop))
    assert from_events == {day(20): 3, day(1): 1}
    flush()
    assert run_job("rollups") == {"days": 2}
    assert run_job("rollups") == {}
    answer = ask(ann, shop)
    assert (points(answer), answer.json["total"], answer.json["rolled_up_days"]) == (from_events, 4, 2)
    ann.track(shop["api_key"], {"event_type": "late", "user_id": "z", "timestamp": moment(20, "11:00:00Z")})
    assert points(ask(ann, shop)) == {day(20): 4, day(1): 1}
    flush()
    assert points(ask(ann, shop)) == {day(20): 4, day(1): 1}


def test_each_granularity_and_dimension_has_its_points(ann, shop):
    start = {"start_time": day(20), "end_time": day(20)}
    assert points(ask(ann, shop, granularity="hour", **start)) == {
        moment(20, "10:00:00+00:00"): 2,
        moment(20, "23:00:00+00:00"): 1,
    }
    fives = points(ask(ann, shop, granularity="five_minutes", timezone="Asia/Kathmandu", **start))
    assert list(fives) == [moment(20, "15:45:00+05:45"), moment(20, "15:50:00+05:45")]
    assert len(ask(ann, shop, granularity="minute", **start).json["points"]) == 1440
    by_type = ask(ann, shop, dimension="event_type").json["breakdown"]
    assert [(one["value"], one["total"]) for one in by_type] == [("view", 3), ("pay", 1)]
    by_plan = ask(ann, shop, "daily_active_users", dimension="properties.plan").json["breakdown"]
    assert [(one["value"], one["total"]) for one in by_plan] == [("", 3), ("pro", 1)]
    assert points(ask(ann, shop, "sessions")) == {day(20): 1}


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_what_was_counted_outlives_the_events(ann, shop, flush, run_job, timezone):
    flush()
    asked = {"start_time": day(22), "end_time": day(15), "timezone": timezone}
    before = {
        (name, granularity): points(ask(ann, shop, name, granularity=granularity, **asked))
        for name, granularity in [
            ("events", "day"),
            ("events", "hour"),
            ("daily_active_users", "day"),
            ("sessions", "day"),
            ("sessions", "hour"),
        ]
    }
    expire_all_but_a_week(ann, shop, run_job)
    for (name, granularity), told in before.items():
        after = points(ask(ann, shop, name, granularity=granularity, **asked))
        # The persons were counted of the project's local days, which are UTC's, and of hours that are the same in all.
        if name == "events" or timezone == "UTC" or granularity == "hour":
            assert after == told
        else:
            assert set(after.values()) == {None}
    people = ask(ann, shop, "daily_active_users", **asked).json
    assert people["total"] is None  # who is in two of the days nobody can tell
    fives = ask(ann, shop, "sessions", granularity="five_minutes", start_time=day(20), end_time=day(20)).json["points"]
    assert {point["value"] for point in fives} == {None}
    assert "expired" in fives[0]["reason"]


def test_an_event_that_comes_after_its_day_has_expired_counts_and_takes_the_persons_away(
    ann, shop, flush, run_job, services
):
    flush()
    late = {"event_type": "view", "user_id": "a", "timestamp": moment(20, "12:00:00Z")}
    ann.track(shop["api_key"], late)
    expire_all_but_a_week(ann, shop, run_job)
    for settle in (lambda: None, flush, lambda: run_job("rollups")):
        settle()
        assert points(ask(ann, shop))[day(20)] == 4
        assert points(ask(ann, shop, "daily_active_users"))[day(20)] is None
    assert run_job("expiry") == {"files": 1, "events": 1}
    assert points(ask(ann, shop))[day(20)] == 4


def test_files_that_cannot_be_counted_do_not_go(ann, shop, flush, run_job, services):
    flush()
    (file,) = [one for one in services.manifest.snapshot(shop["id"]).files if one.row_count == 3]
    (services.data_dir / file.path).write_bytes(b"PAR1")
    week = {"name": "Shop", "retention_days": 7}
    ann.put(f"/projects/{shop['id']}", week, headers={"If-Match": '"1"'})
    assert run_job("expiry") == {"refused": (file.path,)}
    assert file in services.manifest.snapshot(shop["id"]).files
    assert run_job("rollups")["refused"] == (f"{shop['id']} {day(20)}",)


def test_roll_ups_go_when_a_setting_says_so_and_with_their_project(ann, shop, flush, run_job, monkeypatch):
    flush()
    expire_all_but_a_week(ann, shop, run_job)
    assert run_job("rollups", rollup_days=25) == {"days": 1}
    assert run_job("rollups", rollup_days=10) == {"forgotten": 1}
    assert points(ask(ann, shop)) == {day(20): None, day(1): 1}
    ann.delete(f"/projects/{shop['id']}")
    later = clock.now_us() + 31 * DAY_US
    monkeypatch.setattr(clock, "now_us", lambda: later)
    assert run_job("rollups")["forgotten"] == 1


def test_what_is_wrong_is_named(ann, bob, anybody, shop):
    assert ask(ann, shop, "revenue").status_code == 404
    for parameter, value in (
        ("granularity", "week"),
        ("start_time", "soon"),
        ("end_time", "soon"),
        ("timezone", "Mars"),
        ("dimension", "mood"),
    ):
        answer = ask(ann, shop, **{parameter: value})
        assert (answer.status_code, list(answer.json["errors"]["query"])) == (422, [parameter])
    too_many = ask(ann, shop, granularity="minute", start_time=day(20), end_time=day(1))
    assert list(too_many.json["errors"]["query"]) == ["granularity"]
    assert ask(ann, shop, "daily_active_users", granularity="hour").status_code == 422
    assert ask(bob, shop).status_code == 404
    assert ask(anybody, shop).status_code == 401
    assert ann.get("/metrics/events").status_code == 422


def test_a_read_key_asks_for_its_project_and_a_table_is_to_be_had(ann, anybody, shop):
    key = ann.post(f"/projects/{shop['id']}/api-keys", {"kind": "read", "name": "R"}).json["api_key"]
    asked = {"start_time": day(1), "end_time": day(1)}
    answer = anybody.get("/metrics/events", query_string=asked, headers={"X-API-Key": key, "Accept": "text/csv"})
    assert answer.text == f"value,period,figure\r\n,{day(1)},1\r\n,total,1\r\n"
    receipt = ask(ann, shop, **asked).json["receipt"]
    assert (receipt["events"], receipt["question"]["kind"], receipt["question"]["metric"]) == (1, "metric", "events")


def test_a_metric_that_the_project_defines_is_asked_for_by_its_name(ann, shop, flush, run_job):
    def define(name: str, **fields: Any) -> dict[str, Any]:
        answer = ann.post("/metric-definitions", {"project_id": shop["id"], "name": name, **fields})
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    made = define("Pro payers", event_type="pay", measure="users", filter={"properties.plan": "pro"}, unit="persons")
    define("visits", event_type="view")
    define("price", event_type="view", measure="average of properties.price")
    answer = ask(ann, shop, "Pro payers")
    assert (points(answer), answer.json["unit"]) == ({day(20): 1}, "persons")
    told = answer.json["receipt"]["question"]["definition"]
    assert (told["id"], told["version"], told["measure"]) == (made["id"], 1, "users")
    assert ask(ann, shop, "visits").json["total"] == 3
    assert {point["value"] for point in ask(ann, shop, "price").json["points"]} == {None}
    assert "Pro payers" in ask(ann, shop, "nothing").json["message"]
    flush()
    expire_all_but_a_week(ann, shop, run_job)
    assert points(ask(ann, shop, "visits")) == {day(20): 2, day(1): 1}
    assert points(ask(ann, shop, "Pro payers")) == {day(20): 1}


@pytest.fixture
def sales(ann: Any, shop: dict[str, Any]) -> dict[str, Any]:
    """Payments 20 days ago and yesterday, and what they come to."""
    sent = [
        {"event_type": "pay", "user_id": user, "timestamp": moment(ago), "properties": {"amount": amount, "plan": plan}}
        for ago, user, amount, plan in [
            (20, "a", 0.1, "pro"),
            (20, "b", 0.2, "free"),
            (20, "a", 7, "pro"),
            (1, "a", 5, "x"),
        ]
    ]
    assert ann.track(shop["api_key"], *sent).json["accepted"] == 4
    return shop


def define(ann: Any, project: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"name": "revenue", "event_type": "pay", "measure": "sum of properties.amount", **fields}
    answer = ann.post("/metric-definitions", {"project_id": project["id"], **body})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def redefine(ann: Any, made: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = ann.put(
        f"/metric-definitions/{made['id']}",
        {"name": made["name"], "event_type": "pay", **fields},
        headers={"If-Match": f'"{made["version"]}"'},
    )
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def by_value(answer: Any) -> dict[str, dict[str, Any]]:
    return {
        one["value"]: {point["period"]: point["value"] for point in one["points"] if point["value"] != 0}
        for one in answer.json["breakdown"]
    }


def test_a_defined_sum_and_its_values_are_rolled_up_and_outlive_the_events(ann, sales, flush, run_job):
    define(ann, sales, dimensions=["properties.plan"])
    define(ann, sales, name="price", measure="average of properties.amount")  # of the same numbers: kept once
    asked = {"dimension": "properties.plan"}
    told = ask(ann, sales, "revenue", **asked)
    assert points(told) == {day(20): 7.3, day(1): 5.0}
    assert by_value(told) == {"pro": {day(20): 7.1}, "x": {day(1): 5.0}, "free": {day(20): 0.2}}
    flush()
    assert run_job("rollups") == {"days": 2, "figures": 4}
    rolled = ask(ann, sales, "revenue", **asked)
    assert (points(rolled), by_value(rolled)) == (points(told), by_value(told))
    assert (rolled.json["total"], rolled.json["rolled_up_days"]) == (told.json["total"], 2)
    assert rolled.json["receipt"]["events"] == told.json["receipt"]["events"] == 4
    assert points(ask(ann, sales, "price")) == {day(20): 7.3 / 3, day(1): 5.0} | dict.fromkeys(
        points_of_nothing(ann, sales)
    )
    week = {"name": "Shop", "retention_days": 7}
    assert ann.put(f"/projects/{sales['id']}", week, headers={"If-Match": '"1"'}).status_code == 200
    assert run_job("expiry")["events"] == 6
    gone = ask(ann, sales, "revenue", **asked)
    assert (points(gone), by_value(gone), gone.json["total"]) == (points(told), by_value(told), 12.3)
    hours = points(ask(ann, sales, "revenue", granularity="hour", start_time=day(20), end_time=day(20)))
    assert hours == {moment(20, "10:00:00+00:00"): 7.3}
    assert points(ask(ann, sales, "revenue", timezone="Asia/Kathmandu")) == points(told)
    assert points(ask(ann, sales, "revenue", dimension="url")) == points(told)
    (missing,) = ask(ann, sales, "revenue", dimension="url").json["breakdown"]  # not one of its dimensions
    assert [point["value"] for point in missing["points"] if point["period"] in (day(20), day(1))] == [None, 5.0]


def points_of_nothing(ann: Any, project: dict[str, Any]) -> list[str]:
    """The days on which an average has no value."""
    return [point["period"] for point in ask(ann, project, "price").json["points"] if point["value"] is None]


def test_a_changed_definition_is_filled_anew_and_what_the_former_one_left_is_told_when_it_counts_the_same(
    ann, sales, flush, run_job
):
    made = define(ann, sales)
    flush()
    expire_all_but_a_week_of_sales(ann, sales, run_job)
    assert points(ask(ann, sales, "revenue")) == {day(20): 7.3, day(1): 5.0}
    cheap = redefine(ann, made, filter={"properties.amount": {"lt": 6}})
    assert points(ask(ann, sales, "revenue")) == {day(20): None, day(1): 5.0}
    assert run_job("rollups") == {"figures": 1, "forgotten": 1}
    assert points(ask(ann, sales, "revenue")) == {day(20): None, day(1): 5.0}
    redefine(ann, cheap, filter=None, unit="EUR")
    assert points(ask(ann, sales, "revenue")) == {day(20): 7.3, day(1): 5.0}
    assert run_job("rollups") == {"figures": 1, "forgotten": 1}


def expire_all_but_a_week_of_sales(ann: Any, project: dict[str, Any], run_job: Any) -> None:
    week = {"name": "Shop", "retention_days": 7}
    assert ann.put(f"/projects/{project['id']}", week, headers={"If-Match": '"1"'}).status_code == 200
    assert run_job("expiry")["events"] == 6
    run_job("rollups")


def test_persons_are_kept_by_filter_by_value_and_by_type(ann, sales, flush, run_job):
    define(ann, sales, name="payers", measure="users", filter={"properties.plan": ["pro", "free"]})
    define(ann, sales, name="who pays how", measure="users", dimensions=["properties.plan"])
    flush()
    asked = {"start_time": day(20), "end_time": day(20)}
    questions = [("payers", {}), ("who pays how", {"dimension": "properties.plan"})]
    questions.append(("daily_active_users", {"dimension": "event_type"}))
    before = [ask(ann, sales, name, **more, **asked) for name, more in questions]
    hours = points(ask(ann, sales, "payers", granularity="hour", **asked))
    expire_all_but_a_week_of_sales(ann, sales, run_job)
    for (name, more), told in zip(questions, before, strict=True):
        answer = ask(ann, sales, name, **more, **asked)
        assert points(answer) == points(told) == {day(20): 2}
        if more:
            assert by_value(answer) == by_value(told)
    assert points(ask(ann, sales, "payers", granularity="hour", **asked)) == hours


def test_a_late_payment_is_added_to_what_has_expired_and_expires_itself(ann, sales, flush, run_job):
    define(ann, sales, dimensions=["properties.plan"])
    define(ann, sales, name="who pays how", measure="users", dimensions=["properties.plan"])
    flush()
    large = {"amount": "1e16", "plan": "pro"}
    late = {"event_type": "pay", "user_id": "z", "timestamp": moment(20), "properties": large}
    assert ann.track(sales["api_key"], late).json["accepted"] == 1
    expire_all_but_a_week_of_sales(ann, sales, run_job)
    asked = {"dimension": "properties.plan", "start_time": day(20), "end_time": day(20)}
    for settle in (lambda: None, flush, lambda: run_job("rollups"), lambda: run_job("expiry")):
        settle()
        answer = ask(ann, sales, "revenue", **asked)
        assert points(answer) == {day(20): 1e16 + 7.3}
        assert by_value(answer) == {"pro": {day(20): 1e16 + 7.1}, "free": {day(20): 0.2}}
        assert points(ask(ann, sales, "who pays how", **asked)) == {day(20): None}


def test_values_past_those_that_are_kept_are_one_once_the_events_have_expired(ann, sales, flush, run_job, monkeypatch):
    for module in (rollups, metrics):
        monkeypatch.setattr(module, "VALUES_KEPT", 1)
    define(ann, sales, dimensions=["properties.plan"])
    define(ann, sales, name="who pays how", measure="users", dimensions=["properties.plan"])
    flush()
    run_job("rollups")
    properties = {"amount": 50, "plan": "free"}  # late, and of a value that was not kept by itself
    ann.track(
        sales["api_key"], {"event_type": "pay", "timestamp": moment(20), "properties": properties, "user_id": "c"}
    )
    flush()
    run_job("rollups")
    asked = {"dimension": "properties.plan", "start_time": day(20), "end_time": day(20)}
    assert by_value(ask(ann, sales, "revenue", **asked)) == {"pro": {day(20): 7.1}, "free": {day(20): 50.2}}
    week = {"name": "Shop", "retention_days": 7}
    ann.put(f"/projects/{sales['id']}", week, headers={"If-Match": '"1"'})
    assert run_job("expiry")["events"] == 7
    answer = ask(ann, sales, "revenue", **asked)
    assert by_value(answer) == {"pro": {day(20): 7.1}, "$other": {day(20): 50.2}}
    persons = by_value(ask(ann, sales, "who pays how", **asked))
    assert persons == {"free": {day(20): 2}, "$other": {day(20): None}}
    both = by_value(ask(ann, sales, "revenue", dimension="properties.plan"))
    assert {value: one.get(day(20)) for value, one in both.items()} == {"pro": 7.1, "x": None, "$other": None}


def test_what_crawlers_do_is_not_rolled_up(ann, sales, flush, run_job):
    define(ann, sales)
    crawler = {"user_agent": "Googlebot/2.1 (+http://www.google.com/bot.html)", "properties": {"amount": 9}}
    ann.track(sales["api_key"], {"event_type": "pay", "user_id": "g", "timestamp": moment(1), **crawler})
    for settle in (lambda: None, flush, lambda: run_job("rollups")):
        settle()
        assert points(ask(ann, sales, "revenue"))[day(1)] == 5.0
        assert points(ask(ann, sales, "events"))[day(1)] == 2


def test_a_metrics_filter_may_name_a_cohort(ann, shop):
    cohort = {"project_id": shop["id"], "name": "b", "definition": {"filter": {"user_id": "b"}}}
    made = ann.post("/cohorts", cohort).json
    those = [{"property": "cohort", "operator": "in", "value": [made["id"]]}]
    fields = {"name": "of b", "event_type": None, "filter": those}
    assert ann.post("/metric-definitions", {"project_id": shop["id"], **fields}).status_code == 201
    answer = ask(ann, shop, "of b")
    assert points(answer) == {day(20): 2}
    assert list(answer.json["receipt"]["question"]["cohorts"]) == [made["id"]]


@pytest.mark.parametrize("name", ["events", "daily_active_users", "visits"])
def test_a_receipt_gives_the_figures_again_whatever_came_since(ann, shop, flush, run_job, name):
    made = ann.post("/metric-definitions", {"project_id": shop["id"], "name": "visits", "event_type": "view"}).json
    flush()
    run_job("rollups")
    told = ask(ann, shop, name, dimension="event_type").json
    late = [{"event_type": "view", "user_id": f"u{n}", "timestamp": moment(20, "11:00:00Z")} for n in range(3)]
    ann.track(shop["api_key"], *late)
    flush()
    run_job("rollups")
    path = f"/metric-definitions/{made['id']}"
    assert ann.put(path, {"name": "visits", "event_type": "pay"}, headers={"If-Match": '"1"'}).status_code == 200
    assert points(ask(ann, shop, name)) != {
        point["period"]: point["value"] for point in told["points"] if point["value"]
    }
    answer = ann.post("/analytics/replay", {"receipt": told["receipt"]})
    assert answer.status_code == 200, answer.json
    again = answer.json.get("answer", answer.json)
    assert (again["points"], again["breakdown"], again["total"]) == (told["points"], told["breakdown"], told["total"])
    assert (answer.json["exact"], answer.json["gone"]) == (True, 0)
