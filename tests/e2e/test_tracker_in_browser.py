"""The SDK's script in a real browser, against a server that records what it is sent.

The page and the API have different origins, as on a real site: the browser asks for leave (CORS) before it sends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from iafa_api.domain.tracking_code import LOADER_MARK, tracking_code
from iafa_api.rest.system import SDK

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PACKAGE = Path(__file__).parents[2] / "sdk" / "dist"
KEY = "iafa_w_0123456789abcdef"
PATIENCE_SECONDS = 60
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",  # keeps it open: without, it may end as soon as the page is loaded
)

needs_sdk = pytest.mark.skipif(not SDK.is_file(), reason="the SDK is not built: `make sdk` does it, with npm")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")
pytestmark = [needs_chromium, needs_sdk]


@dataclass
class Recording:
    """What the server was sent, in order, and what it answers with: a list of statuses, then 200 for ever."""

    pages: dict[str, str] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    def events(self, status: int = 200) -> list[dict[str, Any]]:
        """The events of requests that were answered so, each id once."""
        sent = [event for request in self.requests if request["status"] == status for event in request["events"]]
        return list({event["id"]: event for event in reversed(sent)}.values())[::-1]

    def of_type(self, event_type: str) -> list[dict[str, Any]]:
        return [event for event in self.events() if event["event_type"] == event_type]


@pytest.fixture
def server() -> Iterator[Recording]:
    recording = Recording()

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.answer(204, b"")

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/sdk/iafa.js":
                self.answer(200, SDK.read_bytes(), "text/javascript")
            elif path in recording.scripts:
                self.answer(200, recording.scripts[path].encode(), "text/javascript")
            elif path in recording.pages:
                self.answer(200, recording.pages[path].encode(), "text/html; charset=utf-8")
            else:
                self.answer(404, b"")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            parts = urlsplit(self.path)
            status = recording.statuses.pop(0) if recording.statuses else 200
            recording.requests.append(
                {
                    "path": parts.path,
                    "key": self.headers["X-API-Key"],
                    "key_in_url": parse_qs(parts.query).get("api_key", [None])[0],
                    "content_type": self.headers["Content-Type"],
                    "sent_at": body.get("sent_at"),
                    "events": body.get("events", []),
                    "body": body,
                    "status": status,
                    "at": time.monotonic(),
                }
            )
            self.answer(status, json.dumps({"accepted": len(body.get("events", [])), "rejected": 0}).encode())

        def answer(self, status: int, body: bytes, content_type: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"] or "*")
            self.send_header("Access-Control-Allow-Headers", "Content-Type, X-API-Key")
            self.send_header("Access-Control-Expose-Headers", "Retry-After")
            if status in (429, 503):
                self.send_header("Retry-After", "2")
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recording.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield recording
    http.shutdown()
    http.server_close()
    thread.join()


@contextmanager
def browser(profile: Path, url: str) -> Iterator[None]:
    """A browser of our own on a page; it and its children are one process group, which ends with it."""
    assert CHROMIUM is not None
    process = subprocess.Popen(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(is_done: Callable[[], Any], recording: Recording) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        assert time.monotonic() < deadline, f"never came; there was {recording.requests}"
        time.sleep(0.05)


def page(server: Recording, *, before: str = "", after: str = "", attributes: str = "") -> str:
    """A page with the tracking code as the API hands it out, calls before it, and calls once it is loaded."""
    snippet = tracking_code(f"http://localhost:{server.port}", KEY).html.replace(
        "></script>", f"{attributes}></script>"
    )
    return (
        f"<!doctype html><title>Shop</title><script>{before}</script>{snippet}"
        "<script>iafa('track', 'queued', {place: 'head'});"
        f"addEventListener('load', function () {{ {after} }});</script>"
    )


def address(server: Recording, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def test_each_event_arrives_once_with_its_fields(server: Recording, tmp_path: Path) -> None:
    server.pages["/"] = page(
        server,
        attributes=" data-batch-interval=300",
        after="""
        iafa('identify', 'user-1');
        iafa('track', 'purchase', {amount: 12.5, items: [{sku: 'a'}], 'wörd': '✓'});
        iafa('track', ''); iafa('nonsense'); var circle = {}; circle.circle = circle; iafa('track', 'circle', circle);
        history.pushState({}, '', '/cart?step=1'); history.pushState({}, '', '/cart?step=1');
        iafa('reset'); iafa('track', 'after_reset');
        """,
    )
    with browser(tmp_path, address(server, "/?from=test#top")):
        wait_until(lambda: server.of_type("after_reset"), server)
    assert [event["event_type"] for event in server.events()] == [
        "page_view",
        "queued",
        "purchase",
        "page_view",
        "after_reset",
    ]
    assert len([event for request in server.requests for event in request["events"]]) == 5
    view, queued, purchase, second_view, after_reset = server.events()
    for event in server.events():
        assert uuid.UUID(event["id"]).version == 4
        assert event["timestamp"].endswith("Z")
    assert view["url"] == address(server, "/?from=test#top")
    assert view["properties"] == {"title": "Shop", "path": "/"}
    assert queued["properties"] == {"place": "head"}
    assert "user_id" not in view
    assert "user_id" not in queued
    assert purchase["user_id"] == second_view["user_id"] == "user-1"
    assert purchase["properties"] == {"amount": 12.5, "items": [{"sku": "a"}], "wörd": "✓"}
    assert second_view["url"] == address(server, "/cart?step=1")
    assert second_view["referrer"] == address(server, "/?from=test")
    assert len({event["anonymous_id"] for event in (view, queued, purchase, second_view)}) == 1
    assert len({event["session_id"] for event in (view, queued, purchase, second_view)}) == 1
    assert "user_id" not in after_reset
    assert after_reset["anonymous_id"] != view["anonymous_id"]
    assert after_reset["session_id"] != view["session_id"]
    before, identify, after = server.requests
    for request in (before, after):
        assert request["path"] == "/api/v1/track/batch"
        assert request["key"] == KEY
        assert request["sent_at"].endswith("Z")
    assert (identify["path"], identify["key"]) == ("/api/v1/identify", KEY)
    assert uuid.UUID(identify["body"].pop("id")).version == 4
    assert identify["body"] == {"user_id": "user-1", "anonymous_id": view["anonymous_id"]}


def test_a_batch_that_the_server_cannot_take_is_sent_again_with_the_same_ids(server: Recording, tmp_path: Path) -> None:
    server.statuses = [503]
    server.pages["/"] = page(server, attributes=" data-auto=off data-batch-interval=300")
    with browser(tmp_path, address(server)):
        wait_until(server.events, server)
    first, second = server.requests
    assert (first["status"], second["status"]) == (503, 200)
    assert [event["id"] for event in first["events"]] == [event["id"] for event in second["events"]]
    assert [event["event_type"] for event in second["events"]] == ["queued"]
    assert second["at"] - first["at"] >= 2  # Retry-After


def test_a_batch_that_is_refused_is_dropped_and_the_next_one_goes_on(server: Recording, tmp_path: Path) -> None:
    server.statuses = [422]
    server.pages["/"] = page(server, after="for (var i = 0; i < 19; i++) iafa('track', 'step', {i: i});")
    with browser(tmp_path, address(server)):
        wait_until(lambda: len(server.events()) == 11, server)
    refused, *taken = server.requests
    assert len(refused["events"]) == 10
    assert max(len(request["events"]) for request in taken) == 10
    assert not {event["id"] for event in refused["events"]} & {event["id"] for event in server.events()}


def test_what_had_to_be_dropped_is_told_with_a_batch_until_one_is_answered(server: Recording, tmp_path: Path) -> None:
    server.statuses = [503, 200, 403, 422]
    server.pages["/"] = page(
        server, attributes=" data-auto=off", after="for (var i = 0; i < 1004; i++) iafa('track', 'step', {i: i});"
    )
    with browser(tmp_path, address(server)):
        wait_until(lambda: len(server.requests) > 6, server)
    told = [request["body"].get("dropped") for request in server.requests]
    assert told[:6] == [5, 5, None, 10, None, None], "not taken, taken, refused unread, refused event by event"


def test_what_waits_when_the_page_is_left_is_sent_by_a_beacon(server: Recording, tmp_path: Path) -> None:
    server.pages["/"] = page(server, after="iafa('track', 'leaving'); location.href = '/next';")
    server.pages["/next"] = "<!doctype html>gone"
    with browser(tmp_path, address(server)):
        wait_until(lambda: server.of_type("leaving"), server)
        time.sleep(1)
    [request] = server.requests
    assert (request["key"], request["key_in_url"]) == (None, KEY)
    assert request["content_type"].startswith("text/plain")
    assert [event["event_type"] for event in request["events"]] == ["page_view", "queued", "leaving"]


def test_what_the_server_could_not_take_is_kept_for_the_next_page(server: Recording, tmp_path: Path) -> None:
    server.statuses = [503]
    server.pages["/"] = page(
        server,
        attributes=" data-batch-interval=300",
        after="""
        iafa('identify', 'user-1');
        setInterval(function () { fetch('/go').then(function (go) { if (go.ok) location.href = '/next'; }); }, 100);
        """,
    )
    server.pages["/next"] = page(server, attributes=" data-batch-interval=300")
    with browser(tmp_path, address(server)):
        wait_until(lambda: server.requests, server)
        server.pages["/go"] = "now"
        wait_until(lambda: len(server.events()) >= 4, server)
    kept = [event["id"] for event in server.events(503)]
    assert len(kept) == 2
    assert [event["id"] for event in server.events()][:2] == kept
    assert [event.get("user_id") for event in server.events()] == [None, None, "user-1", "user-1"]
    assert len({event["anonymous_id"] for event in server.events()}) == 1
    assert len({event["session_id"] for event in server.events()}) == 1
    assert server.of_type("page_view")[1]["referrer"] == address(server)


@pytest.mark.parametrize("way", ["package", "loader"])
def test_the_module_for_applications_tracks_as_well(server: Recording, tmp_path: Path, way: str) -> None:
    package, loader = tracking_code(f"http://localhost:{server.port}", KEY).npm.split(LOADER_MARK)
    if way == "package":
        server.scripts["/index.js"] = (PACKAGE / "index.js").read_text()
        server.scripts["/app.js"] = package.replace(" });", ", batchInterval: 200 });")
    else:
        script = "\n".join(line.removeprefix("//") for line in loader.splitlines())
        server.scripts["/app.js"] = script.replace("document.head", "script.dataset.batchInterval = 200; document.head")
    calls = "iafa('identify', 'user-1'); iafa('track', 'opened');"
    server.pages["/"] = (
        '<!doctype html><title>App</title><script type="importmap">{"imports": {"@iafa/sdk": "/index.js"}}</script>'
        f"<script type=module>import iafa from '/app.js'; {calls}</script>"
    )
    with browser(tmp_path, address(server)):
        wait_until(lambda: server.of_type("opened"), server)
    users = ("user-1", "user-1") if way == "loader" else (None, "user-1")  # a loader's calls wait for the script
    assert [(event["event_type"], event.get("user_id")) for event in server.events()] == [
        ("page_view", users[0]),
        ("opened", users[1]),
    ]


def test_who_asks_not_to_be_tracked_is_not(server: Recording, tmp_path: Path) -> None:
    server.pages["/"] = page(
        server,
        before="Object.defineProperty(navigator, 'doNotTrack', {get: function () { return '1'; }});",
        after="""
        for (var i = 0; i < 30; i++) iafa('track', 'hidden');
        setTimeout(function () {
          fetch('/sent', {method: 'POST', body: JSON.stringify({kept: localStorage.length, queued: iafa.q || null})});
        }, 500);
        """,
    )
    with browser(tmp_path, address(server)):
        wait_until(lambda: server.requests, server)
    assert [(request["path"], request["body"]) for request in server.requests] == [
        ("/sent", {"kept": 0, "queued": None})
    ]


def test_without_local_storage_the_page_is_still_tracked(server: Recording, tmp_path: Path) -> None:
    server.pages["/"] = page(
        server,
        attributes=" data-batch-interval=300",
        before="Object.defineProperty(window, 'localStorage', {get: function () { throw new Error('forbidden'); }});",
        after="iafa('identify', 'user-1'); iafa('track', 'end');",
    )
    with browser(tmp_path, address(server)):
        wait_until(lambda: server.of_type("end"), server)
    assert [event.get("user_id") for event in server.events()] == [None, None, "user-1"]
    assert len({event["anonymous_id"] for event in server.events()}) == 1
