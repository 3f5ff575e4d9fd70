"""Batches of 100 events for half a minute: what `iafa up` accepts and flushes, load generator on the same machine.

Two workers and the scheduler run with the settings as shipped; each event has an id of its own. The time goes on until
the last event is in a Parquet file, and then a question must count as many as were answered for. The peer of the rate
is what is asked for; `orjson.loads` reads the same bodies.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.made_events import EventMaker, number, read_all
from bench.ratios import Row, compare, compare_rates, cpu_of, seconds
from bench.server_processes import DATA, RunningServer, running_iafa
from iafa_api.lake import layout
from iafa_api.lake.manifest_totals import read_totals

EVENTS = 100
CONNECTIONS = 8
ASKED_FOR = 50_000  # events a second
FLUSH_SECONDS = 120.0  # what waits at the end must be flushed in this time
LOOK_SECONDS = 0.05
COMMANDS = ("api", "scheduler")


def run(*, quick: bool) -> list[Row]:
    load_seconds = 2.0 if quick else 30.0
    maker = EventMaker()
    bodies = [json.dumps({"events": [maker.marked_event() for _ in range(EVENTS)]}).encode() for _ in range(64)]
    with (
        tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory,
        running_iafa(Path(directory), command="up", workers=2) as server,
    ):
        manifest = Path(directory) / DATA / layout.MANIFEST
        before = {command: server.cpu_seconds(command) for command in COMMANDS}
        started = time.perf_counter()
        accepted = EVENTS * _send(server, server.requests("/api/v1/track/batch", bodies), load_seconds)
        loaded = time.perf_counter() - started
        waiting = accepted - _stored(manifest)
        _wait_until_stored(manifest, accepted)
        took = time.perf_counter() - started
        cpu = {command: [(server.cpu_seconds(command) - before[command]) / accepted] for command in COMMANDS}
        if (counted := server.count_events()) != accepted:
            raise RuntimeError(f"{counted:,} of {accepted:,} events are counted")
    read = [cpu_of(lambda: read_all(bodies)) / (len(bodies) * EVENTS)]
    asked_for, note = [1 / ASKED_FOR], "orjson.loads"
    sent = f"{accepted:,} sent in {seconds(loaded)}"
    return [
        compare_rates("sustained, batches of 100: flushed", [took / accepted], asked_for, least=1, note="asked for"),
        compare("the same: API CPU an event", cpu["api"], read, note=note),
        compare("the same: scheduler CPU an event", cpu["scheduler"], read, note=note),
        Row(
            "the same: not flushed when the load ends",
            f"{waiting:,}, for {seconds(took - loaded)}",
            sent,
            waiting / accepted,
        ),
    ]


def _wait_until_stored(manifest: Path, count: int) -> None:
    """Wait until so many events are in files that count. RuntimeError where they do not come to be."""
    give_up = time.perf_counter() + FLUSH_SECONDS
    while (stored := _stored(manifest)) != count:
        if time.perf_counter() > give_up:
            raise RuntimeError(f"{stored:,} of {count:,} events are flushed after {FLUSH_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


def _send(server: RunningServer, requests: Sequence[bytes], load_seconds: float) -> int:
    """Send one after the other over each connection, each with ids of its own; how many were answered for."""
    numbers = itertools.count()
    until = time.perf_counter() + load_seconds

    def send_until() -> int:
        sent = 0
        with server.connected() as send:
            while time.perf_counter() < until:
                value = next(numbers)
                send(number(requests[value % len(requests)], value))
                sent += 1
        return sent

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return sum(done.result() for done in [threads.submit(send_until) for _ in range(CONNECTIONS)])


def _stored(manifest: Path) -> int:
    return read_totals(manifest)["live"].row_count
