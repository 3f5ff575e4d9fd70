"""The lock of the scheduler, for commands that write what otherwise only the scheduler writes.

Promises: at most one process holds it; it falls with the process. Not for readers: they need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import durable
from iafa_api.errors import Conflict

NAME = "scheduler.lock"  # the name that the scheduler itself takes, in run/


@contextmanager
def hold_scheduler_lock(data_dir: Path) -> Iterator[None]:
    """Be the scheduler for a while; Conflict where one runs."""
    durable.make_directory(data_dir / "run")
    try:
        held = FileLock(data_dir / "run" / NAME, mode=durable.FILE_MODE).acquire(timeout=0)
    except Timeout:
        raise Conflict(f"A scheduler runs on {data_dir} and writes the snapshots itself; stop it first.") from None
    with held:
        yield
