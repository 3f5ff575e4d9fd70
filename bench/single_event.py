"""One event a request, durable: processor time a request of our server against that of a trivial Flask view.

Twice: as senders send it, which is answered before Flask, and with a slash at the end of the path, which is Flask's.

Both run in the same server with the same settings (one worker, 16 blocking threads) and are sent the same requests over
eight keep-alive connections. Ours knows the key, looks at and charges its limit, checks the event, syncs it to the disk
and then answers; the peer's view answers and does nothing else.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.made_events import EventMaker
from bench.ratios import Row, compare, interleave
from bench.server_processes import RunningServer, running_iafa, running_peer

CONNECTIONS = 8


def run(*, quick: bool) -> list[Row]:
    rounds, count = (3, 500) if quick else (9, 2000)
    maker = EventMaker()
    bodies = [maker.single() for _ in range(64)]
    with (
        tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory,
        running_iafa(Path(directory)) as iafa,
        running_peer("flask", Path(directory) / "flask") as flask,
    ):

        def cpu_a_request(server: RunningServer, path: str) -> float:
            requests = server.requests(path, bodies)
            before = server.cpu_seconds()
            server.send(requests, count=count, connections=CONNECTIONS)
            return (server.cpu_seconds() - before) / count

        fast, routed, peer = interleave(
            rounds,
            lambda: cpu_a_request(iafa, "/api/v1/track"),
            lambda: cpu_a_request(iafa, "/api/v1/track/"),
            lambda: cpu_a_request(flask, "/track"),
        )
    note = "trivial Flask view"
    return [
        compare("one event a request, durable, past Flask: CPU a request", fast, peer, most=1, note=note),
        compare("the same through the Flask route: CPU a request", routed, peer, most=2.5, note=note),
    ]
