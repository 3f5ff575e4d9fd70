"""What the crash tests run in processes of their own, writers and flushes that are killed, and the judge over them."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

from iafa_api import clock
from iafa_api.ingest.sweep import run_sweep
from tests.crash.world import PROJECT, World


@dataclass
class Tally:
    """What a torture did. Writers are killed in the middle of writing, flushers at a call that changes the disk."""

    kills: int = 0
    flush_kills: int = 0
    acknowledged: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)


def run(processes: ForkServerContext, root: Path, *, kills: int, seed: int) -> Tally:
    """Kill one to four writers at a time, some under a flush, some beside one that dies; then a reader is the judge.

    Every id and every link that was answered for is there, none is there twice, and a flush in peace changes no answer.
    """
    dice, tally, world = Random(seed), Tally(), World(root)
    for turn in itertools.count():
        if tally.kills >= kills:
            break
        writers = [_start_writer(processes, root, 10 * turn + number) for number in range(dice.randint(1, 4))]
        connections = [connection for _, connection in writers]
        connections[0].poll(20)  # until the first answer
        flusher = None
        if turn % 3 == 1:
            world.flush(wait_seconds=0.3)
        if turn % 3 == 2:
            options = {"wait_seconds": 0.3}
            flusher = processes.Process(target=flush_and_die, args=(root, dice.randint(1, 25)), kwargs=options)
            flusher.start()
        until = clock.monotonic() + dice.uniform(0, 0.15)
        while clock.monotonic() < until or (flusher is not None and flusher.is_alive()):
            _drain(connections, tally)
        for process, _ in writers:
            process.kill()
            process.join()
        tally.kills += len(writers)
        if flusher is not None:
            flusher.join()
            assert flusher.exitcode in (0, -9)
            tally.kills += flusher.exitcode == -9
            tally.flush_kills += flusher.exitcode == -9
        _drain(connections, tally)
        ids = world.ids()
        assert tally.acknowledged <= set(ids)
        assert set(ids.values()) == {1}
        links = world.links()
        assert {(visitor, f"of {visitor}") for visitor in tally.joined} <= set(links)
        assert set(links.values()) <= {1}
        owners = world.owners()
        assert owners == {visitor: f"u{user}" for visitor, user in links}
        if turn % 4 == 3:
            before = world.rows()
            calls = world.links()
            if dice.random() < 0.5:
                assert run_sweep(world.buffer, world.manifest, root, grace_us=60_000_000).lost == ()
            world.flush()
            assert world.rows() == before
            assert (world.links(), world.owners()) == (calls, owners)
            assert world.buffer.list_segments() == []
    return tally


def _start_writer(processes: ForkServerContext, root: Path, number: int) -> tuple[BaseProcess, Connection]:
    reading, writing = processes.Pipe(duplex=False)
    process = processes.Process(target=write_until_killed, args=(root, number, writing), daemon=True)
    process.start()
    writing.close()
    return process, reading


def _drain(connections: list[Connection], tally: Tally) -> None:
    for connection in connections:
        while connection.poll():
            try:
                ids, visitors = connection.recv()
                tally.acknowledged.update(ids)
                tally.joined.update(visitors)
            except (EOFError, OSError):
                break


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def write_until_killed(root: Path, worker: int, acknowledged: Connection, thread_count: int = 4) -> None:
    """Send batches for ever; tell the ids of each batch that was answered. Every third batch repeats older ids.

    Between them say of a visitor who they are, and tell what was answered of that.
    """
    world = World(root, segment_bytes=20_000)
    lock = threading.Lock()

    def work(thread: int) -> None:
        for turn in range(1_000_000):
            number = turn - 2 if turn % 3 == 2 else turn
            ids = [f"{worker}.{thread}.{number}.{part}" for part in range(1 + number % 4)]
            world.send_ids(*ids)
            with lock:
                acknowledged.send((ids, []))
            visitor = f"{worker}.{thread}.{turn}"
            world.join(visitor, f"of {visitor}")
            with lock:
                acknowledged.send(([], [visitor]))

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


def flush_and_die(root: Path, deadly_call: int, **options: Any) -> None:
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
    world.flush(on_step=count, **options)


def read_while_flushing(root: Path, seen: Connection, stop: Connection) -> None:
    """Ask again and again; tell each answer's number of rows, of distinct ids, and whether an id ever went missing."""
    world = World(root)
    earlier: set[str] = set()
    while not stop.poll():
        ids = world.ids(PROJECT)
        seen.send((sum(ids.values()), len(ids), sorted(earlier - set(ids))[:3]))
        earlier = set(ids)
