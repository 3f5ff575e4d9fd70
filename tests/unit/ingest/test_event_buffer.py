"""The buffer: durable before the answer, never beyond its marks, whole after a failure."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.errors import Unavailable
from iafa_api.ingest import buffer as buffer_module
from iafa_api.ingest import segments as segments_module
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import FrameHeader
from iafa_api.ingest.segments import remove_dead_temporaries

PROJECT = "11111111-2222-4333-8444-555555555555"


def header(event_count: int = 1) -> FrameHeader:
    return FrameHeader(1, PROJECT, 0, b"b" * 16, "batch", "batch", event_count)


def bodies(buffer: Buffer) -> list[bytes]:
    return [frame.body for segment in buffer.list_segments() for frame in buffer.read_frames(segment)]


@pytest.fixture
def buffer(tmp_path: Path) -> Any:
    buffer = Buffer(tmp_path / "buffer", free_disk_bytes=1)
    yield buffer
    buffer.close()


def test_what_append_returned_for_can_be_read_at_once(buffer: Buffer) -> None:
    first, second = buffer.append(header(), b"[1]"), buffer.append(header(), b"[2]")
    assert first < second
    (segment,) = buffer.list_segments()
    assert segment.is_live
    assert [frame.header.received_at for frame in buffer.read_frames(segment)] == [first, second]
    assert segment.header is not None
    assert segment.header.opened_at < first
    assert segment.header.last_received_at == second
    assert oct(segment.path.stat().st_mode)[-3:] == "600"


def test_a_live_segment_is_not_read_past_its_synced_length(buffer: Buffer) -> None:
    buffer.append(header(), b"[1]")
    (segment,) = buffer.list_segments()
    content = segment.path.read_bytes()
    with segment.path.open("ab") as file:
        file.write(content[64:])  # a whole frame, written and not synced
    assert bodies(buffer) == [b"[1]"]
    buffer.close()
    assert bodies(buffer) == [b"[1]", b"[1]"], "of a segment that nobody locks all whole frames count"


def test_the_clock_may_stand_still_or_go_back(tmp_path: Path) -> None:
    moments = iter([50, 40, 40, 30] + [20] * 100)
    buffer = Buffer(tmp_path, free_disk_bytes=1, now_us=lambda: next(moments))
    received = [buffer.append(header(), b"[]") for _ in range(5)]
    buffer.close()
    assert received == sorted(set(received))


def test_many_threads_share_syncs_and_each_is_stored_once(buffer: Buffer) -> None:
    def work(number: int) -> None:
        for turn in range(20):
            buffer.append(header(), f"{number}.{turn}".encode())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bodies(buffer)) == sorted(f"{n}.{t}".encode() for n in range(16) for t in range(20))
    times = [f.header.received_at for s in buffer.list_segments() for f in buffer.read_frames(s)]
    assert times == sorted(set(times))


def test_a_full_segment_is_sealed_and_the_next_one_opened(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, segment_bytes=1000, free_disk_bytes=1)
    for number in range(20):
        buffer.append(header(), b"%100d" % number)
    segments = buffer.list_segments()
    assert len(segments) > 2
    assert [segment.is_live for segment in segments[:-1]] == [False] * (len(segments) - 1)
    assert [int(body) for body in bodies(buffer)] == list(range(20))
    buffer.close()


def test_a_request_to_seal_parts_what_came_before_from_what_comes_after(buffer: Buffer) -> None:
    buffer.append(header(), b"before")
    moment = clock.now_us() + 1000
    buffer.request_seal(moment)
    while clock.now_us() < moment:
        pass
    buffer.append(header(), b"after")
    old, new = buffer.list_segments()
    assert (old.is_live, new.is_live) == (False, True)
    assert old.header is not None
    assert new.header is not None
    assert old.header.last_received_at < moment <= new.header.opened_at


def test_an_idle_writer_seals_when_asked_and_does_not_open_anew(buffer: Buffer) -> None:
    buffer.append(header(), b"[1]")
    buffer.request_seal(clock.now_us())
    give_up = clock.monotonic() + 3
    while buffer.list_segments()[0].is_live and clock.monotonic() < give_up:
        threading.Event().wait(0.02)
    assert [segment.is_live for segment in buffer.list_segments()] == [False]


def test_a_clock_that_was_set_back_keeps_no_segment_open(tmp_path: Path) -> None:
    now = clock.now_us()
    moments = [now + 3_600_000_000]
    buffer = Buffer(tmp_path, free_disk_bytes=1, now_us=lambda: moments[-1])
    buffer.append(header(), b"before")
    moments.append(now)
    buffer.request_seal(now - 1)
    buffer.append(header(), b"after")
    buffer.append(header(), b"no new request, no new segment")
    assert [segment.is_live for segment in buffer.list_segments()] == [False, True]
    buffer.close()


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "Permission denied"), RuntimeError("a bug")])
def test_a_writer_that_cannot_look_for_a_request_seals_and_goes_on(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(directory: str) -> int:
        raise error

    buffer.append(header(), b"[1]")
    monkeypatch.setattr(segments_module, "read_seal_request", fail)
    give_up = clock.monotonic() + 3
    while buffer.list_segments()[0].is_live and clock.monotonic() < give_up:
        threading.Event().wait(0.02)
    assert [segment.is_live for segment in buffer.list_segments()] == [False]
    buffer.require_room()
    with pytest.raises((Unavailable, RuntimeError)):
        buffer.append(header(), b"[refused]")
    monkeypatch.undo()
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[1]", b"[2]"]


def test_who_comes_while_another_writes_is_written_next_and_in_one_group(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_syncing, may_go_on, groups = threading.Event(), threading.Event(), []

    def slow_sync(descriptor: int, sync: Any = os.fdatasync) -> None:
        groups.append(descriptor)
        is_syncing.set()
        may_go_on.wait(5)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow_sync)
    threads = [threading.Thread(target=buffer.append, args=(header(), b"%d" % number)) for number in range(6)]
    threads[0].start()
    is_syncing.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(buffer._waiting) < 5:
        pass
    may_go_on.set()
    for thread in threads:
        thread.join()
    assert len(groups) == 2
    assert sorted(bodies(buffer)) == [b"%d" % number for number in range(6)]


def test_who_is_interrupted_while_it_writes_hears_so_and_the_others_go_on(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    buffer.append(header(), b"[1]")
    monkeypatch.setattr(os, "fdatasync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        buffer.append(header(), b"[interrupted]")
    monkeypatch.undo()
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[1]", b"[2]"]


@pytest.mark.parametrize("has_turn", [False, True])
def test_who_is_interrupted_while_it_waits_is_not_waited_for(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch, has_turn: bool
) -> None:
    buffer.append(header(), b"[1]")
    buffer._turn.acquire()
    interrupted = Interrupted(buffer._pass_on if has_turn else lambda: None)
    with monkeypatch.context() as patched:
        patched.setattr(buffer_module.threading, "Lock", lambda: interrupted)
        with pytest.raises(KeyboardInterrupt):
            buffer.append_group([(header(), b"[interrupted]"), (header(), b"[and what comes with it]")])
    if not has_turn:
        buffer._pass_on()
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[1]", b"[2]"]


def test_the_turn_may_come_before_its_heir_sleeps(buffer: Buffer) -> None:
    """It was taken for a wake-up that was still to come: the heir woke itself twice, and nobody was woken after it."""

    class HandingOver:
        """The lock of who stands in line; whoever leads hands over in the moment after it."""

        def __init__(self, lock: Any) -> None:
            self._lock = lock

        def __enter__(self) -> None:
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            buffer._lock = self._lock
            self._lock.release()
            buffer._pass_on()

    buffer._turn.acquire()
    buffer._lock = HandingOver(buffer._lock)  # type: ignore[assignment]
    buffer.append(header(), b"[1]")
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[1]", b"[2]"]


def test_a_group_is_stored_with_one_sync_and_each_hears_for_itself(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor, sync=os.fdatasync: syncs.append(sync(descriptor)))
    poisoned = FrameHeader(1, PROJECT, 0, b"b" * 16, "batch", "\ud800", 1)
    headers = [header(), poisoned, header()]
    outcomes = buffer.append_group([(each, b"%d" % number) for number, each in enumerate(headers)])
    assert [type(outcome) for outcome in outcomes] == [type(None), UnicodeEncodeError, type(None)]
    assert bodies(buffer) == [b"0", b"2"]
    assert 0 < headers[0].received_at < headers[2].received_at
    assert len(syncs) == 1


def test_a_group_may_be_larger_than_one_write_takes(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer_module, "GROUP_REQUESTS", 4)
    outcomes: list[BaseException | None] = []

    def append(number: int) -> None:
        requests = [(header(), b"%d.%d" % (number, turn)) for turn in range(11)]
        outcomes.extend(buffer.append_group(requests))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [None] * 66
    assert sorted(bodies(buffer)) == sorted(b"%d.%d" % (number, turn) for number in range(6) for turn in range(11))


def test_a_group_is_refused_as_one_where_the_disk_fails(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fdatasync", _fails)
    first, second = buffer.append_group([(header(), b"[1]"), (header(), b"[2]")])
    assert isinstance(first, Unavailable)
    assert isinstance(second, Unavailable)
    assert first is not second, "one exception raised in two places mixes their traces"
    monkeypatch.undo()
    buffer.close()
    (refused,) = buffer.append_group([(header(), b"[3]")])
    assert isinstance(refused, Unavailable)
    assert bodies(buffer) == []


class Interrupted:
    """A lock that is never had, because Ctrl-C comes first."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def acquire(self) -> None:
        self._before()
        raise KeyboardInterrupt

    def release(self) -> None:
        pass


def _fails(*_: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def _writes_half(descriptor: int, parts: list[bytes]) -> int:
    content = b"".join(parts)
    return os.write(descriptor, content[: len(content) // 2])


@pytest.mark.parametrize(
    ("call", "failure"), [("writev", _fails), ("writev", _writes_half), ("fdatasync", _fails), ("pwrite", _fails)]
)
def test_a_failed_write_is_unavailable_leaves_nothing_and_later_appends_work(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch, call: str, failure: Any
) -> None:
    buffer.append(header(), b"[1]")
    monkeypatch.setattr(os, call, failure)
    with pytest.raises(Unavailable) as caught:
        buffer.append(header(), b"[refused]")
    assert caught.value.retry_after_seconds > 0
    with pytest.raises(Unavailable):
        buffer.append(header(), b"[refused too]")
    monkeypatch.undo()
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[1]", b"[2]"]
    assert [segment.is_live for segment in buffer.list_segments()][-1], "a failed segment is never written again"


def test_an_fsync_that_failed_is_never_repeated(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer.append(header(), b"[1]")
    asked: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: asked.append(descriptor) or _fails())
    with pytest.raises(Unavailable):
        buffer.append(header(), b"[2]")
    assert len(asked) == 1


def test_past_the_high_water_mark_nothing_is_taken_and_nothing_dropped(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, high_water_bytes=2000, free_disk_bytes=1)
    stored = 0

    def append_for_ever() -> None:
        nonlocal stored
        while True:
            buffer.append(header(), b"x" * 100)
            stored += 1

    with pytest.raises(Unavailable):
        append_for_ever()
    assert 5 < stored < 20
    assert len(bodies(buffer)) == stored
    for segment in buffer.list_segments():
        buffer.remove_segment(segment.name)
    buffer.request_seal(clock.now_us())
    threading.Event().wait(0.6)
    buffer.append(header(), b"there is room again")
    buffer.close()


def test_too_little_free_disk_is_unavailable(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, free_disk_bytes=1 << 60)
    with pytest.raises(Unavailable):
        buffer.append(header(), b"[1]")
    assert buffer.list_segments() == []
    buffer.close()


def test_a_closed_buffer_takes_nothing_and_may_be_closed_again(buffer: Buffer) -> None:
    buffer.append(header(), b"[1]")
    buffer.close()
    buffer.close()
    assert not buffer.list_segments()[0].is_live
    with pytest.raises(Unavailable):
        buffer.append(header(), b"[2]")


def test_a_header_that_cannot_be_written_fails_its_own_sender_only(buffer: Buffer) -> None:
    poisoned = header()
    poisoned.city = "\ud800"
    with pytest.raises(UnicodeEncodeError):
        buffer.append(poisoned, b"[1]")
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[2]"]


def test_a_header_is_encoded_once(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    original = buffer_module.encode_frame
    monkeypatch.setattr(buffer_module, "encode_frame", lambda *args: encoded.append(1) or original(*args))
    buffer.append(header(), b"[1]")
    assert len(encoded) == 1


def test_a_bug_in_writing_is_raised_where_it_is_waited_for(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer_module, "SegmentWriter", lambda *_: 1 / 0)
    with pytest.raises(RuntimeError):
        buffer.append(header(), b"[1]")
    monkeypatch.undo()
    buffer.append(header(), b"[2]")
    assert bodies(buffer) == [b"[2]"]


def test_pending_counts_what_waits_and_reads_only_what_is_new(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert buffer.pending() == (0, None)
    first = buffer.append(header(3), b"[1]")
    assert buffer.pending() == (3, first)
    buffer.append(header(4), b"[2]")
    assert buffer.pending() == (7, first)
    monkeypatch.setattr("iafa_api.ingest.segments.read_frames", _fails)
    assert buffer.pending() == (7, first)
    buffer.remove_segment(buffer.list_segments()[0].name)
    assert buffer.pending() == (0, None)


def test_a_forked_child_writes_a_segment_of_its_own_and_does_not_hold_the_parents_lock(buffer: Buffer) -> None:
    buffer.append(header(), b"parent")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        try:
            buffer.append(header(), b"child")
            os.read(reading, 1)  # until the parent has looked
        finally:
            os._exit(0)
    os.close(reading)
    give_up = clock.monotonic() + 5
    while len(bodies(buffer)) < 2 and clock.monotonic() < give_up:
        threading.Event().wait(0.01)
    buffer.close()
    by_body = {frame.body: s.is_live for s in buffer.list_segments() for frame in buffer.read_frames(s)}
    os.close(writing)
    os.waitpid(child, 0)
    assert by_body == {b"parent": False, b"child": True}


def test_only_old_temporaries_that_nobody_locks_are_removed(tmp_path: Path) -> None:
    (tmp_path / "a.segment.tmp").write_bytes(b"")
    now = (tmp_path / "a.segment.tmp").stat().st_mtime
    assert remove_dead_temporaries(tmp_path, now + 1) == 0
    assert remove_dead_temporaries(tmp_path, now + 1000) == 1
