"""The API as processes: granian, a process per worker, each with the application of `iafa_api.rsgi`."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import urllib.error
import urllib.request
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces, Loops, RuntimeModes
from granian.log import LogLevels

from iafa_api import clock, durable
from iafa_api.errors import SettingsError
from iafa_api.logs import configure_logs
from iafa_api.settings import Settings
from iafa_api.supervisor import watch_lifeline
from iafa_api.upkeep.presence import be_present

START_SECONDS = 60.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (where one listens, and how it is reached)


def make_metrics_directory(settings: Settings) -> Path:
    """An empty directory where the workers of this server add up their counts (`rest/metrics`)."""
    path = settings.data_dir.resolve() / "run" / "metrics" / str(settings.port)
    shutil.rmtree(path, ignore_errors=True)  # counts begin at zero, as a counter's reader expects after a restart
    durable.make_directory(path)
    return path


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Settings reach the workers by the environment."""
    configure_logs(settings.log_level)
    os.umask(0o077)  # prometheus_client makes files of its own, which are the owner's alone like all others
    _tie_workers_to_this_process()
    with be_present(settings.data_dir, "api"):
        _serve(settings)


def _serve(settings: Settings) -> None:
    Granian(
        "iafa_api.rsgi:app",
        address=listen_address(settings.host, settings.port),
        port=settings.port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,
        runtime_mode=RuntimeModes.mt,
        workers=settings.workers,
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


def listen_address(host: str, port: int) -> str:
    """The address that `host` stands for, if this machine can listen there. SettingsError if not.

    Asked before granian starts: it shares its port with whoever else shares theirs, and two servers on two data
    directories would be dealt the requests at random.
    """
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"Port {port} is in use; name another with --port or IAFA_PORT.") from None
        raise SettingsError(f"Cannot listen at {host}, port {port}: {error.strerror or error}.") from None
    return str(where[0])


def web_address(settings: Settings) -> str:
    """How a browser on this machine reaches the server."""
    host = "localhost" if settings.host in EVERY_ADDRESS or settings.host == "127.0.0.1" else settings.host
    return settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def wait_for_answer(settings: Settings) -> str | None:
    """Wait for /ready to answer. "" where it is ready, the reason where it is not, None where nobody answers."""
    host = EVERY_ADDRESS.get(settings.host, settings.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/ready"
    deadline = clock.monotonic() + START_SECONDS
    while clock.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return ""
        except urllib.error.HTTPError as answer:
            return str(json.loads(answer.read())["message"])
        except (urllib.error.URLError, OSError):
            clock.sleep(0.2)
    return None
