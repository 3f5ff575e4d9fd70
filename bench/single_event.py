"""One event a request, durable: processor time a request of our server against that of a trivial Flask view.

Twice: as senders send it, which is answered in the event loop, and with a slash at the end, which is Flask's.

Both run in the same server with one worker (the peer as WSGI with 16 blocking threads) and are sent the same requests
over keep-alive connections: eight, where few events share a sync, and sixty-four. Ours knows the key, looks at and
charges its limit, checks the event, syncs it to the disk and then answers; the peer's view answers and does no more.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from bench.made_events import EventMaker
from bench.ratios import Row, compare, interleave
from bench.server_processes import RunningServer, running_iafa, running_peer

CONNECTIONS = (8, 64)


def run(*, quick: bool) -> list[Row]:
    rounds, count = (3, 500) if quick else (9, 2000)
    maker = EventMaker()
    bodies = [maker.single() for _ in range(64)]
    with (
        tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory,
        running_iafa(Path(directory)) as iafa,
        running_peer("flask", Path(directory) / "flask") as flask,
    ):

        def cpu_a_request(server: RunningServer, path: str, connections: int) -> float:
            requests = server.requests(path, bodies)
            before = server.cpu_seconds()
            server.send(requests, count=count, connections=connections)
            return (server.cpu_seconds() - before) / count

        rows = []
        for connections in CONNECTIONS:
            looped, routed, peer = interleave(
                rounds,
                functools.partial(cpu_a_request, iafa, "/api/v1/track", connections),
                functools.partial(cpu_a_request, iafa, "/api/v1/track/", connections),
                functools.partial(cpu_a_request, flask, "/track", connections),
            )
            note, what = "trivial Flask view", f"CPU a request, {connections} connections"
            rows += [
                compare(f"one event a request, durable: {what}", looped, peer, most=1, note=note),
                compare(f"the same through the Flask route: {what}", routed, peer, most=2.5, note=note),
            ]
    return rows
