"""Bytes that a crash or a bad disk leaves behind, failures in the middle of a flush, and a second flusher."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.domain.quality import total
from iafa_api.errors import Conflict, Unavailable
from iafa_api.ingest.flush import is_due
from iafa_api.ingest.frames import FrameHeader
from iafa_api.ingest.segments import Pending
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake import hash_runs, parquet
from iafa_api.lake.writer_lock import hold_writer_lock
from tests.crash.world import PROJECT, World


def dead_segment(world: World) -> Path:
    """The only segment, of a writer that is gone."""
    world.buffer.close()
    (segment,) = world.buffer.list_segments()
    return segment.path


@pytest.mark.parametrize("tail", [bytes(5000), b"\x05", b"\x05\x00\x00\x00abcdhello", b"\xff" * 300])
def test_a_torn_or_zero_filled_tail_ends_the_segment(tmp_path: Path, tail: bytes) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.send_ids("b")
    with dead_segment(world).open("ab") as file:
        file.write(tail)
    assert world.ids() == {"a": 1, "b": 1}
    result = world.flush()
    assert (result.event_count, result.damaged) == (2, ())
    assert world.ids() == {"a": 1, "b": 1}
    assert world.buffer.list_segments() == []


def test_a_cut_frame_that_nobody_was_answered_for_is_dropped_in_peace(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    path = dead_segment(world)
    content = path.read_bytes()
    path.write_bytes(content + content[64:-3])  # the synced length does not cover it
    assert (world.flush().damaged, world.ids()) == ((), {"a": 1})


def test_a_frame_past_the_synced_length_of_a_dead_writer_counts(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.send_ids("b")
    path = dead_segment(world)
    content = bytearray(path.read_bytes())
    content[32:48] = bytes([64, *bytes(15)])  # as after a power cut that took the cell back
    path.write_bytes(bytes(content))
    assert world.ids() == {"a": 1, "b": 1}
    assert world.flush().event_count == 2


@pytest.mark.parametrize("damage", ["header", "short", "frame", "body"])
def test_a_damaged_segment_does_not_stop_the_flush_and_its_bytes_are_kept(tmp_path: Path, damage: str) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    if damage == "body":  # a whole frame with a body that this program does not know
        world.buffer.append(FrameHeader(2, PROJECT, 0, b"b" * 16, "a later form", "x", 1), b"\x00\x01")
    world.send_ids("b")
    path = dead_segment(world)
    content = bytearray(path.read_bytes())
    if damage == "header":
        content[9] ^= 1
    if damage == "frame":
        content[-1] ^= 1
    path.write_bytes(bytes(content[:20] if damage == "short" else content))
    kept = path.read_bytes()
    readable = {"header": {}, "short": {}, "frame": {"a": 1}, "body": {"a": 1, "b": 1}}[damage]
    assert world.ids() == readable

    other = World(tmp_path)
    other.send_ids("c")
    result = other.flush()
    assert result.damaged == (path.name.removesuffix(".segment"),)
    assert other.ids() == {**readable, "c": 1}
    assert (tmp_path / "buffer" / "damaged" / path.name).read_bytes() == kept
    assert other.buffer.list_segments() == []
    assert other.flush().damaged == ()


def test_a_second_flusher_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    with hold_writer_lock(tmp_path), pytest.raises(Conflict):
        world.flush()
    assert world.flush().event_count == 1


@pytest.mark.parametrize("module", [parquet, hash_runs])
def test_a_flush_that_fails_leaves_no_files_and_the_next_one_takes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    world = World(tmp_path)
    world.send_ids("a", "b")
    name = "write_events" if module is parquet else "write"

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(OSError, match="No space"):
        world.flush()
    monkeypatch.undo()
    assert not list(tmp_path.rglob("*.parquet"))
    assert world.ids() == {"a": 1, "b": 1}
    assert world.flush().event_count == 2
    assert world.ids() == {"a": 1, "b": 1}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_flush_that_the_disk_fails_at_any_change_changes_no_answer_and_is_done_later(
    tmp_path: Path, error: int
) -> None:
    world = World(tmp_path)
    number, is_failing, sent = 0, True, 0
    while is_failing:
        number += 1
        world.send({"id": f"a{number}"}, {"id": f"b{number}", "timestamp": "2026-01-01T10:00:00Z"})
        world.send({"id": f"bad {number}", "event_type": ""})
        world.join(f"visitor {number}", f"user {number}")
        sent += 2
        left = number

        def fail(*_: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(error, os.strerror(error))

        with pytest.MonkeyPatch.context() as patch:
            for owner, name in ((os, "fsync"), (os, "link"), (Path, "rename"), (Path, "unlink"), (Path, "replace")):
                patch.setattr(owner, name, failing(getattr(owner, name), fail))
            with suppress(OSError, Unavailable):
                world.flush()
        is_failing = left <= 0
        assert set(world.ids().values()) == {1}
        assert len(world.ids()) == sent
        world.flush()
        assert world.buffer.list_segments() == []
        assert (len(world.ids()), len(world.owners())) == (sent, number)
    assert number > 10
    named = world.manifest.known_paths()
    kinds = ("*.parquet", "*.ids", "*.persons", "*.jsonl", "*.tmp")
    present = {path.relative_to(tmp_path).as_posix() for kind in kinds for path in tmp_path.rglob(kind)}
    assert present == named, "what is left of a failure fills the disk up further"
    assert total(world.manifest.read_quality(PROJECT, 0, 1 << 40)).rejected_count == number


def failing(function: Any, fail: Callable[..., None]) -> Any:
    def call(*args: Any, **options: Any) -> Any:
        fail()
        return function(*args, **options)

    return call


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_commit_that_fails_leaves_files_only_where_they_count(tmp_path: Path, is_committed: bool) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    commit = world.manifest.commit

    def fail(**changes: Any) -> int:
        if is_committed:
            commit(**changes)
        raise Unavailable("The manifest cannot be used now.", retry_after_seconds=5.0)

    world.manifest.commit = fail  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        world.flush()
    world.manifest.commit = commit  # type: ignore[method-assign]
    assert [len(list(tmp_path.rglob(f"*.{kind}"))) for kind in ("parquet", "ids")] == [is_committed, is_committed]
    assert world.ids() == {"a": 1}
    world.flush()
    assert world.ids() == {"a": 1}
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_a_merged_run_stays_for_readers_until_its_grace_time_is_over(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(hash_runs.MERGE_WIDTH):
        world.send_ids(f"id {number}")
        world.flush()
    (run,) = world.manifest.snapshot(PROJECT).runs
    assert run.row_count == hash_runs.MERGE_WIDTH
    assert len(list(tmp_path.rglob("*.ids"))) == hash_runs.MERGE_WIDTH
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=60_000_000)
    assert len(list(tmp_path.rglob("*.ids"))) == hash_runs.MERGE_WIDTH
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=-1)
    assert [path.name for path in tmp_path.rglob("*.ids")] == [Path(run.path).name]
    world.send_ids(*[f"id {number}" for number in range(hash_runs.MERGE_WIDTH)])
    assert world.flush().duplicate_count == hash_runs.MERGE_WIDTH


def test_a_missing_id_run_is_made_anew_and_repeats_are_still_known(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a", "b")
    world.flush()
    (run,) = world.manifest.snapshot(PROJECT).runs
    (tmp_path / run.path).write_bytes(b"broken")
    world.send_ids("a", "c")
    assert world.ids() == {"a": 1, "b": 1, "c": 1}
    assert world.flush().duplicate_count == 1
    assert world.ids() == {"a": 1, "b": 1, "c": 1}
    (anew,) = world.manifest.snapshot(PROJECT).runs
    assert (anew.row_count, anew.path == run.path) == (3, False)


def test_a_flush_is_due_by_number_or_by_age() -> None:
    now = clock.now_us()
    due = {"buffer_size": 100, "interval_seconds": 60.0}
    assert not is_due(Pending(0, None), now, **due)
    assert not is_due(Pending(99, now - 59_000_000), now, **due)
    assert is_due(Pending(100, now), now, **due)
    assert is_due(Pending(1, now - 60_000_000), now, **due)
