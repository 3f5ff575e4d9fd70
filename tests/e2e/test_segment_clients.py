"""Segment's own clients against a running server: what they send arrives, once, whatever dies meanwhile.

The clients are as their makers ship them, with their own retries; only queue lengths and intervals are set. Node's come
by `npm ci` into a directory that is kept between runs.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow.parquet
import pytest
from filelock import FileLock

from iafa_api.bootstrap import bootstrap
from iafa_api.ingest.tail import read_source
from iafa_api.settings import Settings
from tests.e2e.processes import Server
from tests.e2e.test_kill import make_project
from tests.e2e.test_tracker_in_browser import CHROMIUM, browser

CLIENTS = Path(__file__).parent / "segment_clients"
LOCKED = ("package.json", "package-lock.json", ".npmrc")
EVENTS = 10_000
PATIENCE_SECONDS = 60
needs_node = pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="no node or npm on the PATH")


@pytest.fixture(scope="session")
def node_clients():
    """Where `node_modules` with the clients is, as the lock file has them."""
    digest = hashlib.sha256(b"".join((CLIENTS / name).read_bytes() for name in LOCKED)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"iafa-segment-clients-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "complete").exists():
            for name in LOCKED:
                shutil.copy(CLIENTS / name, folder)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=folder, check=True, timeout=300)
            (folder / "complete").touch()
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("clients") / "data", IAFA_RATE_LIMIT_EVENTS_PER_MINUTE=0)
    server.start()
    yield server
    server.kill()


def run_python(server, key, *what):
    command = [sys.executable, str(CLIENTS / "send.py"), f"http://127.0.0.1:{server.port}", key, *map(str, what)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def run_node(server, key, folder, *what):
    command = ["node", str(CLIENTS / "send.cjs"), f"http://127.0.0.1:{server.port}", key, *map(str, what)]
    environment = {**os.environ, "CLIENTS": str(folder)}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def finish(*senders, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    try:
        for sender in senders:
            _, said = sender.communicate(timeout=max(1, deadline - time.monotonic()))
            assert sender.returncode == 0, said[-2000:]
    finally:
        for sender in senders:
            sender.kill()


def new_project(server, name):
    _, account = server.call(
        "POST",
        "/api/v1/auth/register",
        {"email": f"{name}@example.com", "password": "correct horse", "full_name": "Ann"},
    )
    headers = {"Authorization": f"Bearer {account['access_token']}"}
    _, project = server.call("POST", "/api/v1/projects", {"name": name}, headers)

    def get(path):
        status, answer = server.call("GET", f"/api/v1/projects/{project['id']}/{path}", headers=headers)
        assert status == 200, answer
        return answer

    return project, get


def check_each(get, library):
    """What the two `send` scripts say with `each`, as the API tells it."""
    events = {event["event_type"]: event for event in get("events")}
    assert set(events) == {"Bought", "page_view", "screen_view", "group", "Back"}
    bought = events["Bought"]
    assert (bought["user_id"], bought["url"], bought["user_agent"]) == ("u", "https://x/", "Mozilla")
    assert bought["client_timestamp"] is not None
    properties = bought["properties"]
    assert (properties["amount"], properties["title"], properties["library_name"]) == ("12.5", "Home", library)
    page = events["page_view"]
    assert (page["anonymous_id"], page["url"]) == ("v", "https://x/p")
    assert (page["properties"]["name"], page["properties"]["category"]) == ("Home", "Docs")
    assert events["screen_view"]["properties"]["name"] == "Start"
    assert {name: events["group"]["properties"][name] for name in ("group_id", "size")} == {
        "group_id": "g",
        "size": "3",
    }
    [person] = get("persons")
    assert (person["id"], person["event_count"]) == ("u", 5), "visitor and former user are joined"
    assert get("persons/u")["traits"] == {"plan": "pro"}
    assert get("quarantine") == []


def test_what_the_python_client_sends(server):
    project, get = new_project(server, "python")
    finish(run_python(server, project["api_key"], "each"))
    check_each(get, "analytics-python")


@needs_node
def test_what_the_node_client_sends(server, node_clients):
    project, get = new_project(server, "node")
    finish(run_node(server, project["api_key"], node_clients, "each"))
    check_each(get, "@segment/analytics-node")


class Files(SimpleHTTPRequestHandler):
    """Pages and the browser library, from another origin than the API's."""

    def log_message(self, *args: object) -> None:
        pass


@needs_node
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")
@pytest.mark.parametrize("strategy", ["standard", "batching"])
def test_what_the_browser_library_sends(server, node_clients, tmp_path, strategy):
    project, get = new_project(server, f"browser-{strategy}")
    site = tmp_path / "site"
    shutil.copytree(node_clients / "node_modules/@segment/analytics-next/dist/umd", site / "umd")
    (site / "index.html").write_text(
        f"""<!doctype html><meta charset="utf-8"><title>Shop</title><script src="/umd/index.js"></script><script>
        const deliveryStrategy = {{strategy: '{strategy}', config: {{timeout: 300}}}};
        const analytics = AnalyticsNext.AnalyticsBrowser.load(
          {{writeKey: '{project["api_key"]}', cdnURL: 'http://localhost:{server.port}'}},
          {{integrations: {{'Segment.io': {{deliveryStrategy}}}}}});
        analytics.page('Docs', 'Home');
        analytics.track('Bought', {{amount: 12.5, 'wörd': '✓'}});
        analytics.identify('u', {{plan: 'pro'}});
        analytics.track('After');
        analytics.group('g', {{size: 3}});
        </script>"""
    )
    pages = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Files(*args, directory=str(site)))
    Thread(target=pages.serve_forever, daemon=True).start()
    try:
        with browser(tmp_path / "profile", f"http://127.0.0.1:{pages.server_address[1]}/?utm_source=mail"):
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(get("events")) < 4 or not get("persons/u")["traits"]:
                assert time.monotonic() < deadline, (get("events"), get("quarantine"))
                time.sleep(0.2)
    finally:
        pages.shutdown()
        pages.server_close()
    events = {event["event_type"]: event for event in get("events")}
    assert set(events) == {"page_view", "Bought", "After", "group"}
    page = events["page_view"]
    assert page["url"].startswith("http://127.0.0.1:")
    assert "HeadlessChrome" in page["user_agent"]
    assert (page["properties"]["name"], page["properties"]["category"]) == ("Home", "Docs")
    assert (page["properties"]["title"], page["properties"]["utm_source"]) == ("Shop", "mail")
    assert events["Bought"]["properties"]["wörd"] == "✓"
    assert events["After"]["user_id"] == "u"
    assert len({event["anonymous_id"] for event in events.values()}) == 1
    [person] = get("persons")
    assert (person["id"], person["event_count"]) == ("u", 4)
    assert get("quarantine") == []


class Road:
    """Between the clients and the server; every fifth answer to a first try is lost on it, and so sent for again."""

    def __init__(self, port: int) -> None:
        self.lost = 0
        self.first_tries = 0
        road = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.close_connection = True
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                try:
                    connection.request("POST", self.path, body, dict(self.headers))
                    answer = connection.getresponse()
                    content = answer.read()
                except (OSError, http.client.HTTPException):  # it was killed: so hears the client
                    return
                finally:
                    connection.close()
                if "X-Retry-Count" not in self.headers:
                    road.first_tries += 1
                    if road.first_tries % 5 == 0:
                        road.lost += 1
                        return
                self.send_response(answer.status)
                for name in ("Content-Type", "Retry-After"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_address[1]
        self._thread = Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def deliver_through_kills(tmp_path, node_clients, events, kills, seconds):
    data_dir = tmp_path / "data"
    server = Server(data_dir, IAFA_RATE_LIMIT_EVENTS_PER_MINUTE=0, IAFA_EVENT_FLUSH_INTERVAL=1, IAFA_WORKERS=2)
    server.start()
    project_id, key = make_project(server)
    road = Road(server.port)
    senders = [run_python(road, key, events, seconds), run_node(road, key, node_clients, events, seconds)]
    for _ in range(kills):
        time.sleep(seconds / (kills + 1))
        server.kill()
        server.start()
    finish(*senders, seconds=PATIENCE_SECONDS + 3 * seconds)  # of waits that double, the last is the longest
    road.close()
    assert server.stop() == 0
    assert road.lost >= 10
    stored = stored_users(data_dir, project_id)
    wanted = {f"{client}-{n}" for client in ("python", "node") for n in range(events)}
    assert len(stored) == len(set(stored)), "an event is there twice"
    assert set(stored) == wanted, "an event is lost"


def stored_users(data_dir, project_id):
    """The user of each event: every event has one of its own."""
    services = bootstrap(Settings(data_dir=data_dir, password_cost=4))
    try:
        source = read_source(services.buffer, services.manifest, services.data_dir, project_id)
        tables = [pyarrow.parquet.read_table(path, columns=["user_id"]) for path in source.files]
        return [user for table in [*tables, source.tail] for user in table.column("user_id").to_pylist()]
    finally:
        services.close()


@needs_node
def test_the_clients_deliver_every_event_once_through_kills_of_the_server(tmp_path, node_clients):
    deliver_through_kills(tmp_path, node_clients, EVENTS, kills=3, seconds=8)


@needs_node
@pytest.mark.soak
def test_the_clients_deliver_every_event_once_through_many_kills(tmp_path, node_clients):
    deliver_through_kills(tmp_path, node_clients, 10 * EVENTS, kills=20, seconds=120)
