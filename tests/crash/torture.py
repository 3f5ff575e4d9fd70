"""What the crash tests run in processes of their own: writers that are killed, and a flush that dies at a step."""

from __future__ import annotations

import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.crash.world import PROJECT, World


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write_until_killed(root: Path, worker: int, acknowledged: Connection, thread_count: int = 4) -> None:
    """Send batches for ever; tell the ids of each batch that was answered. Every third batch repeats older ids."""
    world = World(root, segment_bytes=20_000)
    lock = threading.Lock()

    def work(thread: int) -> None:
        for turn in range(1_000_000):
            number = turn - 2 if turn % 3 == 2 else turn
            ids = [f"{worker}.{thread}.{number}.{part}" for part in range(1 + number % 4)]
            world.send_ids(*ids)
            with lock:
                acknowledged.send(ids)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(thread_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write_some(root: Path, worker: int, batch_count: int) -> None:
    """Send batches, each with an id of its own and one that every writer sends, and leave in peace."""
    world = World(root, segment_bytes=5_000)
    for number in range(batch_count):
        world.send_ids(f"{worker}.{number}", f"everybody.{number}")
        time.sleep(0.004)  # so that several flushes fall into the time of writing
    world.buffer.close()


def flush_and_die(root: Path, deadly_call: int) -> None:
    """Flush, and die before the n-th call that changes the disk (fsync, rename, unlink, link) or step of the flush."""
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == deadly_call:
            die()

    def counted(function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            count()
            return function(*args, **options)

        return call

    world = World(root)
    os.fsync = counted(os.fsync)
    os.link = counted(os.link)
    for name in ("rename", "unlink", "replace"):
        setattr(Path, name, counted(getattr(Path, name)))
    world.flush(on_step=count, bite_bytes=500)


def read_while_flushing(root: Path, seen: Connection, stop: Connection) -> None:
    """Ask again and again; tell each answer's number of rows, of distinct ids, and whether an id ever went missing."""
    world = World(root)
    earlier: set[str] = set()
    while not stop.poll():
        ids = world.ids(PROJECT)
        seen.send((sum(ids.values()), len(ids), sorted(earlier - set(ids))[:3]))
        earlier = set(ids)
