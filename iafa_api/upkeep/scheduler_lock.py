"""The lock of the scheduler: for itself, and for commands that write what otherwise only it writes.

Promises: at most one process holds it; it falls with the process, kill -9 included. Not for readers: they need none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import durable
from iafa_api.errors import Conflict

NAME = "scheduler.lock"  # in run/; two programs that disagree about it would both be the scheduler


@contextmanager
def hold_scheduler_lock(data_dir: Path, *, wait: Callable[[], bool] | None = None) -> Iterator[bool]:
    """Be the only scheduler for a while: True. Conflict where there is another.

    With `wait`, which pauses and says whether to look again, there is no Conflict; False where it gave up.
    """
    durable.make_directory(data_dir / "run")
    lock = FileLock(data_dir / "run" / NAME, mode=durable.FILE_MODE)
    while not _take(lock):
        if wait is None:
            said = f"Another scheduler runs on {data_dir}, and writes what this would write; stop it first."
            raise Conflict(said)
        if not wait():
            yield False
            return
    try:
        yield True
    finally:
        lock.release()


def _take(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
