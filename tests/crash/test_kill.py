"""Processes die at any moment; every event that was answered for counts exactly once, no event counts twice."""

from __future__ import annotations

import time
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from iafa_api import clock
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake.manifest import Manifest
from tests.crash import torture
from tests.crash.world import OTHER_PROJECT, PROJECT, World

KILLS = 30
SOAK_KILLS = 240


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.torture"])
    return context


def named_and_present(root: Path) -> tuple[set[str], set[str]]:
    manifest = Manifest(root / "manifest.sqlite3")
    present = {
        path.relative_to(root).as_posix()
        for folder in ("events", "ids", "persons", "identities")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    return set(manifest.known_paths()), present


def test_whoever_is_killed_wherever_no_event_is_lost_or_doubled(processes: ForkServerContext, tmp_path: Path) -> None:
    tally = torture.run(processes, tmp_path, kills=KILLS, seed=7)
    assert tally.verdict.acknowledged > KILLS * 10
    assert tally.verdict.looks > 3


@pytest.mark.soak
def test_soak_hundreds_of_kills(
    processes: ForkServerContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = torture.run(processes, tmp_path, kills=SOAK_KILLS, seed=clock.now_us())
    with capsys.disabled():
        print(f"\n{tally}")
    assert tally.kills >= 200
    assert {name.split()[0] for name in tally.deaths} == {"writer", *torture.CARERS}
    assert min(tally.verdict.refused, tally.verdict.expired, tally.verdict.archived, tally.verdict.joined) > 100


def test_a_flush_that_dies_at_any_call_loses_and_doubles_nothing(processes: ForkServerContext, tmp_path: Path) -> None:
    world = World(tmp_path, segment_bytes=400)
    expected: dict[str, set[str]] = {PROJECT: set(), OTHER_PROJECT: set()}
    calls = 0
    is_done = False
    while not is_done:
        calls += 1
        for project_id, ids in expected.items():
            fresh = [f"{calls}.{part}" for part in range(3)]
            repeated = [str(name) for name in sorted(ids)[:: max(1, len(ids) // 3)]]
            world.send_ids(*fresh, *repeated, project_id=project_id)
            ids.update(fresh)
            world.join(f"visitor {calls}", f"user {calls}", project_id)
        links = {project_id: world.links(project_id) for project_id in expected}
        before = {project_id: world.rows(project_id) for project_id in expected}
        process = processes.Process(target=torture.flush_and_die, args=(tmp_path, calls), kwargs={"bite_bytes": 500})
        process.start()
        process.join(30)
        is_done = process.exitcode == 0
        assert process.exitcode in (0, -9)
        for _ in range(2):  # what the crash left, and what the next flush makes of it
            for project_id, ids in expected.items():
                after = world.rows(project_id)
                assert {row["id"] for row in after} == ids
                assert after == before[project_id], f"the answer changed by a flush that died at call {calls}"
                assert world.links(project_id) == links[project_id], f"links changed by a flush that died at {calls}"
                assert len(world.owners(project_id)) == calls
            world.flush()
            assert world.buffer.list_segments() == []
    assert calls > 15
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=-1)
    named, present = named_and_present(tmp_path)
    assert named == present
    for project_id, ids in expected.items():
        assert set(world.ids(project_id)) == ids


def test_many_writers_a_flusher_and_readers_at_once(processes: ForkServerContext, tmp_path: Path) -> None:
    world = World(tmp_path)
    batch_count, worker_count = 250, 4
    writers = [
        processes.Process(target=torture.write_some, args=(tmp_path, worker, batch_count))
        for worker in range(worker_count)
    ]
    reading, writing = processes.Pipe(duplex=False)
    is_stopped, stop = processes.Pipe(duplex=False)
    reader = processes.Process(target=torture.read_while_flushing, args=(tmp_path, writing, is_stopped))
    for process in [*writers, reader]:
        process.start()
    flushes = 0
    while any(process.is_alive() for process in writers):
        flushes += bool(world.flush(wait_seconds=0.5).event_count)
        time.sleep(0.02)
    stop.send(None)
    answers = []
    while reader.is_alive() or reading.poll():
        if reading.poll(0.1):
            answers.append(reading.recv())
    reader.join()
    world.flush()
    expected = {f"{w}.{n}" for w in range(worker_count) for n in range(batch_count)}
    expected |= {f"everybody.{n}" for n in range(batch_count)}
    ids = world.ids()
    assert set(ids) == expected
    assert set(ids.values()) == {1}
    assert flushes > 2
    assert len(answers) > 5
    assert [answer for answer in answers if answer[0] != answer[1]] == [], "an answer held an event twice"
    assert [answer for answer in answers if answer[2]] == [], "an event that an answer held was gone in the next"
