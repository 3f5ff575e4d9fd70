"""Who may change the lake: one writer at a time, and beside it one that replaces and removes files.

The writer adds events and keeps the runs: the flush. The remover swaps files of events for others or drops them:
compaction, expiry. They do not wait for each other, for a remover may take minutes; what looks at files that no
row names yet takes both, the remover's first. Promises: at most one process of the machine holds each lock; it falls
with the process. Readers need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import durable
from iafa_api.errors import Conflict

NAME = "lake.lock"
REMOVER_NAME = "lake.remove.lock"


@contextmanager
def hold_writer_lock(root: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock of the lake under `root`; Conflict where another has it for longer than `wait_seconds`."""
    with _hold(root / NAME, wait_seconds, "Another process writes to the lake."):
        yield


@contextmanager
def hold_remover_lock(root: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Be the one that replaces and removes files of events. Taken before the writer's lock, never while it is held."""
    with _hold(root / REMOVER_NAME, wait_seconds, "Another process replaces or removes files of the lake."):
        yield


@contextmanager
def _hold(path: Path, wait_seconds: float, refusal: str) -> Iterator[None]:
    durable.make_directory(path.parent)
    lock = FileLock(path, timeout=wait_seconds, mode=durable.FILE_MODE)
    try:
        lock.acquire()
    except Timeout:
        raise Conflict(refusal) from None
    try:
        yield
    finally:
        lock.release()
