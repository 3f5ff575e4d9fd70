"""docs/front_doors.md: its examples are what the doors do, and its client delivers each event once."""

import json
import re
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from iafa_api.ingest.doors import collect, segment, v1_events
from iafa_api.ingest.exports.export_files import PRODUCTS

PAGE = (Path(__file__).parents[2] / "docs" / "front_doors.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize(
    ("place", "translate"),
    [
        (0, lambda sent: collect.translate(sent, ())),
        (1, v1_events.translate),
        (2, lambda sent: segment.translate(sent, sent["type"], {}, None, 0)),
    ],
)
def test_the_examples_are_what_the_doors_do(place, translate):
    assert len(EXAMPLES) == 6
    sent, becomes = EXAMPLES[2 * place : 2 * place + 2]
    message = translate(sent)
    assert message.fields == becomes
    assert message.fault is None


def test_the_tables_name_every_field_and_product():
    for name in (*v1_events.FIELDS, *segment.TYPES, *segment.EVENT_TYPES.values(), *PRODUCTS):
        assert f"`{name}`" in PAGE, name


@pytest.fixture
def client():
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    body = [line for line in code.splitlines() if line and not line.startswith(("import", "from"))]
    assert len(body) <= 30
    made = {}
    exec(code, made)
    return made["Tracker"]


@pytest.fixture
def serve(app):
    """The application behind a server that fails as it is told: before the events are stored, or after."""
    running = []

    def serve(*failures):
        plan = list(failures)

        def unsteady(environ, start_response):
            failure = plan.pop(0) if plan else None
            if failure == "before":
                start_response("503 Service Unavailable", [("Retry-After", "0"), ("Content-Length", "0")])
                return [b""]
            if failure is None:
                return app(environ, start_response)
            b"".join(app(environ, lambda *_: lambda data: None))  # stored, and the answer gets lost
            if failure == "lost":
                raise ConnectionError("the answer is lost")
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]

        server = make_server("127.0.0.1", 0, unsteady, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_client_delivers_each_event_once_whatever_the_server_does(ann, client, serve):
    project = ann.make_project()
    tracker = client(serve("before", "after", "lost", None, "after"), project["api_key"], size=10, pause=0.01)
    for n in range(35):
        tracker.track("seen", f"u{n}", n=n)
    tracker.flush()
    assert tracker.waiting == []
    events = ann.get(f"/projects/{project['id']}/events?page_size=100").json
    assert sorted(int(event["properties"]["n"]) for event in events) == list(range(35))


def test_the_client_keeps_what_is_refused_or_cannot_be_sent(client, serve):
    refused = client(serve(), "no such key", pause=0.01)
    refused.track("seen", "u")
    with pytest.raises(OSError, match="401"):
        refused.flush()
    assert len(refused.waiting) == 1
    nobody = client("http://127.0.0.1:9", "key", tries=2, pause=0.01)
    nobody.track("seen", "u")
    with pytest.raises(OSError, match="refused"):
        nobody.flush()
    assert len(nobody.waiting) == 1
