"""GET /metrics of a real server: what all its workers count, beside a real scheduler."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Server
from tests.e2e.test_kill import make_project
from tests.e2e.test_up import wait_until

EVENTS = 200
THREADS = 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", IAFA_WORKERS=2, IAFA_EVENT_FLUSH_INTERVAL=1, IAFA_RATE_LIMIT_EVENTS_PER_MINUTE=0)
    server.start()
    yield server
    server.kill()


def figures(server: Server) -> dict[str, float]:
    status, text = server.call("GET", "/metrics")
    assert status == 200
    return {name: float(value) for name, value in re.findall(r"^(iafa_\S+) (\S+)$", text.decode(), re.MULTILINE)}


def test_the_counts_of_all_workers_are_one(server: Server, tmp_path: Path) -> None:
    _, key = make_project(server)

    def send() -> None:
        for _ in range(EVENTS // THREADS):
            status, _ = server.call("POST", "/api/v1/track", {"event_type": "a", "user_id": "u"}, {"X-API-Key": key})
            assert status == 200

    senders = [threading.Thread(target=send) for _ in range(THREADS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    wait_until(lambda: figures(server).get("iafa_events_accepted_total") == EVENTS)
    wait_until(lambda: figures(server)['iafa_manifest_rows{state="live"}'] == EVENTS)
    told = figures(server)
    assert told['iafa_http_requests_total{blueprint="tracking",method="POST",status="200"}'] == EVENTS
    assert told["iafa_scheduler_alive"] == 1
    wait_until(lambda: 'iafa_job_last_success_timestamp_seconds{job="flush"}' in figures(server))
    shared = list((tmp_path / "data" / "run" / "metrics").rglob("*.db"))
    assert shared
    assert [path for path in shared if path.stat().st_mode & 0o077] == []
    server.stop()
    server.start()
    assert figures(server)["iafa_events_accepted_total"] == 0
    assert "no scheduler does" not in (tmp_path / "up.log").read_text()
