"""`iafa api` as it runs: slow senders, clients that go away, bodies of every kind, stops, and workers that die."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.frames import derive_ids
from tests.e2e.processes import IAFA, START_SECONDS, Server

SLOW_SENDERS = 64
EVENT = b'{"event_type":"a","user_id":"u"}'


class Api(Server):
    """`iafa api` alone."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        super().__init__(data_dir, **settings)
        self.data_dir = data_dir

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*IAFA, "api"], env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.call("GET", "/ready")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready in {START_SECONDS} s: {Path(self._log.name).read_text()[-2000:]}")

    def say(self, head: str) -> socket.socket:
        """A connection on which this much was said, in lines."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1"))
        return connection

    def ask(self, head: str) -> tuple[int, str]:
        """Status and all that is answered until the connection ends."""
        with self.say(head) as connection:
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(65_536):
                    answer += part
        return int(answer[9:12]), answer.decode("latin-1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, str, str, str]]:
    """A server of two workers, a write key, an access token and the project."""
    directory = tmp_path_factory.mktemp("event-loop")
    (directory / "data").mkdir()
    api = Api(directory / "data", IAFA_WORKERS=2, IAFA_RATE_LIMIT_EVENTS_PER_MINUTE=0)
    api.start()
    _, account = api.call(
        "POST", "/api/v1/auth/register", {"email": "a@example.org", "password": "correct horse", "full_name": "A"}
    )
    bearer = {"Authorization": f"Bearer {account['access_token']}"}
    _, project = api.call("POST", "/api/v1/projects", {"name": "Shop"}, bearer)
    yield api, project["api_key"], account["access_token"], project["id"]
    if api.process is not None and api.process.poll() is None:
        api.kill()


def test_slow_senders_hold_nobody_up(served: Any) -> None:
    api, key, _, _ = served
    slow = [
        api.say(f"POST {path} HTTP/1.1\nHost: a\nX-API-Key: {key}\nContent-Length: 1000\n\n{{")
        for path in ["/api/v1/track", "/api/v1/track/"] * (SLOW_SENDERS // 2)
    ]
    try:
        for path in ("/api/v1/track", "/api/v1/track/", "/api/v1/track/batch"):
            for _ in range(10):
                body = b"[" + EVENT + b"]" if "batch" in path else EVENT
                assert api.call("POST", path, body, {"X-API-Key": key}, timeout=5)[0] == 200
        slow[0].sendall(b" " * (999 - len(EVENT[1:])) + EVENT[1:])
        assert slow[0].recv(65_536).startswith(b"HTTP/1.1 200"), "who is slow is served in the end"
    finally:
        for connection in slow:
            connection.close()


def test_bodies_of_every_kind(served: Any) -> None:
    api, key, _, _ = served
    head = f"POST /api/v1/track HTTP/1.1\nHost: a\nX-API-Key: {key}\nConnection: close\n"
    chunked = f"{head}Transfer-Encoding: chunked\n\n{len(EVENT):x}\n{EVENT.decode()}\n0\n\n"
    assert api.ask(chunked)[0] == 200
    status, said = api.ask(f"{head}Content-Length: 99999999\n\n{{")
    assert (status, "may carry" in said or "exceeds" in said) == (413, True)
    for length in ("x", "-1", "1e3"):
        assert api.ask(f"{head}Content-Length: {length}\n\n{{")[0] == 400
    with api.say(f"{head}Content-Length: 100\n\n{{") as connection:
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            connection.recv(100)
    assert api.call("POST", "/api/v1/track", EVENT, {"X-API-Key": key})[0] == 200
    large = b"[" + b",".join([EVENT] * 9000) + b"]"
    assert api.call("POST", "/api/v1/track/batch", large, {"X-API-Key": key})[1]["accepted"] == 9000
    encoded = head.replace("track ", "tr%61ck ") + f"Content-Length: {len(EVENT)}\n\n{EVENT.decode()}"
    assert api.ask(encoded)[0] == 200
    status, said = api.ask("HEAD /ready HTTP/1.1\nHost: a\nConnection: close\n\n")
    assert (status, said.endswith("\r\n\r\n"), "content-length: 19" in said) == (200, True, True)


def test_a_live_view_is_streamed_and_its_thread_is_free_again(served: Any) -> None:
    api, key, token, project_id = served
    before = _pipes(api)
    head = f"GET /api/v1/projects/{project_id}/live-events HTTP/1.1\nHost: a\nAuthorization: Bearer {token}\n\n"
    with api.say(head) as connection:
        seen = b""
        while b": open" not in seen:
            seen += connection.recv(65_536)
        assert api.call("POST", "/api/v1/track", EVENT.replace(b'"a"', b'"live"'), {"X-API-Key": key})[0] == 200
        while b'"live"' not in seen:
            part = connection.recv(65_536)
            assert part, "the stream goes on"
            seen += part
    assert b"text/event-stream" in seen
    deadline = time.monotonic() + 20
    while _pipes(api) > before:
        assert time.monotonic() < deadline, "the client is gone, and its answer ends"
        api.call("POST", "/api/v1/track", EVENT, {"X-API-Key": key})  # what arrives is told, or would be
        time.sleep(0.2)


def _pipes(api: Api) -> int:
    """How many ends of pipes the server has open."""
    count = 0
    for descriptor in [entry for pid in api.pids() for entry in Path(f"/proc/{pid}/fd").iterdir()]:
        with contextlib.suppress(OSError):
            count += str(descriptor.readlink()).startswith("pipe:")
    return count


def test_a_worker_that_dies_is_replaced(served: Any) -> None:
    api, key, _, _ = served
    workers = _workers(api)
    os.kill(workers[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(_workers(api)) < 2 or workers[0] in _workers(api):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    statuses = []
    while statuses[-20:] != [200] * 20:
        assert time.monotonic() < deadline
        with contextlib.suppress(OSError):
            statuses.append(api.call("POST", "/api/v1/track", EVENT, {"X-API-Key": key})[0])
    assert set(statuses) == {200}


def _workers(api: Api) -> list[int]:
    """The processes of the group that serve, and not the one that looks after them."""
    assert api.process is not None
    return [pid for pid in api.pids() if pid != api.process.pid]


def test_what_was_answered_before_a_stop_is_stored_and_the_segments_are_sealed(served: Any) -> None:
    api, key, _, _ = served
    answered: list[str] = []
    is_over = threading.Event()

    def send() -> None:
        while not is_over.is_set():
            try:
                status, told = api.call("POST", "/api/v1/track", EVENT, {"X-API-Key": key})
            except OSError:
                return
            assert status == 200
            answered.append(told["id"])

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    time.sleep(0.5)
    assert api.stop() == 0
    is_over.set()
    for sender in senders:
        sender.join()
    buffer = Buffer(api.data_dir / "buffer")
    segments = buffer.list_segments()
    assert not any(segment.is_live for segment in segments)
    frames = [frame for segment in segments for frame in buffer.read_frames(segment)]
    stored = {own for frame in frames for own in derive_ids(frame.header.base_id, [0])}
    assert len(answered) > 50
    assert set(answered) <= stored
