"""What the scheduler writes down of its jobs, what readers make of it, and when a job is due."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from iafa_api import clock
from iafa_api.upkeep import job_runs
from iafa_api.upkeep.job_report import JobReport, read_report
from iafa_api.upkeep.job_runs import KEPT_RUNS, JobRuns, ask, list_asked, read_runs, tell_changed, tell_error
from iafa_api.upkeep.presence import be_present, present_since
from scheduler.__main__ import _apscheduler_trigger
from scheduler.jobs import Job
from scheduler.runner import JobRunner
from scheduler.triggers import Daily, Every

SECOND = clock.MICROSECONDS
DAY = 86_400 * SECOND
START = clock.parse_time("2026-11-20T12:00:00Z")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock."""

    def set_clock(now_us: int) -> None:
        monkeypatch.setattr(clock, "now_us", lambda: now_us)
        monkeypatch.setattr(clock, "monotonic", lambda: now_us / SECOND)

    set_clock(START)
    return set_clock


def a_job(run: Callable[[], Mapping[str, Any]] = dict, **more: Any) -> Job:
    return Job("tidy", more.pop("trigger", Every(10)), run, more.pop("expected_seconds", 60), **more)


def report(data_dir: Path) -> JobReport:
    (found,) = read_report(data_dir, clock.now_us()).jobs
    return found


def test_a_trigger_says_when_in_words() -> None:
    said = [Every(1), Every(5), Every(60), Every(600), Every(3600), Every(7200), Every(90), Every(0.5), Daily("03:30")]
    assert [trigger.in_words for trigger in said] == [
        *("every second", "every 5 seconds", "every minute", "every 10 minutes", "every hour", "every 2 hours"),
        *("every 90 seconds", "every 0.5 seconds", "daily at 03:30 UTC"),
    ]


@pytest.mark.parametrize(
    ("at", "moment", "then"),
    [
        ("03:30", "2026-11-20T03:29:59Z", "2026-11-20T03:30:00Z"),
        ("03:30", "2026-11-20T03:30:00Z", "2026-11-21T03:30:00Z"),
        ("00:00", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
        ("23:59", "2026-03-29T00:30:00Z", "2026-03-29T23:59:00Z"),
    ],
)
def test_a_daily_job_is_due_at_its_time_of_day(at: str, moment: str, then: str) -> None:
    assert Daily(at).next_after(clock.parse_time(moment)) == clock.parse_time(then)
    assert Daily(at).last_before(clock.parse_time(then)) == clock.parse_time(then)


def test_apscheduler_is_told_the_same_time_of_day() -> None:
    trigger = _apscheduler_trigger(Daily("03:30"))
    fires = trigger.get_next_fire_time(None, datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert clock.to_us(fires) == Daily("03:30").next_after(START)


def test_a_run_that_changed_something_is_recorded_and_a_look_is_not(tmp_path: Path, now: Any) -> None:
    results = [{}, {"files": 3}, {}]
    job = a_job(lambda: results.pop(0))
    runner = JobRunner(tmp_path, [job])
    for step in range(3):
        now(START + step * SECOND)
        runner.run(job)
    runner.beat()
    (run,) = read_runs(tmp_path, "tidy")
    assert (run.began_at, run.ended_at, run.result, run.changed) == (
        *(START + SECOND, START + SECOND, "ok"),
        {"files": 3},
    )
    status = report(tmp_path).status
    assert (status.looked_at, status.succeeded_at, status.due_at) == (
        *(START + 2 * SECOND, START + 2 * SECOND),
        START + 12 * SECOND,
    )


def test_each_run_of_a_daily_job_is_recorded(tmp_path: Path) -> None:
    job = a_job(trigger=Daily("03:30"))
    JobRunner(tmp_path, [job]).run(job)
    assert [run.result for run in read_runs(tmp_path, "tidy")] == ["ok"]


def test_a_failure_is_a_line_without_a_path_and_a_trace_in_the_log(tmp_path: Path) -> None:
    def fail() -> Mapping[str, Any]:
        raise RuntimeError("cannot read /srv/iafa/data/secret.key\nmore of it")

    job = a_job(fail)
    with capture_logs() as lines:
        runner = JobRunner(tmp_path, [job])
        runner.run(job)
        runner.run(job)
    runner.beat()
    assert [run.error for run in read_runs(tmp_path, "tidy")] == ["RuntimeError: cannot read …"] * 2
    assert [line["event"] for line in lines] == ["failed", "failed"]
    assert report(tmp_path).status.failed_count == 2
    assert report(tmp_path).status.succeeded_at is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/srv/x"), "OSError: No space left on device"),
        (ValueError(), "ValueError"),
        (ValueError("a/b is 1/2 of ~/x or '/y z'"), "ValueError: a/b is 1/2 of … or '… z'"),
        (ValueError("x" * 1000), "ValueError: " + "x" * 188),
    ],
)
def test_an_error_is_told_in_one_line(error: Exception, said: str) -> None:
    assert tell_error(error) == said


def test_what_changed_is_told_in_counts() -> None:
    changed = {"events": 5, "written": True, "lost": ("events/project_x/a.parquet",), "backup": "/backups/monday"}
    assert tell_changed(changed) == {"events": 5, "written": True, "lost": 1, "backup": "monday"}


def test_the_last_hundred_runs_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    numbers = iter(range(KEPT_RUNS + 5))
    job = a_job(lambda: {"number": next(numbers)})
    runner = JobRunner(tmp_path, [job])
    for _ in range(KEPT_RUNS + 5):
        runner.run(job)
    runner.beat()
    ask(tmp_path, "tidy")
    assert [run.changed["number"] for run in read_runs(tmp_path, "tidy")] == list(range(5, KEPT_RUNS + 5))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(files) == 3


def test_a_run_that_a_crash_cut_off_is_interrupted_before_and_after_the_next_start(tmp_path: Path, now: Any) -> None:
    job = a_job()
    JobRunner(tmp_path, [job]).beat()
    JobRuns(tmp_path).begin("tidy")  # and here it died
    now(START + 5 * SECOND)
    run = report(tmp_path).last_run
    assert run is not None
    assert (run.result, run.began_at, run.ended_at, report(tmp_path).state) == ("interrupted", START, None, "idle")
    JobRunner(tmp_path, [job]).beat()
    assert read_runs(tmp_path, "tidy") == [run]
    assert report(tmp_path).last_run == run
    assert not list(tmp_path.rglob("*.running"))


def test_a_crash_after_the_last_word_interrupts_nothing(tmp_path: Path) -> None:
    job = a_job(lambda: {"x": 1})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "unlink", lambda *_, **__: None)  # the mark stays, as after a crash just then
        JobRunner(tmp_path, [job]).run(job)
    JobRunner(tmp_path, [job]).beat()
    assert [run.result for run in read_runs(tmp_path, "tidy")] == ["ok"]


def test_a_job_over_its_time_is_overdue_and_said_once(tmp_path: Path, now: Any) -> None:
    seen: list[tuple[str, int]] = []

    def work() -> Mapping[str, Any]:
        for second in (30, 61, 62):
            now(START + second * SECOND)
            runner.beat()
            seen.append((report(tmp_path).state, len([line for line in lines if line["event"] == "overdue"])))
        return {}

    job = a_job(work)
    runner = JobRunner(tmp_path, [job])
    with capture_logs() as lines, be_present(tmp_path, "jobs"):
        runner.run(job)
    assert seen == [("running", 0), ("overdue", 1), ("overdue", 1)]
    (run,) = read_runs(tmp_path, "tidy")
    assert run.is_overdue
    assert run.ended_at == START + 62 * SECOND


def test_a_request_makes_a_run_that_names_it_whether_it_is_time_or_not(tmp_path: Path) -> None:
    job = a_job(dict, run_now=lambda: {"forced": True})
    runner = JobRunner(tmp_path, [job])
    assert runner.list_wanted() == []
    first, second = ask(tmp_path, "tidy"), ask(tmp_path, "tidy")
    ask(tmp_path, "other")
    assert runner.list_wanted() == ["tidy"]
    runner.run(job)
    (run,) = read_runs(tmp_path, "tidy")
    assert (set(run.asked), run.changed) == ({first, second}, {"forced": True})
    assert [wanted for _, wanted in list_asked(tmp_path)] == ["other"]
    runner.run(job)
    assert len(read_runs(tmp_path, "tidy")) == 1


def test_a_request_of_long_ago_is_forgotten(tmp_path: Path) -> None:
    request = ask(tmp_path, "tidy")
    os.utime(tmp_path / "run" / "jobs" / f"{request}.asked", (0, 0))
    assert JobRunner(tmp_path, [a_job()]).list_wanted() == []


@pytest.mark.parametrize(
    ("trigger", "last_success", "due"),
    [
        (Daily("03:30"), None, 0),  # a laptop that is never awake at that time
        (Daily("03:30"), -DAY, 0),  # it missed the time of today
        (Daily("03:30"), -3600 * SECOND, 15 * 3600 * SECOND + 1800 * SECOND),
        (Every(600), None, 600 * SECOND),
        (Every(600), -700 * SECOND, 0),
        (Every(600), -200 * SECOND, 400 * SECOND),
        (Every(600), DAY, 600 * SECOND),  # the clock was set back
    ],
)
def test_what_came_due_without_a_scheduler_runs_at_its_start(
    tmp_path: Path, now: Any, trigger: Any, last_success: int | None, due: int
) -> None:
    job = a_job(trigger=trigger)
    if last_success is not None:
        now(START + last_success)
        earlier = JobRunner(tmp_path, [job])
        earlier.run(job)
        earlier.beat()
    now(START + (10 * SECOND if last_success == DAY else 0))
    offset = 10 * SECOND if last_success == DAY else 0
    assert JobRunner(tmp_path, [job]).first_run_at(job) == START + offset + due


def test_a_daily_job_that_failed_or_was_cut_off_runs_at_the_next_start(tmp_path: Path, now: Any) -> None:
    job = a_job(lambda: {"x": 1 // 0}, trigger=Daily("03:30"))
    runner = JobRunner(tmp_path, [job])
    runner.run(job)
    runner.beat()
    assert JobRunner(tmp_path, [job]).first_run_at(job) == START


def test_a_disk_that_takes_no_records_keeps_no_job_from_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    job = a_job(lambda: ran.append(1) or {"x": 1})
    runner = JobRunner(tmp_path, [job])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(job_runs, "_replace", full)
    with capture_logs() as lines:
        runner.run(job)
        runner.run(job)
        runner.beat()
    assert len(ran) == 2
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["runs cannot be recorded"]


def test_lag_is_how_late_a_job_is(tmp_path: Path, now: Any) -> None:
    JobRunner(tmp_path, [a_job()]).beat()
    assert (report(tmp_path).state, report(tmp_path).lag_seconds) == ("never", 0)
    now(START + 25 * SECOND)
    assert report(tmp_path).lag_seconds == 15


def test_a_file_of_another_shape_is_read_as_none(tmp_path: Path) -> None:
    JobRunner(tmp_path, [a_job()]).beat()
    (tmp_path / "run" / "scheduler.json").write_text(json.dumps({"other": 1}))
    (tmp_path / "run" / "jobs" / "tidy.json").write_text("[")
    assert read_report(tmp_path, START).jobs == ()
    JobRunner(tmp_path, [a_job()]).beat()
    assert report(tmp_path).last_run is None


def test_who_is_present_is_seen_until_it_is_gone(tmp_path: Path) -> None:
    assert present_since(tmp_path, "api") is None
    with be_present(tmp_path, "api"), be_present(tmp_path, "api"):
        since = present_since(tmp_path, "api")
        assert since is not None
        assert abs(clock.now_us() - since) < 10 * SECOND
        assert present_since(tmp_path, "scheduler") is None
    assert present_since(tmp_path, "api") is None


def test_two_who_ask_at_once_do_not_take_each_other_for_a_scheduler(tmp_path: Path) -> None:
    with be_present(tmp_path, "scheduler"):
        pass
    with (tmp_path / "run" / "scheduler.alive").open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as another process that asks
        assert present_since(tmp_path, "scheduler") is None
