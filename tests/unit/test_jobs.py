"""The scheduler's jobs: what they do, when, and what they say of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from iafa_api import clock
from iafa_api.ingest.flush import STUCK_SECONDS, FlushResult
from iafa_api.ingest.frames import FrameHeader
from iafa_api.ingest.segments import Segment
from iafa_api.lake import layout
from iafa_api.lake.writer_lock import hold_writer_lock
from iafa_api.services import Services
from iafa_api.settings import Settings
from iafa_api.upkeep.job_runs import Run
from scheduler import jobs
from scheduler.jobs import Job, make_jobs
from scheduler.runner import JobRunner
from scheduler.triggers import Daily, Every
from tests.conftest import Person

PROJECT = "11111111-2222-4333-8444-555555555555"
EVENT = b'[{"event_type":"a","user_id":"u"}]'


def send(services: Services, count: int = 1) -> None:
    for _ in range(count):
        services.buffer.append(FrameHeader(1, PROJECT, 0, clock.new_secret(16), "batch", "x", 1), EVENT)


def job(services: Services, settings: Settings, name: str) -> Job:
    (found,) = [job for job in make_jobs(services, settings) if job.id == name]
    return found


def run(data_dir: Path, job: Job, **more: Any) -> Run:
    return JobRunner(data_dir, [job]).run(job, **more)


def test_invitations_whose_time_is_over_are_forgotten(ann: Person, services: Services, settings: Settings) -> None:
    forget = job(services, settings, "forget")
    assert ann.post("/organization/invitations", {"email": "c@example.com", "role": "viewer"}).status_code == 201
    assert forget.run() == {}
    with pytest.MonkeyPatch.context() as patched:
        later = clock.now_us() + 8 * 86_400 * clock.MICROSECONDS
        patched.setattr(clock, "now_us", lambda: later)
        assert forget.run() == {"expired_invitations": 1}
        assert forget.run() == {}


def test_keys_that_a_crash_has_left_are_destroyed(ann: Person, services: Services, settings: Settings) -> None:
    made = ann.post("/organization/invitations", {"email": "c@example.com", "role": "viewer"}).json
    invited = set(services.vault.list_persons()) - {ann.signed_in["user"]["id"]}
    ann.delete(f"/organization/invitations/{made['id']}")
    services.vault.create_person(invited.pop())
    assert job(services, settings, "forget").run() == {"keys": 1}


@pytest.fixture
def said() -> Any:
    with capture_logs() as lines:
        yield lines


def test_a_flush_runs_when_enough_wait_and_says_what_it_did(services: Services, settings: Settings) -> None:
    flush = job(services, settings, "flush")
    send(services, settings.event_buffer_size - 1)
    assert flush.run() == {}
    send(services)
    assert flush.run() == {"events": settings.event_buffer_size, "duplicates": 0, "files": 1}


def test_the_sweep_runs_by_the_clock_and_removes_merged_runs(services: Services, settings: Settings) -> None:
    sweep = job(services, settings, "sweep")
    assert sweep.trigger == Every(600)
    assert sweep.run() == {}
    orphan = services.data_dir / "ids" / f"project_{PROJECT}" / "run_orphan.ids"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    assert sweep.run() == {"files": 1}
    assert not orphan.exists()


@pytest.mark.parametrize("name", ["sweep", "flush"])
def test_the_flush_and_the_sweep_wait_for_each_other(services: Services, settings: Settings, name: str) -> None:
    send(services, settings.event_buffer_size)
    orphan = services.data_dir / "ids" / "run_orphan.ids"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    results: list[Mapping[str, Any]] = []
    with hold_writer_lock(services.data_dir):
        thread = threading.Thread(target=lambda: results.append(job(services, settings, name).run()))
        thread.start()
        thread.join(0.3)
        assert (thread.is_alive(), results) == (True, [])
    thread.join(10)
    assert results[0]


@pytest.mark.parametrize("alarm", ["damaged", "stuck", "lost"])
def test_what_a_person_must_look_at_is_an_error_line(said: list[Mapping[str, Any]], alarm: str, tmp_path: Path) -> None:
    run(tmp_path, Job("a", Every(1), lambda: {"events": 5}, 60))
    run(tmp_path, Job("b", Every(1), lambda: {"events": 5, alarm: ("name",)}, 60))
    run(tmp_path, Job("c", Every(1), dict, 60))
    assert [(line["log_level"], line["job"]) for line in said] == [("info", "a"), ("error", "b")]
    assert said[1][alarm] == ("name",)


def test_a_damaged_segment_is_said_even_where_nothing_of_it_can_be_stored(
    services: Services, settings: Settings
) -> None:
    send(services, settings.event_buffer_size)
    assert services.buffer.pending().event_count
    services.buffer.close()
    (segment,) = services.buffer.list_segments()
    content = bytearray(segment.path.read_bytes())
    content[70] ^= 1  # in the first frame
    segment.path.write_bytes(bytes(content))
    assert job(services, settings, "flush").run()["damaged"] == (segment.name,)


def test_a_stuck_segment_is_said_once_a_minute_and_makes_no_flush_due_meanwhile(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = job(services, settings, "flush")
    send(services, settings.event_buffer_size)
    (stuck,) = services.buffer.list_segments()
    flushes: list[Segment] = []

    def flush_nothing(*_: object, **__: object) -> FlushResult:
        flushes.append(stuck)
        return FlushResult(stuck=(stuck.name,))

    now = clock.monotonic()
    monkeypatch.setattr(jobs, "run_flush", flush_nothing)
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    assert flush.run() == {"stuck": (stuck.name,)}
    assert flush.run() == {}
    assert len(flushes) == 1
    now += STUCK_SECONDS
    assert flush.run() == {"stuck": (stuck.name,)}
    assert len(flushes) == 2


def test_compaction_merges_what_the_flushes_left_and_tells_a_file_that_it_cannot_once(
    services: Services, settings: Settings
) -> None:
    flush, compaction = job(services, settings, "flush"), job(services, settings, "compaction")
    for _ in range(9):
        send(services)
        assert flush.run_now
        flush.run_now()
    broken = services.manifest.snapshot(PROJECT).files[0]
    (services.data_dir / broken.path).write_bytes(b"PAR1")
    done = {"merges": 1, "files_before": 8, "files_after": 1, "events": 8}
    assert compaction.run() == {**done, "refused": (broken.path,)}
    assert compaction.run() == {}


def test_expiry_runs_daily_and_takes_what_is_past_its_days(ann: Person, services: Services, settings: Settings) -> None:
    project = ann.make_project(retention_days=30)
    for days, user in ((20, "old"), (1, "new")):
        moment = clock.format_time(clock.now_us() - days * 86_400 * clock.MICROSECONDS)
        ann.track(project["api_key"], {"event_type": "a", "user_id": user, "timestamp": moment})
    changed = ann.put(f"/projects/{project['id']}", {"name": "Shop", "retention_days": 7}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    flush = job(services, settings, "flush")
    assert flush.run_now
    flush.run_now()
    expiry = job(services, replace(settings, expired_events="archive"), "expiry")
    assert expiry.trigger == Daily("03:30")
    assert expiry.run() == {"files": 1, "events": 1, "archived": 1}
    assert expiry.run() == {}
    assert len(services.manifest.list_expired(project["id"])) == 1


def test_roll_ups_follow_the_flushes_and_a_day_that_cannot_be_counted_is_told_once(
    services: Services, settings: Settings
) -> None:
    flush, rollups = job(services, settings, "flush"), job(services, settings, "rollups")
    assert rollups.run() == {}
    send(services)
    assert flush.run_now
    flush.run_now()
    assert rollups.run() == {"days": 1}
    assert rollups.run() == {}
    send(services)
    flush.run_now()
    day = services.manifest.snapshot(PROJECT).files[0].day
    for file in services.manifest.snapshot(PROJECT).files:
        (services.data_dir / file.path).write_bytes(b"PAR1")
    assert rollups.run() == {"refused": (f"{PROJECT} {layout.day_to_date(day)}",)}
    assert rollups.run() == {}
