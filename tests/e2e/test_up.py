"""`iafa up`: one command, two processes, a clean end."""

import http.client
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.processes import IAFA, Server, environment
from tests.e2e.test_kill import ask, make_project


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "data", IAFA_EVENT_FLUSH_INTERVAL=1, IAFA_WORKERS=2)
    server.start()
    yield server
    if server.process.poll() is None:
        server.kill()


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM], ids=lambda value: value.name)
def test_it_stops_cleanly_and_starts_again_with_everything_there(server, with_signal):
    project_id, key = make_project(server)
    for number in range(20):
        event = {"event_type": "seen", "user_id": f"u{number}"}
        assert server.call("POST", "/api/v1/track", event, {"X-API-Key": key})[0] == 200
    assert server.stop(with_signal) == 0
    assert server.pids() == []
    server.start()
    assert ask(server, key, project_id) == 20
    assert server.stop() == 0


def test_what_waits_is_flushed_and_the_snapshots_are_written(server, tmp_path):
    _, key = make_project(server)
    server.call("POST", "/api/v1/track", {"event_type": "seen", "user_id": "u"}, {"X-API-Key": key})
    wait_until(lambda: list((tmp_path / "data" / "events").rglob("events_*.parquet")))
    wait_until(lambda: (tmp_path / "data" / "metadata" / "projects.json").exists())
    wait_until(lambda: not list((tmp_path / "data" / "buffer").glob("*.segment")))
    readable = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable == []


def test_when_the_supervisor_is_killed_nothing_is_left_running(server):
    pids = server.pids()
    assert len(pids) >= 5
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    wait_until(lambda: server.pids() == [])


def test_when_one_process_dies_the_other_is_stopped_and_it_is_said(server, tmp_path):
    scheduler = next(pid for pid in server.pids() if b"scheduler" in command_of(pid))
    os.kill(scheduler, signal.SIGKILL)
    assert server.process.wait(timeout=30) == 1
    wait_until(lambda: server.pids() == [])
    assert "the scheduler ended with exit code -9" in (tmp_path / "up.log").read_text()


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/track/batch"])
@pytest.mark.parametrize("megabytes", [1, 20])
def test_a_body_without_a_length_is_read_whole_or_refused(server, path, megabytes):
    _, key = make_project(server)
    event = b'{"event_type": "a", "user_id": "u", "properties": {"x": "' + b"y" * 50_000 + b'"}}'
    body = b"[" + b",".join([event] * (megabytes * 20)) + b"]"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"Content-Type": "application/json", "X-API-Key": key}
    status = None
    try:
        pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
        connection.request("POST", path, pieces, headers, encode_chunked=True)
        response = connection.getresponse()
        status, answer = response.status, response.read()
    except (BrokenPipeError, ConnectionResetError):  # refused before it was all sent
        assert megabytes == 20
        return
    finally:
        connection.close()
    if megabytes == 20:
        assert status == 413
    elif "track" in path:
        assert (status, json.loads(answer)["accepted"]) == (200, 20)
    else:
        assert status == 422


def test_a_killed_worker_comes_back(server):
    before = server.pids()
    worker = max(pid for pid in before if b" api" in command_of(pid).replace(b"\0", b" "))
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: len(server.pids()) == len(before) and worker not in server.pids(), seconds=20)
    wait_until(lambda: is_ready(server))


def is_ready(server):
    try:
        return server.call("GET", "/ready")[0] == 200
    except OSError:  # it was given to the worker that died
        return False


def test_a_second_scheduler_on_the_same_data_is_refused(server, tmp_path):
    second = subprocess.run(
        [*IAFA, "scheduler"], env=environment(tmp_path / "data"), capture_output=True, text=True, timeout=30
    )
    assert second.returncode == 1
    assert "Another scheduler" in second.stderr


def test_a_port_that_is_in_use_is_a_line(server, tmp_path):
    second = Server(tmp_path / "other", IAFA_WORKERS=1)
    started = subprocess.run(
        [*IAFA, "up", "--port", str(server.port)],
        env=second.environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert started.returncode == 1
    assert f"Port {server.port} is in use" in started.stderr
    assert len(started.stderr.splitlines()) == 1


@pytest.mark.parametrize("trouble", ["host", "data directory", "log", "same data"])
def test_what_prevents_a_start_is_a_line(server, tmp_path, trouble):
    data_dir, extra = tmp_path / "other", {}
    if trouble == "host":
        extra = {"IAFA_HOST": "256.1.1.1"}
    elif trouble == "data directory":
        data_dir.write_text("a file")
    elif trouble == "log":
        (data_dir / "metadata").mkdir(parents=True)
        (data_dir / "metadata" / "log.jsonl").write_text('[{"x": 1}]\n')
    else:
        data_dir = tmp_path / "data"
    started = subprocess.run(
        [*IAFA, "up"],
        env=Server(data_dir, **extra).environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert started.returncode == 1
    assert started.stderr.startswith("iafa: ")
    assert len(started.stderr.splitlines()) == 1, started.stderr


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def wait_until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")
