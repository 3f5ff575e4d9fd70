"""What a flush may take, which of several events with one id wins, and what a reader sees in the middle of it."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.ingest.flush import find_stuck, plan_flush
from iafa_api.ingest.frames import SegmentHeader
from iafa_api.ingest.segments import Segment
from iafa_api.ingest.tail import read_source
from tests.crash.world import PROJECT, World


def segment(name: str, opened_at: int, last: int, *, is_live: bool = False) -> Segment:
    return Segment(name, Path(name), is_live, SegmentHeader(0, opened_at, 100, last), 100)


def planned(*segments: Segment) -> list[str]:
    chosen = plan_flush(segments, lambda one: one.header.last_received_at if one.header else 0)
    return [one.name for one in chosen]


def test_a_live_segment_is_never_taken_and_holds_back_what_is_later_than_its_opening() -> None:
    assert planned(segment("a", 1, 5), segment("b", 2, 9)) == ["a", "b"]
    assert planned(segment("a", 1, 5), segment("b", 6, 9, is_live=True)) == ["a"]
    assert planned(segment("a", 1, 5), segment("b", 5, 9, is_live=True), segment("c", 7, 8)) == []
    assert planned(segment("a", 1, 5), segment("b", 6, 6, is_live=True), segment("c", 4, 7)) == ["a"]


def test_a_live_segment_is_stuck_when_it_was_opened_long_ago_and_not_sealed_when_asked() -> None:
    minute = 60_000_000
    segments = [
        segment("opened a minute before", 0, 1, is_live=True),
        segment("opened less than a minute before", 2, 3, is_live=True),
        segment("sealed", 0, 1),
    ]
    assert find_stuck(segments, asked_us=minute, now_us=minute + 1) == ("opened a minute before",)
    assert find_stuck(segments, asked_us=0, now_us=minute + 1) == (), "opened after it was asked for"


def test_a_stuck_segment_holds_nobody_back_and_is_not_taken_itself() -> None:
    stuck, live = segment("stuck", 1, 5, is_live=True), segment("live", 8, 9, is_live=True)
    chosen = plan_flush(
        [stuck, segment("a", 2, 6), live, segment("b", 3, 8)],
        lambda one: one.header.last_received_at if one.header else 0,
        ["stuck"],
    )
    assert [one.name for one in chosen] == ["a"]


def test_a_stopped_writer_is_named_and_the_events_of_others_are_flushed_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iafa_api.ingest.flush.STUCK_SECONDS", 0.2)
    script = "import sys; sys.path[:0] = sys.argv[2:]; from pathlib import Path; from tests.crash.world import World\n"
    script += "world = World(Path(sys.argv[1])); world.send_ids('both', 'theirs'); print(flush=True); sys.stdin.read()"
    stopped = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert stopped.stdout is not None
    assert stopped.stdin is not None
    stopped.stdout.readline()
    stopped.send_signal(signal.SIGSTOP)
    try:
        world = World(tmp_path)
        (theirs,) = world.buffer.list_segments()
        world.send_ids("ours", "both")
        clock.sleep(0.3)
        result = world.flush(wait_seconds=0.5)
        assert (result.event_count, result.stuck) == (2, (theirs.name,))
        assert world.ids() == {"ours": 1, "both": 1, "theirs": 1}
        assert world.flush(wait_seconds=0.0).stuck == (theirs.name,), "named for as long as it is"
    finally:
        stopped.send_signal(signal.SIGCONT)
        stopped.stdin.close()
        stopped.wait(10)
        stopped.stdout.close()
    result = world.flush()
    assert (result.event_count, result.duplicate_count, result.stuck) == (1, 1, ())
    assert world.ids() == {"ours": 1, "both": 1, "theirs": 1}


def test_a_later_event_is_not_flushed_before_an_earlier_one_of_its_id_that_a_writer_still_holds(tmp_path: Path) -> None:
    slow, fast = World(tmp_path), World(tmp_path)
    slow.send({"id": "a", "user_id": "first"})
    fast.send({"id": "a", "user_id": "second"})
    fast.buffer.close()
    before = slow.rows()
    fast.flush(wait_seconds=0.0)
    assert slow.rows() == before
    slow.flush()
    assert slow.rows() == before
    assert before[0]["user_id"] == "first"
    assert slow.buffer.list_segments() == []


@pytest.mark.parametrize("bite_bytes", [1, 1 << 20])
def test_the_first_to_arrive_wins_whichever_segment_was_opened_first(tmp_path: Path, bite_bytes: int) -> None:
    one, other = World(tmp_path), World(tmp_path)
    one.send_ids("opens first")
    other.send({"id": "a", "user_id": "first"})
    one.send({"id": "a", "user_id": "second"}, {"id": "b"})
    other.send({"id": "b", "user_id": "late"}, {"id": "b", "user_id": "later"})
    for world in (one, other):
        world.buffer.close()
    before = one.rows()
    assert [(row["id"], row["user_id"]) for row in before] == [("opens first", "u"), ("a", "first"), ("b", "u")]
    result = one.flush(bite_bytes=bite_bytes)
    assert (result.event_count, result.duplicate_count, result.segment_count) == (3, 3, 2)
    assert one.rows() == before


@pytest.mark.parametrize("call", ["list_segments", "read_frames", "snapshot"])
def test_a_flush_in_the_middle_of_a_read_neither_hides_nor_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    world = World(tmp_path)
    world.send_ids("a", "b")
    world.buffer.close()
    owner: Any = world.manifest if call == "snapshot" else world.buffer
    original = getattr(owner, call)

    def flush_first(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        assert World(tmp_path).flush().event_count == 2
        return original(*args, **options)

    monkeypatch.setattr(owner, call, flush_first)
    assert world.ids() == {"a": 1, "b": 1}


def test_between_commit_and_unlink_the_events_count_from_parquet_and_the_segment_for_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a", "b")
    looked = []

    def look(step: str) -> None:
        if step in ("commit", "unlink"):
            source = read_source(world.buffer, world.manifest, tmp_path, PROJECT)
            looked.append((step, len(source.files), source.tail.num_rows, len(source.segment_lengths)))

    world.flush(on_step=look)
    assert looked == [("commit", 0, 2, 1), ("unlink", 1, 0, 0)]


def test_one_commit_takes_all_projects_and_days(tmp_path: Path) -> None:
    world = World(tmp_path)
    other = PROJECT.replace("1", "2")
    world.send({"timestamp": "2026-01-01T00:00:00Z"}, {"timestamp": "2026-01-02T00:00:00Z"})
    world.send({"id": "x"}, project_id=other)
    result = world.flush()
    assert (result.event_count, result.file_count, result.version) == (3, 3, 1)
    assert world.flush().version is None, "nothing waits, nothing is committed"


def test_a_tail_of_some_days_knows_repeats_of_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send(
        {"id": "a", "timestamp": "1970-01-02T00:00:00.000001Z"}, {"id": "b", "timestamp": "1970-01-03T00:00:00Z"}
    )
    world.flush()
    world.send({"id": "a", "timestamp": "1970-01-03T00:00:00Z"}, {"id": "c", "timestamp": "1970-01-03T00:00:00Z"})
    source = read_source(world.buffer, world.manifest, tmp_path, PROJECT, first_day=2, last_day=2)
    assert source.tail["id"].to_pylist() == ["c"]
    assert len(source.files) == 1


def test_what_a_tail_was_read_from_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    (live,) = world.buffer.list_segments()
    assert read_source(world.buffer, world.manifest, tmp_path, PROJECT).segment_lengths == {live.name: live.length}


def test_a_flush_of_many_small_projects_does_not_hold_their_files_open(tmp_path: Path) -> None:
    world = World(tmp_path)
    projects = [f"11111111-2222-4333-8444-{number:012d}" for number in range(60)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for each in range(4):
        for project_id in projects:
            world.send_ids(f"event {each}", project_id=project_id)
        in_use = len(list(Path("/proc/self/fd").iterdir()))
        resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 50, hard))
        try:
            assert world.flush().event_count == len(projects)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert world.ids(projects[0]) == {f"event {each}": 1 for each in range(4)}
