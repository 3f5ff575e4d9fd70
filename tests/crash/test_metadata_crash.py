"""The metadata log when its process dies, or the disk fails it, at each step of an append, a sync, a snapshot, a start.

A process works on a log while the n-th call that changes the disk goes wrong, for every n. Then what it was answered
for is there, the chain holds, nothing is there by half, and both a living process and a new one go on.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import mmap
import os
import shutil
import signal
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from iafa_api.errors import Unavailable
from iafa_api.metadata import log
from iafa_api.metadata.events import Actor, Cause, NewEvent
from iafa_api.metadata.log import GENERATION, SYNCED, Log, Mark
from iafa_api.metadata.store import MetadataStore

CAUSE = Cause(Actor("system"), "r")
CALLS = ("open", "mkdir", "write", "fsync", "ftruncate", "replace", "unlink")
TORN = b'[{"seq":3,"stream":"organiz'
# what goes wrong -> the calls that it happens to
FAULTS = {
    "it dies before the call": CALLS,
    "it dies after the call": CALLS,
    "it dies within the write": ("write",),
    "power is cut before the call": CALLS,
    "the rename is lost": ("replace",),
    "the disk is full for this call": ("mkdir", "write", "fsync", "ftruncate", "replace"),
    "the disk is full from this call on": ("mkdir", "write", "fsync", "ftruncate", "replace"),
    "only a part is written": ("write",),
}


def made(name: str) -> list[NewEvent]:
    """Three events of one append: all there or none."""
    return [
        NewEvent(f"organization-{name}", 0, "organization.created", name, {"name": name}),
        NewEvent(f"project-{name}", 0, "project.created", name, {"name": name, "text": "x" * 300}),
        NewEvent(f"project-{name}", 1, "project.changed", name, {"name": f"{name}, changed"}),
    ]


def make(store: MetadataStore, name: str) -> None:
    store.change(CAUSE, lambda state: made(name))


def open_store(directory: Path) -> MetadataStore:
    return MetadataStore(directory, Log(directory))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work(directory: Path, fault: str, number: int, told: Connection) -> None:
    """Start, append, write snapshots, append; tell each name that was answered for, and leave by a kill at the end.

    Leaves in peace (exit code 0) where there is no n-th call to go wrong.
    """
    calls = inject(directory, fault, number)
    store = None
    for name in ("a", "b", "snapshots", "c", "d"):
        try:
            store = store or open_store(directory)
            if name == "snapshots":
                store.write_snapshots()
            else:
                make(store, name)
                told.send(name)
        except Unavailable:
            continue
        except OSError:  # a start and a snapshot tell the operator what the system says
            if store is not None and name != "snapshots":
                raise
    if next(calls) > number:
        die()


def inject(directory: Path, fault: str, number: int) -> Iterator[int]:
    """Let the n-th call go wrong. How far the log is synced is noted beside it, for who cuts the power."""
    count = itertools.count(1)
    synced = mmap.mmap(os.open(f"{directory}.synced", os.O_RDWR), 8)
    real = {name: getattr(os, name) for name in CALLS}

    def wrap(name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real[name](*args, **options)
            turn = next(count)
            if turn == number or (turn > number and fault == "the disk is full from this call on"):
                if fault in ("it dies before the call", "power is cut before the call"):
                    die()
                if fault == "it dies after the call":
                    real[name](*args, **options)
                    die()
                if fault == "it dies within the write":
                    real[name](args[0], args[1][: len(args[1]) // 2])
                    die()
                if fault == "only a part is written":
                    return real[name](args[0], args[1][: -(-len(args[1]) // 2)])
                if fault == "the rename is lost":
                    return None
                raise OSError(errno.ENOSPC, "No space left on device")
            done = real[name](*args, **options)
            if name == "fsync" and Path(f"/proc/self/fd/{args[0]}").readlink() == directory / "log.jsonl":
                synced[:] = struct.pack("Q", os.fstat(args[0]).st_size)
            return done

        return call

    for name in FAULTS[fault]:
        setattr(os, name, wrap(name))
    return count


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with snapshots that are older than it."""
    directory = tmp_path_factory.mktemp("origin") / "metadata"
    store = open_store(directory)
    make(store, "earlier")
    store.write_snapshots()
    make(store, "later")
    return directory


@pytest.mark.parametrize("before", ["a log in order", "a torn line", "no log"])
@pytest.mark.parametrize("fault", FAULTS)
def test_at_every_step(processes: ForkServerContext, origin: Path, tmp_path: Path, fault: str, before: str) -> None:
    deaths = 0
    for number in itertools.count(1):
        directory = tmp_path / str(number) / "metadata"
        directory.parent.mkdir()
        known = []
        if before != "no log":
            shutil.copytree(origin, directory)
            known = ["earlier", "later"]
        size = (directory / "log.jsonl").stat().st_size if known else 0
        (directory.parent / "metadata.synced").write_bytes(struct.pack("Q", size))
        witness = open_store(directory) if before != "no log" and number % 2 else None
        if before == "a torn line":
            with (directory / "log.jsonl").open("ab") as file:
                file.write(TORN)
        reading, writing = processes.Pipe(duplex=False)
        process = processes.Process(target=work, args=(directory, fault, number, writing))
        process.start()
        writing.close()
        process.join(20)
        assert process.exitcode in (0, -9), f"a fault at call {number} came out as another error"
        told = list(received(reading))
        if process.exitcode == 0:
            assert told == ["a", "b", "c", "d"]
            break
        deaths += 1
        with mock.patch.object(os, "fsync"):  # the judge need not wait for the disk
            require_all(directory, known + told, witness, fault, number)
        if before == "a torn line" and fault not in ("the rename is lost", "power is cut before the call"):
            assert TORN in [path.read_bytes() for path in (directory / "torn").iterdir()]
        shutil.rmtree(directory.parent)
    assert deaths >= {"write": 4, "replace": 3}.get(FAULTS[fault][0], 15)


def require_all(directory: Path, known: list[str], witness: MetadataStore | None, fault: str, number: int) -> None:
    log = directory / "log.jsonl"
    if fault.startswith("power"):
        witness = None  # it died as well
        cut_power(directory, marks=b"\xff" * 24 if number % 3 else b"")
    for turn, living in enumerate([witness, None]):  # first a living process, where there is one; then a new one
        store = living or open_store(directory)
        make(store, f"after {turn}")
        known = [*known, f"after {turn}"]
        names = require_chain(log.read_bytes())
        assert set(known) <= set(names), f"what was answered for is lost by a fault at call {number}"
        state = store.current()
        assert set(state.documents["organizations"]) == set(state.documents["projects"]) == set(names)
        assert all(document["version"] == 2 for document in state.documents["projects"].values())
    assert witness is None or witness.current() == state
    from_snapshots = open_store(directory)
    assert from_snapshots.current() == state
    assert from_snapshots.write_snapshots()
    assert open_store(directory).current() == state
    for path in directory.glob("*.json"):
        path.unlink()
    assert open_store(directory).current() == state


def cut_power(directory: Path, *, marks: bytes) -> None:
    """Take back all of the log that was not synced; the marks may be anything."""
    log = directory / "log.jsonl"
    if log.exists():
        (synced,) = struct.unpack("Q", Path(f"{directory}.synced").read_bytes())
        os.truncate(log, min(synced, log.stat().st_size))
        (directory / "log.marks").write_bytes(marks)


def require_chain(content: bytes) -> list[str]:
    """The names of the appends in a log's bytes: each whole, in one order, with hashes that follow. No code of ours."""
    assert content.endswith(b"\n")
    prev, seq, names = "0" * 64, 0, []
    for line in content.split(b"\n")[:-1]:
        envelopes = json.loads(line)
        names.append(envelopes[0]["data"]["name"])
        assert [envelope["organization_id"] for envelope in envelopes] == [names[-1]] * 3
        for envelope in envelopes:
            seq += 1
            assert (envelope["seq"], envelope["prev"]) == (seq, prev)
            said = {name: value for name, value in envelope.items() if name not in ("seq", "prev", "hash")}
            prev = sha256({"seq": seq, "prev": prev, "data_hash": sha256(said)})
            assert envelope["hash"] == prev
    return names


def sha256(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def received(connection: Connection) -> Iterator[str]:
    while True:
        try:
            yield connection.recv()
        except EOFError:
            return


def fail_to_sync_and_die(directory: Path, name: str, step: str) -> None:
    """Append; the sync fails once others have written too, and the process dies while it takes all of that back."""
    log = Log(directory)
    store = MetadataStore(directory, log)
    cut = os.ftruncate

    def fail(_: int) -> None:
        size, until = log.written, time.monotonic() + 10
        while log.written == size and time.monotonic() < until:
            time.sleep(0.001)
        raise OSError(errno.EIO, "Input/output error")

    def cut_and_die(file: int, length: int) -> None:
        if step == "after the cut":
            cut(file, length)
        die()

    os.fsync, os.ftruncate = fail, cut_and_die
    make(store, name)


@pytest.mark.parametrize("length", ["the same", "another"])
@pytest.mark.parametrize("step", ["before the cut", "after the cut"])
def test_a_death_while_a_failed_sync_is_taken_back(
    processes: ForkServerContext, tmp_path: Path, step: str, length: str
) -> None:
    """Whoever waits for the same sync must not be told that it was done, nor go on from what was cut off.

    The generation once rose after the cut: who died in between left others to take the cut for a synced log, to
    acknowledge what was gone, and to chain new lines to it.
    """
    store = open_store(tmp_path)
    make(store, "earlier")
    process = processes.Process(target=fail_to_sync_and_die, args=(tmp_path, "aa", step))
    process.start()
    log = tmp_path / "log.jsonl"
    size, until = log.stat().st_size, time.monotonic() + 10
    while log.stat().st_size == size and time.monotonic() < until:
        time.sleep(0.001)
    outcomes = []

    def change() -> None:
        try:
            make(store, "bb")
            outcomes.append("accepted")
        except Unavailable:
            outcomes.append("refused")

    waiting = threading.Thread(target=change)
    waiting.start()
    waiting.join(20)
    process.join(20)
    assert process.exitcode == -9
    assert outcomes == ["refused"]
    make(open_store(tmp_path), "cc" if length == "the same" else "longer")
    make(store, "dd")
    names = require_chain(log.read_bytes())
    assert set(names) >= {"earlier", "dd"}
    assert set(store.current().documents["organizations"]) == set(names)
    assert open_store(tmp_path).current() == store.current()


def test_how_far_to_read_is_of_one_generation(tmp_path: Path) -> None:
    """Lines may be taken back, and others synced in their place, between two loads from the marks."""
    log = Log(tmp_path)

    class Marks(dict[int, int]):
        def __getitem__(self, mark: int) -> int:
            if mark == SYNCED:
                self.update({GENERATION: 1, SYNCED: 200})
            return super().__getitem__(mark)

    log._marks = Marks({GENERATION: 0, SYNCED: 100})  # type: ignore[assignment]
    assert log.mark() == Mark(1, 200)


def test_a_fork_does_not_share_its_parents_lock(tmp_path: Path) -> None:
    """The lock lies on an open file, which a fork inherits: it must open its own."""
    store, reading, writing = open_store(tmp_path), *os.pipe()
    with store._log.lock():
        child = os.fork()
        if child == 0:
            with mock.patch.object(log, "LOCK_SECONDS", 0.05):
                try:
                    lock = store._log._write_lock
                    lock._mutex = threading.Lock()  # that of the parent was held at the fork, and stays so
                    with lock.hold():
                        os.write(writing, b"held")
                except Unavailable:
                    os.write(writing, b"free")
                finally:
                    os._exit(0)
        os.waitpid(child, 0)
    assert os.read(reading, 10) == b"free"
    make(store, "a")
    assert open_store(tmp_path).current() == store.current()


def test_a_log_that_is_let_go_leaves_no_files_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        make(open_store(tmp_path), str(uuid.uuid4()))
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
