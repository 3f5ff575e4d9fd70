"""The API as processes: granian, a process per worker, each with the application of `wsgi.py`."""

from __future__ import annotations

import os
import urllib.error
import urllib.request

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from iafa_api import clock
from iafa_api.logs import configure_logs
from iafa_api.settings import Settings
from iafa_api.supervisor import watch_lifeline

BLOCKING_THREADS = 16  # waits for the disk, not for the processor: more of them make larger group commits
READY_SECONDS = 60.0


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Settings reach the workers by the environment."""
    configure_logs(settings.log_level)
    _tie_workers_to_this_process()
    Granian(
        "wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=BLOCKING_THREADS,
        respawn_failed_workers=True,
        websockets=False,
        log_enabled=True,
        log_level=LogLevels.error,
        workers_kill_timeout=10,
    ).serve()


def _tie_workers_to_this_process() -> None:
    """Have the workers, which granian forks, stop when this process is gone, however it went: they hold the port."""
    lifeline, held = os.pipe()

    def in_worker() -> None:
        os.close(held)
        watch_lifeline(lifeline)

    os.register_at_fork(after_in_child=in_worker)


def wait_until_ready(host: str, port: int) -> bool:
    """Wait for /ready to answer 200; whether it did in time."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    deadline = clock.monotonic() + READY_SECONDS
    while clock.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{reachable}:{port}/ready", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            clock.sleep(0.2)
    return False
