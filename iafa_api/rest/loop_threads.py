"""Threads that work for an event loop.

As the standard library's pool does, for two thirds of what handing over costs there: its futures have a lock and a
condition each, which nobody here waits for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThreads:
    """So many threads for one loop, made in its process, after any fork."""

    def __init__(self, count: int, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def run(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        """What `work` returns or raises, once a thread was free for it. It is done, whether anybody waits or not."""
        done: asyncio.Future[Result] = self._loop.create_future()
        self._jobs.put((work, done))
        return done

    def close(self) -> None:
        """Wait until all is done that was asked for."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while job := self._jobs.get():
            work, done = job
            try:
                told, given = done.set_result, work()
            except BaseException as error:  # noqa: BLE001 - whoever waits raises it; the thread is for those to come, too
                told, given = done.set_exception, error
            self._loop.call_soon_threadsafe(_tell, done, told, given)
            del job, work, done, told, given  # while it waits, a thread holds nothing of what is over


def _tell(done: asyncio.Future[Any], tell: Callable[[Any], None], given: Any) -> None:
    if not done.cancelled():
        tell(given)
