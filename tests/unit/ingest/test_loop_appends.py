"""Appends from an event loop: gathered, written by one thread, and each hears what came of its own."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from iafa_api.errors import Unavailable
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import FrameHeader
from iafa_api.ingest.loop_appends import LoopAppends, Outcome

PROJECT = "11111111-2222-4333-8444-555555555555"


def header() -> FrameHeader:
    return FrameHeader(1, PROJECT, 0, b"b" * 16, "batch", "batch", 1)


@pytest.fixture
def buffer(tmp_path: Path) -> Any:
    buffer = Buffer(tmp_path / "buffer", free_disk_bytes=1)
    yield buffer
    buffer.close()


def bodies(buffer: Buffer) -> list[bytes]:
    return [frame.body for segment in buffer.list_segments() for frame in buffer.read_frames(segment)]


def test_what_comes_while_the_disk_works_goes_with_the_next_sync(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_syncing, may_go_on, syncs = threading.Event(), threading.Event(), []

    def slow_sync(descriptor: int, sync: Any = os.fdatasync) -> None:
        syncs.append(threading.current_thread().name)
        is_syncing.set()
        may_go_on.wait(5)
        sync(descriptor)

    async def work() -> None:
        decided: list[Sequence[tuple[int, Outcome]]] = []
        appends = LoopAppends(buffer, asyncio.get_running_loop(), decided.append)
        first = appends.append(header(), b"0", 0)
        await asyncio.to_thread(is_syncing.wait, 5)
        later = [appends.append(header(), b"%d" % number, number) for number in range(1, 5)]
        later[1].cancel()
        assert not first.done(), "the loop goes on while the disk works"
        may_go_on.set()
        await asyncio.gather(first, *later, return_exceptions=True)
        assert decided == [[(0, None)], [(number, None) for number in range(1, 5)]]
        assert later[1].cancelled()
        appends.close()

    monkeypatch.setattr(os, "fdatasync", slow_sync)
    asyncio.run(work())
    assert syncs == ["loop-appends"] * 2
    assert bodies(buffer) == [b"%d" % number for number in range(5)], "stored, whoever has gone"


def test_a_failure_is_told_and_does_not_end_the_thread(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    def note(decided: Sequence[tuple[str, Outcome]]) -> None:
        if decided[0][0] == "unlucky":
            raise ZeroDivisionError

    async def work() -> None:
        appends: LoopAppends[str] = LoopAppends(buffer, asyncio.get_running_loop(), note)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", full)
            outcomes = await asyncio.gather(
                *[appends.append(header(), b"[1]", "a") for _ in range(2)], return_exceptions=True
            )
        assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
        with pytest.raises(ZeroDivisionError):
            await appends.append(header(), b"[2]", "unlucky")
        await appends.append(header(), b"[3]", "a")
        buffer.close()
        with pytest.raises(Unavailable):
            await appends.append(header(), b"[4]", "a")
        appends.close()

    asyncio.run(work())
    assert bodies(buffer) == [b"[2]", b"[3]"]
