"""`iafa doctor`: every kind of damage has its line, what is sound has none, and nothing is touched."""

import hashlib
import json
import os
import sqlite3
import threading

import pytest

from iafa_api import clock
from iafa_api.commands.doctor import doctor
from iafa_api.upkeep.doctor import list_checks
from iafa_api.upkeep.findings import Patient
from iafa_api.upkeep.job_runs import JobRuns
from iafa_api.upkeep.presence import be_present
from scheduler.jobs import make_jobs
from scheduler.runner import JobRunner
from tests.cli.one_command import invoke


@pytest.fixture
def sound(ann, services, flush):
    """A directory with something of everything in it, and a server that has it open."""
    project = ann.make_project()
    ann.make_funnel(project["id"], "view", "pay")
    ann.track(project["api_key"], *[{"event_type": "view", "user_id": f"u{n}"} for n in range(20)])
    flush()
    ann.track(project["api_key"], {"event_type": "pay", "user_id": "u1"})
    services.store.write_snapshots()
    services.proof.write_checkpoint()
    return services.data_dir


def findings(data_dir, **more):
    patient = Patient(data_dir, more.pop("now_us", clock.now_us()), **more)
    return [finding for _, check in list_checks(patient) for finding in check()]


def not_ok(data_dir, **more):
    return {(finding.check, finding.level) for finding in findings(data_dir, **more) if finding.level != "ok"}


def tree(data_dir):
    return {
        str(path.relative_to(data_dir)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        for path in data_dir.rglob("*")
        if not path.name.startswith("manifest.sqlite3")  # its -shm is the readers' own; the rest is looked at below
    }


def test_what_is_sound_is_said_in_a_line_each_and_nothing_is_touched(sound, services):
    before, manifest = tree(sound), (sound / "manifest.sqlite3").read_bytes()
    result = invoke(doctor, sound)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert all(line.startswith("ok") for line in lines), result.output
    assert len(lines) == 17
    assert (tree(sound), (sound / "manifest.sqlite3").read_bytes()) == (before, manifest)
    services.close()
    assert not_ok(sound) == set()
    assert {path.name for path in sound.glob("manifest*")} == {"manifest.sqlite3", "manifest.sqlite3.lock"}


def test_an_empty_directory_is_sound_and_a_missing_one_is_not(tmp_path):
    assert not_ok(tmp_path) == {("secret", "warn")}
    assert list(tmp_path.iterdir()) == []
    assert not_ok(tmp_path / "nowhere") == {("directory", "bad")}


def edit_log(data_dir):
    path = data_dir / "metadata" / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Shop", b"Shoq", 1))


def cut_log(data_dir):
    path = data_dir / "metadata" / "log.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    (data_dir / "metadata" / "log.marks").unlink()


def edit_checkpoint(data_dir):
    path = data_dir / "metadata" / "checkpoints.jsonl"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"seq": content["seq"] - 1}) + "\n")


def alter_snapshot(data_dir):
    path = data_dir / "metadata" / "funnels.json"
    path.write_bytes(path.read_bytes().replace(b"Purchase", b"Purchasf"))


def alter_what_is_derived(data_dir):
    path = data_dir / "metadata" / "projects.json"
    content = json.loads(path.read_text())
    content["projects"][0]["api_key"] = "another"
    path.write_text(json.dumps(content))


def first(data_dir, pattern):
    return sorted(data_dir.rglob(pattern))[0]


def forget_file(data_dir):
    with sqlite3.connect(data_dir / "manifest.sqlite3") as connection:
        connection.execute("DELETE FROM files")
    os.utime(first(data_dir, "*.parquet"), (0, 0))


def cut_segment(data_dir):
    path = first(data_dir / "buffer", "*.segment")
    os.truncate(path, path.stat().st_size - 10)


LOG_UNREADABLE = {("log", "bad"), ("snapshots", "warn"), ("vault", "warn")}


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (edit_log, LOG_UNREADABLE),
        (cut_log, {("log", "warn"), ("snapshots", "bad"), ("checkpoints", "bad")}),
        (lambda d: (d / "metadata" / "checkpoints.jsonl").write_text("{}\n"), {("checkpoints", "bad")}),
        (edit_checkpoint, {("checkpoints", "bad")}),
        (lambda d: (d / "vault" / "audit-signing.pub").unlink(), {("checkpoints", "bad")}),
        (lambda d: (d / "metadata" / "log.jsonl").unlink(), LOG_UNREADABLE),
        (lambda d: (d / "metadata" / "log.marks").unlink(), {("log", "warn")}),
        (lambda d: (d / "metadata" / "users.json").unlink(), {("snapshots", "warn")}),
        (lambda d: (d / "metadata" / "users.json").write_text("{"), {("snapshots", "warn")}),
        (alter_snapshot, {("snapshots", "bad")}),
        (alter_what_is_derived, {("snapshots", "bad")}),
        (lambda d: first(d / "vault" / "persons", "*.key").unlink(), {("vault", "bad")}),
        (lambda d: first(d / "vault" / "persons", "*.key").write_bytes(b"x" * 32), {("vault", "bad")}),
        (lambda d: (d / "vault" / "email-index.key").unlink(), {("vault", "bad")}),
        (lambda d: first(d, "*.parquet").unlink(), {("events", "bad")}),
        (lambda d: first(d, "*.parquet").write_bytes(b"PAR1"), {("events", "bad")}),
        (lambda d: first(d, "*.ids").unlink(), {("ids", "warn")}),
        (forget_file, {("events", "warn")}),
        (cut_segment, {("buffer", "bad")}),
        (lambda d: first(d / "buffer", "*.segment").write_bytes(b"x" * 100), {("buffer", "bad")}),
        (lambda d: (d / "secret.key").chmod(0o644), {("permissions", "bad")}),
        (lambda d: (d / "events").chmod(0o755), {("permissions", "warn")}),
        (lambda d: (d / "secret.key").write_text("short"), {("secret", "bad")}),
    ],
)
def test_each_harm_has_its_line(sound, services, harm, said):
    services.close()
    harm(sound)
    (sound / "secret.key").touch(mode=0o600)
    assert not_ok(sound) == said
    result = invoke(doctor, sound)
    assert result.exit_code == (1 if "bad" in {level for _, level in said} else 0)
    assert all("→" in line for line in result.output.splitlines() if not line.startswith("ok")), "says what to do"


def test_a_manifest_that_is_none_is_told_and_hides_no_other_check(sound, services):
    services.close()
    (sound / "manifest.sqlite3").write_bytes(b"no data base" * 100)
    result = invoke(doctor, sound)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    lines = {line.split()[1]: line.split()[0] for line in result.output.splitlines()}
    assert lines["manifest"] == "bad"
    assert lines["log"] == lines["disk"] == "ok"


def test_a_lost_manifest_is_told(sound, services):
    services.close()
    for path in sound.glob("manifest.sqlite3*"):
        path.unlink()
    assert ("manifest", "bad") in not_ok(sound)


def test_clock_disk_and_waiting_are_looked_at(sound):
    hour = 3600 * clock.MICROSECONDS
    assert not_ok(sound, now_us=clock.now_us() - hour) == {("clock", "warn")}
    assert not_ok(sound, now_us=clock.now_us() + hour) == {("buffer", "warn")}
    assert not_ok(sound, free_disk_bytes=1 << 60) == {("disk", "bad")}


def test_an_api_without_a_scheduler_and_a_job_that_was_cut_off_are_told(sound, services, settings):
    JobRunner(sound, make_jobs(services, settings)).beat()
    assert not_ok(sound) == set()
    with be_present(sound, "api"):
        assert not_ok(sound) == {("jobs", "warn")}
        with be_present(sound, "scheduler"):
            assert not_ok(sound) == set()
    JobRuns(sound).begin("flush")
    assert not_ok(sound) == {("jobs", "warn")}


def test_beside_a_busy_server_nothing_is_called_bad(sound, ann, services, flush):
    stop = threading.Event()
    failures = []

    def work():
        try:
            while not stop.is_set():
                project = ann.make_project()
                ann.track(project["api_key"], {"event_type": "view", "user_id": "u"})
                flush()
                services.store.write_snapshots()
                services.proof.write_checkpoint()
        except BaseException as error:  # noqa: BLE001 - the test's own thread raises it
            failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(15):
            assert not_ok(sound) == set()
    finally:
        stop.set()
        worker.join()
    assert failures == []


def test_refused_events_that_are_gone_are_named(ann, sound, services, flush):
    ann.track(ann.make_project()["api_key"], {"event_type": "view"})
    flush()
    assert "1 files with 1 refused events are there" in str(findings(sound))
    (path,) = (sound / "quarantine").rglob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-1])
    assert not_ok(sound) == {("quarantine", "warn")}
    path.unlink()
    assert not_ok(sound) == {("quarantine", "warn")}


def test_calls_that_say_who_is_whom_and_are_gone_are_named(ann, sound, flush):
    key = {"X-API-Key": ann.make_project()["api_key"]}
    assert ann.post("/identify", {"user_id": "u", "anonymous_id": "v"}, headers=key).status_code == 200
    flush()
    assert "1 files with 1 calls are there" in str(findings(sound))
    (path,) = (sound / "identities").rglob("*.parquet")
    path.unlink()
    assert not_ok(sound) == {("identities", "bad")}
