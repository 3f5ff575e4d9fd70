"""The metadata log against the package `eventsourcing` on SQLite: the same things and events, each append durable.

Appends: by the clock, each a change of one of 1,000 funnels at random, read before it is written, by one process and by
four at once. Ours checks versions under its lock and shares syncs; the peer writes hopefully, and again where another
was faster. A start: until everything can be read from memory; the peer's quickest way to that is to read all its events
(its snapshots take a query or two a thing). Reading one thing by itself is what the peer is made for: the row on that
is here so that nobody thinks otherwise. As of: at random moments, warm, everything (to list it) and one thing; for
everything, the peer is told the number of the last event for nothing. Ours checks the chain of hashes of all it reads;
the peer has none. Processor time, where a row does not say otherwise. In full, starts are measured at a million, too.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from bench.metadata_log import appends, definition, write_log
from bench.metadata_peer import Thing, Things, id_of, open_peer
from bench.ratios import Row, compare, compare_rates, cpu_of, interleave, rate, ratio_of, seconds, wall_of
from iafa_api.metadata.events import Actor, Cause, NewEvent
from iafa_api.metadata.log import Log
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.timeline import Timeline

CAUSE = Cause(Actor("user", "0" * 36, "0" * 32), "0" * 36)
ORGANIZATION = "0" * 36
NOTE = "eventsourcing"
THINGS = 1000
PROCESSES = 4
CACHED = {"AGGREGATE_CACHE_MAXSIZE": str(THINGS), "DEEPCOPY_FROM_AGGREGATE_CACHE": "n"}


def run(*, quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
        rows = _appends(Path(directory), *((2, 100) if quick else (7, 600)))
        for count in [5000] if quick else [100_000, 1_000_000]:
            root = Path(directory) / str(count)
            root.mkdir()
            ours, peer = _write(root, count)
            rounds = 2 if quick or count > 100_000 else 5
            rows += _starts(ours, peer, count, rounds)
            if count <= 100_000:
                rows += _as_of(ours, peer, count, *((2, 50) if quick else (5, 400)))
    return rows


# Appends


def _appends(root: Path, rounds: int, count: int) -> list[Row]:
    _make_things(root)
    rows = []
    for size in (1, PROCESSES):
        ours = [_Worker(_change_ours, root, number) for number in range(size)]
        peer = [_Worker(_change_peer, root, number) for number in range(size)]
        syncs: list[int] = []

        def work(workers: list[_Worker], done: list[int]) -> float:
            each = count // len(workers)
            for worker in workers:
                worker.begin(each)
            done += [worker.end() for worker in workers]
            return 0.0

        own, other = interleave(
            rounds,
            lambda o=ours, s=syncs: wall_of(lambda: work(o, s)) / count,
            lambda p=peer: wall_of(lambda: work(p, [])) / count,
        )
        for worker in (*ours, *peer):
            worker.close()
        what = "1 process" if size == 1 else f"{size} processes"
        rows.append(compare_rates(f"durable appends by {what}, by the clock", own, other, least=1, note=NOTE))
        if size > 1:
            each_sync = sum(syncs) / ((rounds + 1) * count)
            rows.append(Row(f"the same: syncs an append, {what}", f"{each_sync:.2f}", "1 each", each_sync, most=1))
    _require_same(root, (rounds + 1) * count * 2)
    return rows


def _make_things(root: Path) -> None:
    """The same things on both sides."""
    dice, store = random.Random(1), MetadataStore(root / "ours", Log(root / "ours"))
    new = [
        NewEvent(f"funnel-{number}", 0, "funnel.created", ORGANIZATION, {"name": "F", "definition": definition(dice)})
        for number in range(THINGS)
    ]
    store.change(CAUSE, lambda state: new)
    with open_peer(root / "peer.db") as peer:
        peer.fill([new], THINGS)


def _require_same(root: Path, changes: int) -> None:
    state = MetadataStore(root / "ours", Log(root / "ours")).current()
    with open_peer(root / "peer.db") as peer:
        things = peer.replay()
        pragmas = peer.pragmas()
    versions = sum(thing.version for thing in things.values())
    if not state.seq == versions == THINGS + changes:
        raise RuntimeError(f"{state.seq} events are in the log, {versions} in the peer's, not {THINGS + changes}")
    if pragmas != ("wal", 2):
        raise RuntimeError(f"the peer is not durable: {pragmas}")


class _Worker:
    """A process that makes as many changes as it is told to, again and again."""

    def __init__(self, target: Callable[..., None], root: Path, number: int) -> None:
        context = get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=target, args=(root, number, other), daemon=True)
        self._process.start()
        self._connection.recv()

    def begin(self, count: int) -> None:
        self._connection.send(count)

    def end(self) -> int:
        """Wait; the number of syncs that it asked the disk for."""
        return int(self._connection.recv())

    def close(self) -> None:
        self._connection.send(0)
        self._process.join()


def _change_ours(root: Path, number: int, connection: Connection) -> None:
    store, dice = MetadataStore(root / "ours", Log(root / "ours")), random.Random(number)
    sync, syncs = os.fsync, 0

    def counted(file: int) -> None:
        nonlocal syncs
        syncs += 1
        sync(file)

    def decide(thing: str, data: dict[str, Any], state: Any) -> list[NewEvent]:
        version = state.version("funnels", thing)
        return [NewEvent(f"funnel-{thing}", version, "funnel.changed", ORGANIZATION, data)]

    os.fsync = counted
    connection.send(None)
    while count := connection.recv():
        syncs = 0
        for _ in range(count):
            thing = str(dice.randrange(THINGS))
            store.change(CAUSE, partial(decide, thing, {"definition": definition(dice)}))
        connection.send(syncs)


def _change_peer(root: Path, number: int, connection: Connection) -> None:
    peer, dice = open_peer(root / "peer.db", **CACHED), random.Random(number)
    connection.send(None)
    while count := connection.recv():
        for _ in range(count):
            thing = dice.randrange(THINGS)
            peer.change(f"funnel-{thing}", "funnel.changed", {"definition": definition(dice)})
        connection.send(count)


# Starts, and moments of the past


def _write(root: Path, count: int) -> tuple[Path, Things]:
    """The same log on both sides, ours with snapshots."""
    write_log(root / "ours", count)
    MetadataStore(root / "ours", Log(root / "ours")).write_snapshots()
    peer = open_peer(root / "peer.db")
    peer.fill(appends(), count)
    return root / "ours", peer


def _starts(ours: Path, peer: Things, count: int, rounds: int) -> list[Row]:
    bare = ours.parent / "bare"
    bare.mkdir()
    os.link(ours / "log.jsonl", bare / "log.jsonl")
    first = next(iter(peer.replay(1)))
    log, snapshots, things, one = interleave(
        rounds,
        lambda: cpu_of(lambda: _open_ours(bare, count)),
        lambda: cpu_of(lambda: _open_ours(ours, count)),
        lambda: cpu_of(lambda: _open_peer(ours.parent, count)),
        lambda: cpu_of(lambda: _read_one(ours.parent, first)),
    )
    rates = [f"{seconds(median(each))} ({rate(count / median(each))})" for each in (log, snapshots, things)]
    what = f"over {count:,} metadata events"
    return [
        Row(f"start {what}, replay", rates[0], f"{rates[2]} {NOTE}", ratio_of(log, things), most=1),
        Row(f"start {what}, snapshots", rates[1], f"{rates[2]} {NOTE}", ratio_of(snapshots, things), most=1),
        compare(f"the same, until one thing can be read, {count:,}", snapshots, one, note=NOTE),
    ]


def _open_ours(directory: Path, count: int) -> None:
    if MetadataStore(directory, Log(directory)).current().seq != count:
        raise RuntimeError(f"the log in {directory} is not read to its end")


def _open_peer(root: Path, count: int) -> None:
    with open_peer(root / "peer.db") as peer:
        if sum(thing.version for thing in peer.replay().values()) != count:
            raise RuntimeError("the peer does not read all events")


def _read_one(root: Path, thing_id: Any) -> None:
    with open_peer(root / "peer.db") as peer:
        peer.repository.get(thing_id)


def _as_of(ours: Path, peer: Things, count: int, rounds: int, looks: int) -> list[Row]:
    dice, timeline = random.Random(2), Timeline(Log(ours))
    streams = [(event.stream, event.at) for event in timeline.events()]
    moments = sorted(event.timestamp for event in peer.events_in_order())
    own_one: list[float] = []
    peer_one: list[float] = []

    def everything() -> float:
        _, at = dice.choice(streams)
        return wall_of(lambda: timeline.state_at(timeline.seq_at(at)))

    def everything_of_the_peer() -> float:
        until = dice.randrange(1, count + 1)
        return wall_of(lambda: peer.replay(until))

    def one() -> float:
        taken = []
        for _ in range(looks):
            place = dice.randrange(count)
            stream = streams[dice.randrange(place + 1)][0]
            taken.append(wall_of(lambda s=stream, p=place: timeline.document_as_of(s, streams[p][1])))
        own_one.extend(taken)
        return median(taken)

    def one_of_the_peer() -> float:
        taken = []
        for _ in range(looks):
            place = dice.randrange(count)
            stream = streams[dice.randrange(place + 1)][0]
            taken.append(wall_of(lambda s=stream, p=place: _thing_of_the_peer(peer, s, moments[p])))
        peer_one.extend(taken)
        return median(taken)

    own_all: list[float] = []

    def all_moments() -> float:
        taken = [everything() for _ in range(looks)]
        own_all.extend(taken)
        return median(taken)

    own, other = interleave(rounds, all_moments, everything_of_the_peer)
    single, peer_single = interleave(rounds, one, one_of_the_peer)
    what = f"as of a random moment of {count:,} events, warm"
    return [
        compare(f"everything {what}: median", own, other, most=1, note=NOTE),
        Row("the same: 99th percentile", seconds(_p99(own_all)), "50 ms promised", _p99(own_all) / 0.05, most=1),
        compare(f"one thing {what}: median", single, peer_single, most=1, note=NOTE),
        compare("the same: 99th percentile", [_p99(own_one)], [_p99(peer_one)], most=1, note=NOTE),
    ]


def _thing_of_the_peer(peer: Things, stream: str, moment: Any) -> object:
    thing: Thing | None = None
    for event in peer.events.get(id_of(stream)):
        if event.timestamp > moment:
            break
        thing = event.mutate(thing)
    return thing


def _p99(taken: list[float]) -> float:
    return sorted(taken)[len(taken) * 99 // 100]
