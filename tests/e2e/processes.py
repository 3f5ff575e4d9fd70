"""Real processes for tests: `iafa up` on a free port over a directory of its own, HTTP by the standard library."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IAFA = [sys.executable, "-m", "iafa_api.cli"]
START_SECONDS = 60


def environment(data_dir: Path, **settings: Any) -> dict[str, str]:
    """The environment for a child: the developer's own settings left out."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IAFA_")}
    own = {"IAFA_DATA_DIR": data_dir, "IAFA_PASSWORD_COST": 4, "IAFA_FREE_DISK_BYTES": 1, **settings}
    return inherited | {name: str(value) for name, value in own.items()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`iafa up`: started, asked, stopped or killed."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.port = free_port()
        self.environment = environment(data_dir, IAFA_PORT=self.port, **settings)
        self._log = (data_dir.parent / "up.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*IAFA, "up"], env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.call("GET", "/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not ready in {START_SECONDS} s: {Path(self._log.name).read_text()[-2000:]}")

    def pids(self) -> list[int]:
        """The processes of the group: supervisor, API, its workers, scheduler."""
        assert self.process is not None
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.getpgid(int(entry.name)) == self.process.pid:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
        return found

    def kill(self) -> None:
        """kill -9 of every process of the group at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask the supervisor to stop; its exit code."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, timeout: float = 10
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, content, {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, json.loads(text) if is_json and text else text
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
