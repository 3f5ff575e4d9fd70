"""A real server on a real disk of 20 MB, which something else fills up: what has no room is refused and says so, what
was answered for is kept, and when there is room again everything goes on by itself."""

from __future__ import annotations

import errno
import http.client
import json
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from iafa_api.upkeep.job_runs import Run, ask, read_runs
from tests.e2e.processes import IAFA, Server, environment
from tests.e2e.test_kill import stored_ids
from tests.e2e.test_up import wait_until

DISK = "20m"
BLOCK = bytes(64 << 10)
ROUNDS = 4
FULL_SECONDS = 2.0
MENDED_SECONDS = 20.0  # on a busy machine; it is one or two
REFUSAL_SECONDS = 15.0
RUN_SECONDS = 40.0
SETTINGS = {"IAFA_WORKERS": 1, "IAFA_RATE_LIMIT_EVENTS_PER_MINUTE": 10_000_000}
Answer = tuple[int, http.client.HTTPMessage, bytes]


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(path)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command to make a small disk with")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True, timeout=20)


class Balloon:
    """Another program's file on the same disk."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "balloon"

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all that is free, but for so much."""
        with self._path.open("ab", buffering=0) as file:
            free = os.statvfs(self._path).f_bavail * os.statvfs(self._path).f_frsize
            with suppress(OSError):
                while leave_bytes == 0 or free > leave_bytes:
                    free -= file.write(BLOCK[: max(1, min(len(BLOCK), free - leave_bytes))])

    def burst(self) -> None:
        self._path.unlink(missing_ok=True)


class Client:
    """Asks, and notes whatever no client should be answered."""

    def __init__(self, server: Server) -> None:
        self.faults: list[str] = []
        self.statuses: Counter[int] = Counter()
        self._server = server
        _, account = server.call(
            "POST",
            "/api/v1/auth/register",
            {"email": "ann@example.com", "password": "correct horse", "full_name": "Ann"},
        )
        self._signed_in = {"Authorization": f"Bearer {account['access_token']}"}
        _, self.project = server.call(
            "POST", "/api/v1/projects", {"name": "Shop", "retention_days": 0}, self._signed_in
        )

        _, _, content = self.ask("POST", f"/projects/{self.project['id']}/api-keys", {"name": "r", "kind": "read"})
        self._read_key = json.loads(content)["api_key"]

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        try:
            content = None if body is None else json.dumps(body).encode()
            all_headers = {"Content-Type": "application/json", **(self._signed_in if headers is None else headers)}
            connection.request(method, "/api/v1" + path, content, all_headers)
            response = connection.getresponse()
            answer = response.status, response.headers, response.read()
        finally:
            connection.close()
        self._judge(method, path, answer)
        return answer

    def track(self, *events: Mapping[str, Any]) -> Answer:
        key = {"X-API-Key": self.project["api_key"]}
        if len(events) == 1:
            return self.ask("POST", "/track", events[0], key)
        return self.ask("POST", "/track/batch", {"events": events}, key)

    def make_key(self) -> int:
        """A change of metadata."""
        return self.ask("POST", f"/projects/{self.project['id']}/api-keys", {"name": "k" * 100, "kind": "read"})[0]

    def count_events(self) -> int:
        """A question."""
        body = {"stages": [{"event_type": None}], "start_date": "2026-01-01"}
        status, _, content = self.ask("POST", "/analytics/funnel", body, {"X-API-Key": self._read_key})
        assert status == 200, content
        count: int = json.loads(content)["receipt"]["events"]
        return count

    def job(self, name: str) -> dict[str, Any]:
        status, _, content = self.ask("GET", "/system/jobs")
        assert status == 200, content
        found: dict[str, Any] = next(job for job in json.loads(content)["jobs"] if job["id"] == name)
        return found

    def _judge(self, method: str, path: str, answer: Answer) -> None:
        status, headers, content = answer
        self.statuses[status] += 1
        if status not in (200, 201, 503):
            self.faults.append(f"{method} {path} was answered with {status}: {content[:300]!r}")
        if status == 503 and not headers.get("Retry-After", "").isdigit():
            self.faults.append(f"{method} {path}: 503 does not say when to come again")
        if status == 503 and not json.loads(content).get("message"):
            self.faults.append(f"{method} {path}: 503 does not say what is wrong: {content[:300]!r}")
        if b"Traceback" in content or b"Errno" in content:
            self.faults.append(f"{method} {path} shows the inside: {content[:300]!r}")


@dataclass
class Sender:
    """Sends single events and batches without pause; what is refused is sent again with its id."""

    client: Client
    acknowledged: set[str] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.stopping.wait(0.01):
            ids = [f"{number}.{part}" for part in range(1 if number % 2 else 20)]
            events = [{"id": name, "event_type": "seen", "properties": {"x": os.urandom(150).hex()}} for name in ids]
            try:
                status, _, _ = self.client.track(*[{**event, "user_id": "u"} for event in events])
            except (OSError, http.client.HTTPException) as error:
                self.client.faults.append(f"no answer: {error!r}")
                status = 0
            if status == 200:
                self.acknowledged.update(ids)
                number += 1


@pytest.fixture
def make_server(data_dir: Path) -> Iterator[Any]:
    servers: list[Server] = []

    def make(**settings: Any) -> Server:
        servers.append(Server(data_dir, **SETTINGS, **settings))
        servers[0].start()
        return servers[0]

    yield make
    for server in servers:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def test_a_disk_that_fills_up_at_any_moment_costs_nothing_that_was_accepted_and_it_goes_on_by_itself(
    data_dir: Path, make_server: Any
) -> None:
    server = make_server(IAFA_EVENT_FLUSH_INTERVAL=1)
    client, balloon, dice = Client(server), Balloon(data_dir), random.Random(7)
    sender = Sender(client)

    def fill_and(ask: Callable[[], int]) -> int:
        balloon.fill()
        return ask()

    thread = threading.Thread(target=sender.run)
    thread.start()
    try:
        for _ in range(ROUNDS):
            time.sleep(dice.uniform(0.3, 2.0))  # in the middle of whatever it does
            before = client.statuses[503]
            wait_until(lambda: fill_and(client.make_key) == 503, REFUSAL_SECONDS)
            wait_until(lambda: fill_and(lambda: client.track({"event_type": "e", "user_id": "u"})[0]) == 503)
            count = len(sender.acknowledged)
            assert client.count_events() >= count, "a question does not see what was accepted"
            time.sleep(FULL_SECONDS)
            assert client.statuses[503] > before
            balloon.burst()
            count = len(sender.acknowledged)
            wait_until(lambda: len(sender.acknowledged) > count, MENDED_SECONDS)  # noqa: B023 - called at once
            wait_until(lambda: client.make_key() == 201, MENDED_SECONDS)
    finally:
        sender.stopping.set()
        thread.join()
    wait_until(lambda: client.job("flush")["lag_seconds"] < 5, MENDED_SECONDS)
    assert client.faults[:5] == []
    assert server.stop() == 0
    ids = Counter(stored_ids(data_dir, client.project["id"]))
    assert sender.acknowledged <= set(ids), "an accepted event is lost"
    assert set(ids.values()) == {1}
    doctor = subprocess.run(
        [*IAFA, "doctor"], env=environment(data_dir), capture_output=True, text=True, timeout=60, check=False
    )
    assert doctor.returncode == 0, doctor.stdout


def test_a_flush_and_a_merge_that_have_no_room_say_so_in_the_list_of_jobs_and_are_done_later(
    data_dir: Path, make_server: Any
) -> None:
    server = make_server(IAFA_EVENT_FLUSH_INTERVAL=3600, IAFA_EVENT_BUFFER_SIZE=1_000_000)
    client, balloon = Client(server), Balloon(data_dir)

    def run(job: str) -> Run:
        """As `iafa jobs run` does."""
        request = ask(data_dir, job)
        wait_until(lambda: any(request in run.asked for run in read_runs(data_dir, job)), RUN_SECONDS)
        return read_runs(data_dir, job)[-1]

    ids = []
    for number in range(9):
        batch = [f"{number}.{part}" for part in range(200)]
        events = [
            {"id": name, "event_type": "e", "user_id": name, "properties": {"x": os.urandom(500).hex()}}
            for name in batch
        ]
        assert client.track(*events)[0] == 200
        ids += batch
        if number < 8:
            assert run("flush").result == "ok"
    balloon.fill(leave_bytes=100_000)
    assert run("flush").result == "failed"
    wait_until(lambda: client.job("flush")["failed_count"] >= 1)  # said once a second
    assert client.job("flush")["last_run"]["error"] == f"OSError: {os.strerror(errno.ENOSPC)}"
    assert run("compaction").changed == {"merges_waiting": 1}
    assert client.job("compaction")["last_run"]["changed"] == {"merges_waiting": 1}
    balloon.burst()
    assert run("flush").changed["events"] == 200
    assert run("compaction").changed["merges"] == 1
    assert client.job("flush")["last_run"]["result"] == "ok"
    assert client.faults[:5] == []
    assert server.stop() == 0
    assert sorted(stored_ids(data_dir, client.project["id"])) == sorted(ids)
