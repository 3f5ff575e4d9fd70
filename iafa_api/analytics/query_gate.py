"""How many questions a worker answers at once, so that they share the machine and leave threads to what comes in.

Promises: at most `slots` run, of one project at most half of them; as many again may wait, for `wait_seconds`; who
comes then is refused at once (`Unavailable`), because every request that waits holds a thread of the server.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from iafa_api import clock
from iafa_api.errors import Unavailable

RETRY_AFTER_SECONDS = 2.0


class QueryGate:
    """The gate of one process. Safe for many threads."""

    def __init__(self, slots: int, *, wait_seconds: float) -> None:
        self._slots = slots
        self._slots_of_one = max(1, slots // 2)
        self._wait_seconds = wait_seconds
        self._changed = threading.Condition()
        self._running: Counter[str] = Counter()
        self._waiting = 0

    @contextmanager
    def admit(self, project_id: str) -> Iterator[None]:
        """Be one of those that run."""
        with self._changed:
            self._enter(project_id)
        try:
            yield
        finally:
            with self._changed:
                self._running[project_id] -= 1
                self._changed.notify_all()

    def _enter(self, project_id: str) -> None:
        give_up = clock.monotonic() + self._wait_seconds
        if not self._is_free(project_id):
            if self._waiting >= self._slots:
                raise _too_many()
            self._waiting += 1
            try:
                while not self._is_free(project_id):
                    left = give_up - clock.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        raise _too_many()
            finally:
                self._waiting -= 1
        self._running[project_id] += 1

    def _is_free(self, project_id: str) -> bool:
        return self._running.total() < self._slots and self._running[project_id] < self._slots_of_one


def _too_many() -> Unavailable:
    return Unavailable("Too many questions are asked at once; ask again.", retry_after_seconds=RETRY_AFTER_SECONDS)
