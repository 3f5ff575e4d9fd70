"""Batches of 1000 events, durable: our server against FastAPI with pydantic, and against `orjson.loads`.

FastAPI has the same fields and limits, runs in the same server with one worker, and keeps the events in memory. Events
a second are of processor time of the server, because the machine is shared with the sender of the load; by the clock
they stand beside it. `orjson.loads` reads the same bytes in this process and keeps nothing.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.made_events import EventMaker, read_all
from bench.ratios import Row, compare, compare_rates, cpu_of, interleave
from bench.server_processes import RunningServer, running_iafa, running_peer

EVENTS = 1000
CONNECTIONS = 4
API_PATH = "/api/v1/track/batch"


def run(*, quick: bool) -> list[Row]:
    rounds, count = (3, 20) if quick else (9, 60)
    maker = EventMaker()
    bodies = [maker.batch(EVENTS) for _ in range(20)]
    walls: dict[int, list[float]] = {}

    def cpu_an_event(server: RunningServer, path: str) -> float:
        requests = server.requests(path, bodies)
        before, started = server.cpu_seconds(), time.perf_counter()
        server.send(requests, count=count, connections=CONNECTIONS)
        walls.setdefault(server.port, []).append((time.perf_counter() - started) / (count * EVENTS))
        return (server.cpu_seconds() - before) / (count * EVENTS)

    def orjson_an_event() -> float:
        return cpu_of(lambda: read_all(bodies)) / (len(bodies) * EVENTS)

    with (
        tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory,
        running_iafa(Path(directory)) as iafa,
        running_peer("fastapi", Path(directory) / "fastapi") as fastapi,
    ):
        ours, peer, read = interleave(
            rounds,
            lambda: cpu_an_event(iafa, API_PATH),
            lambda: cpu_an_event(fastapi, "/track/batch"),
            orjson_an_event,
        )
        our_walls, peer_walls = walls[iafa.port][1:], walls[fastapi.port][1:]  # without the turn that is not counted
    note = "FastAPI + pydantic, in memory"
    return [
        compare_rates("batch of 1000, durable: events a CPU second", ours, peer, least=15, note=note),
        compare_rates("the same: events a second by the clock, load included", our_walls, peer_walls, note=note),
        compare("batch of 1000: API CPU an event", ours, read, most=2.5, note="orjson.loads"),
    ]
