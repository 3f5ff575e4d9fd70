"""Threads for an event loop: what they are given is done and told, whether somebody still waits for it or not."""

from __future__ import annotations

import asyncio
import threading

import pytest

from iafa_api.rest.loop_threads import LoopThreads


def test_work_is_done_in_threads_and_what_became_of_it_is_told_in_the_loop() -> None:
    seen: list[str] = []

    def name_thread() -> str:
        seen.append(threading.current_thread().name)
        return seen[-1]

    async def work() -> None:
        threads = LoopThreads(2, asyncio.get_running_loop(), "helper")
        assert await asyncio.gather(*[threads.run(name_thread) for _ in range(5)]) == ["helper"] * 5
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)
        may_end = threading.Event()
        blocked = [threads.run(lambda: may_end.wait(5)) for _ in range(2)]
        given_up = threads.run(name_thread)
        given_up.cancel()
        assert not any(done.done() for done in blocked), "as many at once as there are threads"
        may_end.set()
        assert await asyncio.gather(*blocked) == [True, True]
        threads.close()
        assert len(seen) == 6, "and what nobody waits for any more is done"

    asyncio.run(work())
