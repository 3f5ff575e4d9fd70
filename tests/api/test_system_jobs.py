"""GET /system/jobs and GET /metrics: how the scheduler and the server are."""

import re

import pytest

from iafa_api import clock
from iafa_api.rest import metrics
from iafa_api.upkeep.job_runs import JobRuns
from iafa_api.upkeep.presence import be_present
from scheduler.jobs import make_jobs
from scheduler.runner import JobRunner
from tests.api.test_members import join


@pytest.fixture
def jobs(services, settings):
    return {job.id: job for job in make_jobs(services, settings)}


@pytest.fixture
def runner(services, jobs):
    runner = JobRunner(services.data_dir, list(jobs.values()))
    runner.beat()
    return runner


@pytest.fixture
def run(jobs, runner):
    """Run a job as the scheduler does."""

    def run(name, **more):
        runner.run(jobs[name], **more)
        runner.beat()

    return run


def job(person, name):
    (found,) = [job for job in person.get("/system/jobs").json["jobs"] if job["id"] == name]
    return found


def test_where_no_scheduler_ever_ran_that_is_said(ann):
    assert ann.get("/system/jobs").json == {
        "scheduler": {"alive": False, "since": None, "seen_at": None, "has_standby": False},
        "jobs": [],
    }


def test_it_is_for_owners_and_admins(ann, anybody):
    assert anybody.get("/system/jobs").status_code == 401
    assert join(ann, "ana", "analyst").get("/system/jobs").status_code == 403
    assert join(ann, "carl", "admin").get("/system/jobs").status_code == 200
    assert ann.get("/system/jobs").status_code == 200


def test_a_job_that_never_ran(ann, runner):
    flush = job(ann, "flush")
    assert (flush["state"], flush["trigger"], flush["last_run"], flush["last_look_at"]) == (
        *("never", "every second"),
        *(None, None),
    )
    assert clock.parse_time(flush["next_run_at"]) > clock.now_us() - 60 * clock.MICROSECONDS


def test_a_run_is_told_with_what_it_changed(ann, run):
    project = ann.make_project()
    ann.track(project["api_key"], {"event_type": "a", "user_id": "u"})
    run("flush", is_asked=True)
    flush = job(ann, "flush")
    assert flush["state"] == "idle"
    assert flush["last_run"].items() >= {"result": "ok", "error": None, "is_overdue": False}.items()
    assert flush["last_run"]["changed"]["events"] == 1
    assert flush["last_run"]["began_at"] <= flush["last_run"]["ended_at"]
    assert flush["last_run"]["duration_seconds"] > 0
    assert flush["last_look_at"] == flush["last_success_at"] == flush["last_run"]["began_at"]


def test_a_look_without_anything_to_do_is_no_run(ann, run):
    run("flush")
    flush = job(ann, "flush")
    assert (flush["state"], flush["last_run"]) == ("idle", None)
    assert flush["last_look_at"] is not None


def test_a_failure_is_told_without_trace_or_path(ann, run, services, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError(f"{services.data_dir}/manifest.sqlite3 is locked")

    monkeypatch.setattr("scheduler.jobs.run_sweep", fail)
    run("sweep")
    sweep = job(ann, "sweep")
    assert (sweep["last_run"]["result"], sweep["last_run"]["error"]) == ("failed", "RuntimeError: … is locked")
    assert sweep["failed_count"] == 1
    assert str(services.data_dir) not in ann.get("/system/jobs").text


def test_the_lag_of_the_flush_is_the_age_of_the_oldest_event(ann, runner, monkeypatch):
    assert job(ann, "flush")["lag_seconds"] == 0
    project = ann.make_project()
    ann.track(project["api_key"], {"event_type": "a", "user_id": "u"})
    now = clock.now_us() + 90 * clock.MICROSECONDS
    monkeypatch.setattr(clock, "now_us", lambda: now)
    assert 89 < job(ann, "flush")["lag_seconds"] < 95


def test_a_running_an_overdue_and_an_interrupted_job(ann, runner, services, monkeypatch):
    JobRuns(services.data_dir).begin("sweep")
    assert job(ann, "sweep")["last_run"]["result"] == "interrupted", "nobody is alive who could run it"
    with be_present(services.data_dir, "jobs"):
        sweep = job(ann, "sweep")
        assert (sweep["state"], sweep["last_run"]) == ("running", None)
        assert sweep["running_since"] is not None
        later = clock.now_us() + 301 * clock.MICROSECONDS
        monkeypatch.setattr(clock, "now_us", lambda: later)
        assert job(ann, "sweep")["state"] == "overdue"


def test_a_living_scheduler_and_its_standby_are_told(ann, runner, services):
    with be_present(services.data_dir, "scheduler"), be_present(services.data_dir, "standby"):
        told = ann.get("/system/jobs").json["scheduler"]
    assert (told["alive"], told["has_standby"]) == (True, True)
    assert clock.parse_time(told["since"]) <= clock.now_us()
    assert told["seen_at"] is not None


def test_it_is_documented(anybody):
    document = anybody.get("/openapi.json").json
    operation = document["paths"]["/api/v1/system/jobs"]["get"]
    assert "200" in operation["responses"]
    assert set(document["components"]["schemas"]["Job"]["properties"]) >= {"id", "trigger", "last_run", "lag_seconds"}


def figures(person):
    answer = person.get("//metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_tell_what_a_monitor_needs(ann, anybody, run):
    before = figures(anybody)
    project = ann.make_project()
    ann.track(project["api_key"], *[{"event_type": "a", "user_id": "u"}] * 3, {"user_id": "u"})
    ann.get("/nowhere")
    waiting = figures(anybody)
    run("flush")
    assert figures(anybody)["iafa_buffer_events"] == 3
    run("flush", is_asked=True)
    run("flush")
    after = figures(anybody)

    def more(name):
        return after[name] - before.get(name, 0)

    assert more("iafa_events_accepted_total") == 3
    assert more("iafa_events_refused_total") == 1
    assert more('iafa_http_requests_total{blueprint="tracking",method="POST",status="200"}') == 1
    assert more('iafa_http_requests_total{blueprint="none",method="GET",status="404"}') == 1
    assert more('iafa_http_request_seconds_count{blueprint="projects"}') == 1
    assert waiting["iafa_buffer_bytes"] > 0
    assert waiting["iafa_buffer_oldest_seconds"] > 0
    assert after["iafa_buffer_bytes"] == after["iafa_buffer_oldest_seconds"] == after["iafa_buffer_events"] == 0
    assert after['iafa_manifest_files{state="live"}'] == 1
    assert after['iafa_manifest_rows{state="live"}'] == 3
    assert after['iafa_manifest_bytes{state="archived"}'] == 0
    assert after['iafa_job_last_success_timestamp_seconds{job="flush"}'] > 1.7e9
    assert after['iafa_job_last_duration_seconds{job="flush"}'] > 0
    assert after['iafa_job_failures_total{job="flush"}'] == after['iafa_job_overdue{job="flush"}'] == 0
    assert after["iafa_scheduler_alive"] == 0
    assert after["iafa_disk_free_bytes"] > 0


def test_metrics_name_nobody(ann, anybody, run, services):
    project = ann.make_project(name="Secret shop")
    ann.track(project["api_key"], {"event_type": "bought.secretly", "user_id": "u-secret"})
    run("flush", is_asked=True)
    text = anybody.get("//metrics").text
    for secret in ("ecret", project["id"], ann.signed_in["user"]["id"], str(services.data_dir), "example.com"):
        assert secret not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)


def test_what_a_client_invents_makes_no_new_labels(anybody):
    for number in range(5):
        anybody.call(f"ODD{number}", f"/made/up/{number}")
    text = anybody.get("//metrics").text
    assert "ODD" not in text
    assert "made/up" not in text
    assert 'method="other"' in text


def test_counting_a_tracked_event_costs_next_to_nothing():
    began = clock.monotonic()
    for _ in range(10_000):
        metrics.count_events(1, 0)
        metrics.count_request("tracking", "POST", 200, 0.001)
    assert (clock.monotonic() - began) / 10_000 < 20e-6, "measured: about 0.6 microseconds"
