"""`iafa jobs`: what it shows, and `iafa jobs run` alone, through a scheduler, and where something is wrong."""

import json
import threading

import pytest
import structlog
from click.testing import CliRunner

from iafa_api import clock
from iafa_api.cli import main
from iafa_api.commands import jobs as command
from iafa_api.upkeep.job_report import list_complaints
from iafa_api.upkeep.job_runs import JobRuns, list_asked, read_runs
from iafa_api.upkeep.presence import be_present
from iafa_api.upkeep.scheduler_lock import hold_scheduler_lock
from scheduler.jobs import make_jobs
from scheduler.runner import JobRunner


@pytest.fixture
def iafa(services):
    def iafa(*arguments):
        return CliRunner().invoke(main, ["--data-dir", str(services.data_dir), "jobs", *arguments])

    yield iafa
    structlog.reset_defaults()  # the command has set up logs for itself, on a stream that is closed by now


@pytest.fixture
def jobs(services, settings):
    return {job.id: job for job in make_jobs(services, settings)}


@pytest.fixture
def runner(services, jobs):
    runner = JobRunner(services.data_dir, list(jobs.values()))
    runner.beat()
    return runner


def test_where_nothing_ever_ran_that_is_said(iafa):
    assert iafa().output == "No scheduler ever ran here.\n"


def test_it_lists_the_jobs(iafa, jobs, runner, services):
    runner.run(jobs["sweep"], is_asked=True)
    runner.beat()
    with be_present(services.data_dir, "scheduler"), be_present(services.data_dir, "standby"):
        shown = iafa().output
    assert "A scheduler runs since" in shown
    assert "another stands by" in shown
    for name in jobs:
        assert name in shown
    (line,) = [line for line in shown.splitlines() if line.strip().startswith("sweep")]
    assert "ok" in line
    assert "No scheduler runs; the last one was seen" in iafa().output


def test_json_is_what_the_api_gives(iafa, ann, runner):
    assert json.loads(iafa("--json").output) == ann.get("/system/jobs").json


def test_a_job_runs_in_the_place_of_a_scheduler_where_none_runs(iafa, ann, services):
    project = ann.make_project()
    ann.track(project["api_key"], {"event_type": "a", "user_id": "u"})
    services.buffer.close()
    result = iafa("run", "flush")
    assert result.exit_code == 0, result.output
    assert "flush: ok in" in result.output
    assert "by this command. events: 1" in result.output
    assert read_runs(services.data_dir, "flush")[-1].changed["events"] == 1


def test_where_a_scheduler_runs_it_is_asked(iafa, jobs, runner, services):
    def answer():
        while not runner.list_wanted():
            clock.sleep(0.02)
        runner.run(jobs[runner.list_wanted()[0]])

    with hold_scheduler_lock(services.data_dir), be_present(services.data_dir, "scheduler"):
        thread = threading.Thread(target=answer)
        thread.start()
        result = iafa("run", "sweep", "--json")
        thread.join()
    assert result.exit_code == 0, result.output
    shown = json.loads(result.output)
    assert (shown["job"], shown["result"], shown["ran_in"]) == ("sweep", "ok", "the scheduler")
    assert list_asked(services.data_dir) == []


def test_a_job_that_fails_is_told_and_the_exit_code_is_1(iafa, services, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("it broke")

    monkeypatch.setattr("scheduler.jobs.run_sweep", fail)
    result = iafa("run", "sweep")
    assert result.exit_code == 1
    assert "RuntimeError: it broke" in result.output


@pytest.mark.parametrize("runs", [True, False])
def test_an_unknown_name_is_an_error_that_lists_the_names(iafa, runner, services, runs):
    if runs:
        with hold_scheduler_lock(services.data_dir), be_present(services.data_dir, "scheduler"):
            result = iafa("run", "nothing")
    else:
        result = iafa("run", "nothing")
    assert result.exit_code == 1
    assert "There is no job 'nothing'; there are checkpoints, compaction, expiry, flush" in result.output


def test_where_nobody_answers_the_request_is_taken_back(iafa, runner, services, monkeypatch):
    monkeypatch.setattr(command, "ABSENT_SECONDS", 0.3)
    with hold_scheduler_lock(services.data_dir):
        result = iafa("run", "sweep")
    assert result.exit_code == 1
    assert "No scheduler answers" in result.output
    assert list_asked(services.data_dir) == []


def test_what_is_wrong_is_complained_of_until_it_is_mended(jobs, runner, services, monkeypatch):
    def complaints():
        return list_complaints(services.data_dir, clock.now_us())

    assert complaints() == []
    with be_present(services.data_dir, "api"):
        assert complaints() == ["the API runs and no scheduler does: events wait in the buffer"]
        with be_present(services.data_dir, "scheduler"):
            assert complaints() == []
            later = clock.now_us() + 90 * clock.MICROSECONDS
            (said,) = list_complaints(services.data_dir, later)
            assert "has said nothing for" in said
    JobRuns(services.data_dir).begin("sweep")
    assert "sweep interrupted at " in complaints()[0]
    with be_present(services.data_dir, "jobs"):
        assert complaints() == []
        later = clock.now_us() + 301 * clock.MICROSECONDS
        with monkeypatch.context() as patched:
            patched.setattr(clock, "now_us", lambda: later)
            assert complaints() == ["sweep runs for longer than the 300 s it may take"]
    with monkeypatch.context() as patched:
        patched.setattr("scheduler.jobs.run_sweep", lambda *_, **__: 1 // 0)
        runner.run(jobs["sweep"])
    runner.beat()
    assert complaints()[0].endswith("ZeroDivisionError: integer division or modulo by zero")
    runner.run(jobs["sweep"])
    runner.beat()
    assert complaints() == [], "a later look that went well"
