"""Compaction and expiry die, or the disk fails them, at any step: each event still counts once, and nothing half done
counts."""

from __future__ import annotations

import errno
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from iafa_api import clock
from iafa_api.errors import Unavailable
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake import expiry, parquet_merge
from iafa_api.lake.compaction import run_compaction
from iafa_api.lake.expiry import Retention, run_expiry
from iafa_api.lake.manifest import Manifest
from tests.crash import torture
from tests.crash.test_kill import named_and_present
from tests.crash.world import OTHER_PROJECT, PROJECT, World

NOW_US = clock.parse_time("2026-01-12T00:00:00Z")
CALLS = ("fsync", "rename", "unlink", "replace")
Work = Callable[[World, Callable[[str], None]], Any]


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.test_lake_care"])
    return context


def compact(world: World, on_step: Callable[[str], None] = lambda step: None) -> Any:
    return run_compaction(world.manifest, world.root, on_step=on_step)


def compact_in_pieces(world: World, on_step: Callable[[str], None] = lambda step: None) -> Any:
    def in_pieces(*args: Any, **more: Any) -> Any:
        return merge(*args, **more, piece_rows=5)

    merge = parquet_merge.merge_files
    with mock.patch.object(parquet_merge, "merge_files", in_pieces):
        return compact(world, on_step)


def archive(world: World, on_step: Callable[[str], None] = lambda step: None) -> Any:
    with mock.patch.object(expiry, "COMMIT_FILES", 2), mock.patch.object(expiry, "GAP_SECONDS", 0.0):
        known = {PROJECT: Retention(10)}
        return run_expiry(world.manifest, world.root, lambda: known, now_us=NOW_US, is_archiving=True, on_step=on_step)


WORKS: dict[str, Work] = {"compaction": compact, "compaction in pieces": compact_in_pieces, "expiry": archive}


def send_and_flush(world: World, flushes: int = 8) -> None:
    """Three small files of old days, and enough of a later day to be merged."""
    for number in range(flushes):
        for day in ("2026-01-01", "2026-01-10") if number < 3 else ("2026-01-10",):
            world.send(*[{"id": f"{day} {number}.{n}", "timestamp": f"{day}T10:00:00Z"} for n in range(3)])
        world.flush()


def all_rows(world: World) -> list[dict[str, Any]]:
    """What counts, the archive included, in order of arrival."""
    files = world.manifest.snapshot(PROJECT, with_archive=True).files
    tables = [parquet_merge.parquet.pq.ParquetFile(world.root / file.path).read() for file in files]
    table = parquet_merge.pa.concat_tables(tables)
    rows: list[dict[str, Any]] = table.sort_by([("segment", "ascending"), ("place", "ascending")]).to_pylist()
    return rows


def require_in_order(world: World) -> None:
    """What is named is there, and what is there after a sweep is named."""
    assert run_sweep(world.buffer, world.manifest, world.root, grace_us=60_000_000).lost == ()
    named, present = named_and_present(world.root)
    archived = {path.relative_to(world.root).as_posix() for path in (world.root / "archive").rglob("*.*")}
    assert named == present | archived


def work_and_die(root: Path, name: str, deadly_call: int) -> None:
    """Work, and die before the n-th call that changes the disk or step, before or after a commit."""
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == deadly_call:
            torture.die()

    world = World(root)
    torture.count_changes(count)
    WORKS[name](world, count)


def with_calls(count: Callable[..., None]) -> Callable[[str], None]:
    """Have `count` called before each change of the disk; what it is also to be called with at each step."""

    def counted(function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            count()
            return function(*args, **options)

        return call

    os.fsync = counted(os.fsync)
    os.link = counted(os.link)
    for name in CALLS[1:]:
        setattr(Path, name, counted(getattr(Path, name)))
    return count


@pytest.mark.parametrize("name", WORKS)
def test_what_dies_at_any_call_changes_no_answer_and_the_next_run_ends_it(
    processes: ForkServerContext, tmp_path: Path, name: str
) -> None:
    world = World(tmp_path)
    send_and_flush(world)
    before = all_rows(world)
    calls, is_done = 0, False
    while not is_done:
        calls += 1
        process = processes.Process(target=work_and_die, args=(tmp_path, name, calls))
        process.start()
        process.join(30)
        assert process.exitcode in (0, -signal.SIGKILL)
        is_done = process.exitcode == 0
        assert all_rows(world) == before, f"an answer changed by {name} that died at call {calls}"
        world.send_ids(f"after {calls}")
        world.flush()
        require_in_order(world)
        before = all_rows(world)
    assert calls > 5
    WORKS[name](world, lambda step: None)
    assert all_rows(world) == before


class Failing:
    """Fails the n-th change of the disk."""

    def __init__(self, number: int, error: int) -> None:
        self.left = number
        self.error = error

    def __call__(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def patched() -> Iterator[None]:
    kept = {name: getattr(Path, name) for name in CALLS[1:]}
    calls = os.fsync, os.link
    yield
    os.fsync, os.link = calls
    for name, function in kept.items():
        setattr(Path, name, function)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("name", WORKS)
def test_what_the_disk_fails_at_any_step_leaves_no_file_and_is_done_later(
    tmp_path: Path, patched: None, name: str, error: int
) -> None:
    world = World(tmp_path)
    send_and_flush(world)
    before, number, failed = all_rows(world), 0, True
    fsync, link = os.fsync, os.link
    kept = {call: getattr(Path, call) for call in CALLS[1:]}
    while failed:
        number += 1
        failing = Failing(number, error)
        try:
            WORKS[name](world, with_calls(failing))
        except (OSError, Unavailable):
            pass
        else:
            assert failing.left > 0
        failed = failing.left <= 0
        os.fsync, os.link = fsync, link
        for call, function in kept.items():
            setattr(Path, call, function)
        assert all_rows(world) == before
        require_in_order(world)
    assert number > 5


def fill_with_noise(world: World) -> None:
    for number in range(8):
        noise = [{"properties": {"x": clock.new_secret(4000).hex()}, "id": f"{number}.{n}"} for n in range(40)]
        world.send(*[{**event, "timestamp": "2026-01-01T10:00:00Z"} for event in noise])
        world.flush()


def work_in_a_small_space(root: Path, name: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    with pytest.raises(OSError, match=r"(?i)file too large"):
        WORKS[name](World(root), lambda step: None)


@pytest.mark.parametrize("name", ["compaction", "compaction in pieces"])
def test_a_write_that_the_system_cuts_short_leaves_no_file(
    processes: ForkServerContext, tmp_path: Path, name: str
) -> None:
    world = World(tmp_path)
    fill_with_noise(world)
    before, files = all_rows(world), set(tmp_path.rglob("*"))
    process = processes.Process(target=work_in_a_small_space, args=(tmp_path, name))
    process.start()
    process.join(30)
    assert process.exitcode == 0
    assert {path for path in set(tmp_path.rglob("*")) - files if path.name not in ("lake.remove.lock",)} == set()
    assert all_rows(world) == before
    assert compact(world).merge_count == 1
    assert all_rows(world) == before


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("name", WORKS)
def test_a_commit_that_fails_leaves_files_only_where_they_count(tmp_path: Path, is_committed: bool, name: str) -> None:
    world = World(tmp_path)
    send_and_flush(world)
    before, commit = all_rows(world), world.manifest.commit

    def fail(**changes: Any) -> int:
        if is_committed:
            commit(**changes)
        raise Unavailable("The manifest cannot be used now.", retry_after_seconds=5.0)

    world.manifest.commit = fail  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        WORKS[name](world, lambda step: None)
    world.manifest.commit = commit  # type: ignore[method-assign]
    assert all_rows(world) == before
    named = {tmp_path / path for path in Manifest(tmp_path / "manifest.sqlite3").known_paths()}
    assert {path for path in tmp_path.rglob("*.parquet") if path not in named} == set()
    WORKS[name](world, lambda step: None)
    assert all_rows(world) == before


def care_until_told(root: Path, stop: Any) -> None:
    """Compact, expire another project's events and sweep, again and again."""
    world = World(root)
    while not stop.poll():
        compact(world)
        run_expiry(world.manifest, root, lambda: {OTHER_PROJECT: Retention(1)}, is_archiving=True)
        run_sweep(world.buffer, world.manifest, root, grace_us=60_000_000, lock_seconds=20.0)


def test_readers_see_each_event_once_while_files_are_flushed_merged_expired_and_swept(
    processes: ForkServerContext, tmp_path: Path
) -> None:
    world = World(tmp_path)
    batch_count, worker_count = 150, 2
    for day in range(10, 20):
        world.send({"id": str(day), "timestamp": f"2026-01-{day}T10:00:00Z"}, project_id=OTHER_PROJECT)
    writers = [
        processes.Process(target=torture.write_some, args=(tmp_path, worker, batch_count))
        for worker in range(worker_count)
    ]
    reading, writing = processes.Pipe(duplex=False)
    reader_stopped, stop_reader = processes.Pipe(duplex=False)
    carer_stopped, stop_carer = processes.Pipe(duplex=False)
    reader = processes.Process(target=torture.read_while_flushing, args=(tmp_path, writing, reader_stopped))
    carer = processes.Process(target=care_until_told, args=(tmp_path, carer_stopped))
    for process in [*writers, reader, carer]:
        process.start()
    answers = []
    while any(process.is_alive() for process in writers):
        world.flush(wait_seconds=0.3, lock_seconds=20.0)
        time.sleep(0.01)
        while reading.poll():
            answers.append(reading.recv())
    until = clock.monotonic() + 60
    while clock.monotonic() < until and (world.ids(OTHER_PROJECT) or len(answers) < 10):
        world.send_ids(f"late {clock.new_id()}")
        world.flush(wait_seconds=0.3, lock_seconds=20.0)
        while reading.poll():
            answers.append(reading.recv())
    for stop in (stop_reader, stop_carer):
        stop.send(None)
    while reader.is_alive() or reading.poll():
        if reading.poll(0.1):
            answers.append(reading.recv())
    reader.join()
    carer.join(30)
    assert (reader.exitcode, carer.exitcode) == (0, 0)
    world.flush()
    ids = world.ids()
    assert {f"{w}.{n}" for w in range(worker_count) for n in range(batch_count)} <= set(ids)
    assert set(ids.values()) == {1}
    assert len(answers) > 3
    assert [answer for answer in answers if answer[0] != answer[1]] == [], "an answer held an event twice"
    assert [answer for answer in answers if answer[2]] == [], "an event that an answer held was gone in the next"
    assert len(world.manifest.snapshot(PROJECT).files) < 40
    assert world.ids(OTHER_PROJECT) == {}
