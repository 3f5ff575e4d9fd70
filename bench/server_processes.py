"""Servers as processes of their own on 127.0.0.1: started, loaded within bounds, read (processor time), stopped.

Ours runs over a temporary directory with a limit that nothing reaches: `iafa api` with one worker beside the peers,
which run in the same server with the same settings (`bench.peer_server`), or the whole of `iafa up`. Only processes
that were started here are ever signalled, each by its id.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import PEERS
from bench.made_events import USER_AGENT

ROOT = Path(__file__).parents[1]
IAFA = [sys.executable, "-m", "iafa_api.cli"]
DATA = "data"
HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
ANSWER_SECONDS = 20.0
UNREACHED = 10**9  # and not 0: without a limit there would be no bucket to look at and to charge


@dataclass(frozen=True)
class RunningServer:
    """A server that answers. `pids` are its processes, which do not change while it serves."""

    port: int
    pids: tuple[int, ...]
    key: str = ""
    project_id: str = ""
    token: str = ""

    def cpu_seconds(self, command: str = "") -> float:
        """User and system time since they began of all its processes, or of those that run this command of `iafa`."""
        pids = [pid for pid in self.pids if not command or command.encode() in _command(pid)]
        return sum(time.clock_gettime(_cpu_clock(pid)) for pid in pids)

    def ask(self, path: str, document: Any, token: str = "") -> Any:
        """The answer to one POST, as JSON. RuntimeError where it is none of 200 to 299."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_SECONDS)
        try:
            headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
            connection.request("POST", path, json.dumps(document), headers)
            answer = connection.getresponse()
            content = answer.read()
            if not 200 <= answer.status < 300:
                raise RuntimeError(f"{path} answers {answer.status}: {content[:300].decode()}")
            return json.loads(content)
        finally:
            connection.close()

    def count_events(self, project_id: str = "") -> int:
        """How many events a question about the project sees now; its own project, or another of its owner's."""
        document = {"project_id": project_id or self.project_id, "stages": [{"event_type": None}]}
        return int(self.ask("/api/v1/analytics/funnel", document, self.token)["receipt"]["events"])

    def requests(self, path: str, bodies: Sequence[bytes]) -> list[bytes]:
        """The bytes of a keep-alive POST for each body."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n"
            f"X-API-Key: {self.key}\r\nContent-Type: application/json\r\n"
        )
        return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]

    def send(self, requests: Sequence[bytes], *, count: int, connections: int) -> None:
        """Send `count` requests in all, the given ones in turn. RuntimeError for any answer but 200."""
        shares = [range(first, count, connections) for first in range(connections)]
        with ThreadPoolExecutor(connections) as threads:
            for done in [threads.submit(self._send_share, requests, share) for share in shares]:
                done.result()

    @contextmanager
    def connected(self) -> Iterator[Callable[[bytes], None]]:
        """A keep-alive connection: a function that sends a request and waits for its answer. RuntimeError but 200."""
        with socket.create_connection((HOST, self.port), timeout=ANSWER_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def send(request: bytes) -> None:
                connection.sendall(request)
                _read_answer(connection)

            yield send

    def _send_share(self, requests: Sequence[bytes], share: range) -> None:
        with self.connected() as send:
            for number in share:
                send(requests[number % len(requests)])


def environment(**settings: Any) -> dict[str, str]:
    """The environment for a child: the developer's own settings left out."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IAFA_")}
    own = {"PYTHONPATH": f"{ROOT}{os.pathsep}{PEERS}", **settings}
    return inherited | {name: str(value) for name, value in own.items()}


@contextmanager
def running_iafa(directory: Path, *, command: str = "api", workers: int = 1) -> Iterator[RunningServer]:
    """Our server over `directory`/data, with a new project whose write key is `key` and whose owner's token is `token`.

    `command` "up" is the API and the scheduler.
    """
    own = {"IAFA_DATA_DIR": directory / DATA, "IAFA_WORKERS": workers, "IAFA_RATE_LIMIT_EVENTS_PER_MINUTE": UNREACHED}
    with _running([*IAFA, command], own, directory) as server:
        person = {"email": "ann@example.org", "password": "correct horse battery", "full_name": "Ann"}
        account = server.ask("/api/v1/auth/register", person)
        project = server.ask("/api/v1/projects", {"name": "Shop"}, account["access_token"])
        yield replace(server, key=project["api_key"], project_id=project["id"], token=account["access_token"])


@contextmanager
def running_peer(name: str, directory: Path) -> Iterator[RunningServer]:
    """A peer of `bench.peer_server`, by its name."""
    directory.mkdir(exist_ok=True)
    with _running([sys.executable, "-m", "bench.peer_server", name], {"IAFA_WORKERS": 1}, directory) as server:
        yield server


@contextmanager
def _running(command: Sequence[str], settings: dict[str, Any], directory: Path) -> Iterator[RunningServer]:
    port = _free_port()
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,  # and not where a developer's .env may lie
            env=environment(IAFA_PORT=port, **settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, port, log)
        yield RunningServer(port, _pids_of(process.pid))
    finally:
        _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"{log.parent.name}: the server does not serve:\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    pids = _pids_of(process.pid) if process.poll() is None else ()
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        process.wait()


def _pids_of(group: int) -> tuple[int, ...]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getpgid(int(entry.name)) == group:
                found.append(int(entry.name))
        except ProcessLookupError:
            continue
    return tuple(found)


def _command(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def _cpu_clock(pid: int) -> int:
    # What clock_getcpuclockid(3) answers on Linux: the sum that /proc shows in ticks of 10 ms, in nanoseconds.
    return (~pid << 3) | 2


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _read_answer(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _receive(connection)
    head, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    while len(content) < length:
        content += _receive(connection)
    if b" 200" not in status:
        raise RuntimeError(f"{status.decode()}: {content[:300].decode()}")


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise RuntimeError("the server closed the connection")
    return received
