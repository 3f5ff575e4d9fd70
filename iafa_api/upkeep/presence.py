"""Whether a process of a kind is alive: the scheduler, its stand-by, the API. A file in run/ that it keeps locked.

Promises: the lock falls with the process, so nobody who was killed is called alive. Asking delays nobody and refuses
nobody. Not to keep a second one away: `scheduler_lock` does that.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from iafa_api import clock, durable

Kind = Literal["scheduler", "standby", "jobs", "api"]  # `jobs`: whoever runs jobs, the scheduler or a command
ALONE = ("scheduler", "jobs")  # whoever is present as this holds the scheduler's lock: of the others there may be many
LOOK_SECONDS = 0.2


@contextmanager
def be_present(data_dir: Path, kind: Kind) -> Iterator[None]:
    """Be alive in the eyes of others; so are the processes that are forked meanwhile."""
    durable.make_directory(data_dir / "run")
    descriptor = os.open(_path(data_dir, kind), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if kind in ALONE else fcntl.LOCK_SH)  # waits microseconds for who asks
        os.utime(descriptor)
        yield
    finally:
        os.close(descriptor)


def present_since(data_dir: Path, kind: Kind) -> int | None:
    """When the one that is alive (the last one, of several) came, in microseconds; None where there is none."""
    try:
        descriptor = os.open(_path(data_dir, kind), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # Where it can be shared it is, so that two who ask at once do not take each other for the one they ask for.
        fcntl.flock(descriptor, (fcntl.LOCK_SH if kind in ALONE else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.fstat(descriptor).st_mtime_ns // 1000
    else:
        return None
    finally:
        os.close(descriptor)


def wait_for(data_dir: Path, kind: Kind, *, seconds: float) -> bool:
    """Wait until one of this kind is alive; False where none came in time."""
    deadline = clock.monotonic() + seconds
    while present_since(data_dir, kind) is None:
        if clock.monotonic() >= deadline:
            return False
        clock.sleep(LOOK_SECONDS)
    return True


def _path(data_dir: Path, kind: Kind) -> Path:
    return data_dir / "run" / f"{kind}.alive"
