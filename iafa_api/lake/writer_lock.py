"""One writer of the lake at a time: the flush, and whatever else adds or removes its files.

Promises: at most one process of the machine holds the lock; it falls with the process. Readers need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import durable
from iafa_api.errors import Conflict

NAME = "lake.lock"


@contextmanager
def hold_writer_lock(root: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock of the lake under `root`; Conflict where another has it for longer than `wait_seconds`."""
    durable.make_directory(root)
    lock = FileLock(root / NAME, timeout=wait_seconds, mode=durable.FILE_MODE)
    try:
        lock.acquire()
    except Timeout:
        raise Conflict("Another process writes to the lake.") from None
    try:
        yield
    finally:
        lock.release()
