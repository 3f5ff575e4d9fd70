"""Tracked events in the event loop: the same answers as Flask's views, whatever comes, and nothing done twice."""

from __future__ import annotations

import asyncio
import gzip
import io
import itertools
import json
import os
import threading
from dataclasses import replace

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from iafa_api.app import create_loop_app
from iafa_api.bootstrap import bootstrap
from iafa_api.errors import Unavailable
from iafa_api.ingest.addresses import Address
from iafa_api.ingest.flush import run_flush
from iafa_api.ingest.places import NOWHERE
from iafa_api.rest import request_bodies
from tests.rsgi_client import RsgiClient, make_request

GOOD = b'{"id":"caf\xc3\xa9 \\" \xf0\x9f\x98\x80 </","event_type":"a","user_id":"u"}'
BAD = b'{"event_type":"a"}'
BODIES = {
    "/track": [
        GOOD,
        b'{"event_type":"a","user_id":"u","ip_address":"203.0.113.7"}',
        b'{"event_type":"a","user_id":"u","sent_at":"2026-01-01T00:00:00Z","timestamp":"2026-01-01T00:00:00Z"}',
        BAD,
        b"",
        b"{",
        b"\xff",
        b"[" * 5000,
        b'{"event_type":"a","user_id":"' + b"x" * (101 << 10) + b'"}',
    ],
    "/track/batch": [
        b"[" + GOOD + b"]",
        b'{"events":[' + b",".join([GOOD] * 3) + b'],"dropped":3}',
        b"[" + GOOD + b"," + BAD + b"]",
        b"[" + BAD + b"]",
        b"[]",
        b'{"events":7}',
        b'{"events":[],"sent_at":"yesterday"}',
        b"[" + b",".join([BAD] * 150 + [GOOD]) + b"]",
        b"null",
    ],
}
HEADERS = [
    {},
    {"Origin": "https://a.shop.example"},
    {"Origin": "https://evil.example"},
    {"Origin": ""},
    {"Origin": "null"},
    {"X-Request-ID": "mine-1"},
    {"X-Request-ID": "not mine; at all"},
    {"X-API-Key": "wrong"},
    {"X-API-Key": "wrong\xe9"},
    {"X-API-Key": ""},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "identity"},
    {"Content-Encoding": "br"},
    {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": "x" * 600},
    {"User-Agent": "caf\xe9"},
    {"X-Forwarded-For": "203.0.113.9, 198.51.100.4"},
    {"Access-Control-Request-Method": "POST", "Origin": "https://a.shop.example"},
]
ADDRESSES = ["", "?api_key=KEY", "?api_key=KEY&x=1", "?x=1&api_key=KEY", "?api_key=", "?api_key=%66", "/"]


TRACK = "/api/v1/track"


@pytest.fixture
def make_client(settings):
    """Applications in event loops, over the directory of the test."""
    made = []

    def make(**changed):
        changed_settings = replace(settings, **changed)
        services = bootstrap(changed_settings)
        client = RsgiClient(create_loop_app(changed_settings, services))
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture(params=[0, 10**6], ids=["no limit", "limited"])
def both(request, ann, make_app, make_client):
    """Flask alone, and the event loop: each an application of its own over one directory."""
    project = ann.make_project(allowed_origins=["https://*.shop.example"], retention_days=0)
    limits = {"rate_limit_events_per_minute": request.param, "rate_limit_events_per_minute_ip": request.param}
    return project["api_key"], make_app(**limits), make_client(**limits)


def comparable(content, status, headers):
    """Without what differs by nature: ids that were made, and what is left of a limit."""
    kept = sorted((name, "…" if name in ("X-Request-ID", "RateLimit") else value) for name, value in headers)
    told = json.loads(content) if content else {}
    own_id = isinstance(told, dict) and len(str(told.get("id"))) == 36
    ids = [value for name, value in headers if name == "X-Request-ID" and len(value) < 36]
    return b"an id" if own_id else content, status, kept, ids


def of_flask(app, method, address, content, headers, length=None):
    """What Flask's view answers, asked as a WSGI server asks that reads no header values but plain text."""
    path, _, query = address.partition("?")
    environ = EnvironBuilder(method=method, path=path, query_string=query).get_environ()
    environ.update({"wsgi.input": io.BytesIO(content), "REMOTE_ADDR": "198.51.100.9"})
    environ["CONTENT_LENGTH"] = str(len(content)) if length is None else length
    for name, value in headers.items():
        name = "CONTENT_TYPE" if name == "Content-Type" else f"HTTP_{name.upper().replace('-', '_')}"
        environ[name] = value if value.isascii() else ""
    if "Transfer-Encoding" in headers:
        del environ["CONTENT_LENGTH"]
        environ["wsgi.input_terminated"] = True
    parts, status, told = run_wsgi_app(app, environ)
    return comparable(b"".join(parts), int(status[:3]), told)


def of_loop(client, method, address, content, headers, length=None):
    fields = list(headers.items()) + ([] if length is None else [("Content-Length", length)])
    exchange = client.send(method, address, fields, content)
    return comparable(exchange.content, exchange.status, exchange.headers)


def test_the_same_request_has_the_same_answer_in_the_loop_and_from_flask(both):
    key, app, client = both
    asked = 0
    for path, method in itertools.product(BODIES, ("POST", "GET", "OPTIONS", "PUT")):
        for content, headers, address in itertools.product(BODIES[path], HEADERS, ADDRESSES):
            if method != "POST" and (content != BODIES[path][0] or address not in ("", "/")):
                continue
            sent = gzip.compress(content) if headers.get("Content-Encoding") == "gzip" else content
            given = headers if "api_key" in address else {"X-API-Key": key, **headers}
            request = (method, f"/api/v1{path}{address.replace('KEY', key)}", sent, given)
            assert of_flask(app, *request) == of_loop(client, *request), request
            asked += 1
    assert asked > 1500


@pytest.mark.parametrize("length", ["0", "5", "0005", "99999999", "12345678901"])
def test_a_length_that_is_not_plain_is_answered_alike(both, length):
    key, app, client = both
    for path, content in ((TRACK, GOOD), (f"{TRACK}/batch", b"[" + GOOD + b"]")):
        request = ("POST", path, content, {"X-API-Key": key}, length)
        assert of_flask(app, *request) == of_loop(client, *request)


@pytest.mark.parametrize("content", [GOOD, b"", b"x" * (10 << 20) + b"xx"])
def test_a_body_in_chunks_is_answered_alike(both, content):
    key, app, client = both
    request = ("POST", TRACK, content, {"X-API-Key": key, "Transfer-Encoding": "chunked"})
    answer = of_loop(client, *request)
    assert of_flask(app, *request) == answer
    assert answer[1] == {GOOD: 200, b"": 400}.get(content, 413)


def test_a_header_that_comes_twice_is_not_looked_at_by_halves(both):
    key, _, client = both
    headers = [("X-API-Key", key), ("Origin", "https://a.shop.example")]
    assert client.send("POST", TRACK, headers, GOOD).status == 200
    assert client.send("POST", TRACK, [*headers, ("Origin", "https://evil.example")], GOOD).status == 403
    assert client.send("POST", TRACK, [*headers, ("X-API-Key", "another")], GOOD).status == 401
    assert client.send("POST", TRACK, [*headers, ("X_API_Key", "another")], GOOD).status == 200


def test_most_requests_never_see_flask(both, monkeypatch):
    key, _, client = both
    monkeypatch.setattr(client.door, "_bridge", None)
    for path, contents in BODIES.items():
        assert client.send("POST", f"/api/v1{path}", [("X-API-Key", key)], contents[0]).status == 200
        assert client.send("POST", f"/api/v1{path}?api_key={key}", [], contents[0]).status == 200
        packed = [("X-API-Key", key), ("Content-Encoding", "gzip")]
        assert client.send("POST", f"/api/v1{path}", packed, gzip.compress(contents[0])).status == 200


def test_who_is_not_let_in_is_not_read(both):
    key, _, client = both
    for headers in ([("X-API-Key", "wrong")], [("X-API-Key", key), ("Origin", "https://evil.example")]):
        exchange = client.send("POST", TRACK, headers, GOOD)
        assert exchange.status in (401, 403)
        assert not exchange.was_read


def test_what_is_too_large_by_its_length_is_not_read(both):
    key, _, client = both
    for address in (TRACK, f"{TRACK}/"):
        exchange = client.send("POST", address, [("X-API-Key", key), ("Content-Length", str((10 << 20) + 1))], GOOD)
        assert (exchange.status, exchange.was_read) == (413, False)


def test_what_is_refused_in_the_loop_is_charged_and_tried_once(ann, make_client, monkeypatch):
    client = make_client(rate_limit_events_per_minute=100)
    key = ann.make_project()["api_key"]
    calls = []

    def refuse(requests):
        calls.append(requests)
        return [Unavailable("The disk did not take the events.", retry_after_seconds=5) for _ in requests]

    monkeypatch.setattr(client.door._services.buffer, "append_group", refuse)
    exchange = client.send("POST", TRACK, [("X-API-Key", key)], GOOD)
    headers = dict(exchange.headers)
    assert (exchange.status, len(calls), headers["Retry-After"]) == (503, 1, "5")
    assert headers["RateLimit"].startswith('"key";r=99;')


@pytest.mark.parametrize("step", ["check", "charge"])
def test_a_bug_in_the_loop_is_an_answer_like_any_other(both, monkeypatch, step):
    key, _, client = both
    monkeypatch.setattr(client.door._door, step, lambda *_: 1 / 0)
    exchange = client.send("POST", TRACK, [("X-API-Key", key)], GOOD)
    assert exchange.status == 500
    assert dict(exchange.headers)["X-Request-ID"] in json.loads(exchange.content)["message"]
    monkeypatch.undo()
    assert client.send("POST", TRACK, [("X-API-Key", key)], GOOD).status == 200


@pytest.mark.parametrize("length", [200, 100_000, 2_000_000])
@pytest.mark.parametrize("address", [TRACK, f"{TRACK}/"])
def test_a_sender_that_is_gone_is_no_bug(both, address, length):
    key, _, client = both
    exchange = client.send("POST", address, [("X-API-Key", key), ("Content-Length", str(length))], GOOD)
    assert (exchange.status, "ends before" in exchange.content.decode()) == (400, True)


@pytest.mark.parametrize("length", ["200", "100000", "2000000", None])
@pytest.mark.parametrize("address", [TRACK, f"{TRACK}/", "/api/v1/projects"])
def test_a_body_that_does_not_come_is_given_up(ann, make_client, monkeypatch, address, length):
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(request_bodies, "WATCH_SECONDS", 0.02)
    client = make_client(rate_limit_events_per_minute=100)
    key = ann.make_project()["api_key"]
    said = [("Transfer-Encoding", "chunked")] if length is None else [("Content-Length", length)]
    exchange = client.send("POST", address, [("X-API-Key", key), *said], None)
    told = json.loads(exchange.content)
    assert (exchange.status, told["code"], told["status"]) == (408, 408, "Request Timeout")
    is_charged = address == TRACK and length is not None
    assert ('"key";r=99;' in dict(exchange.headers).get("RateLimit", "")) == is_charged
    assert client.send("POST", TRACK, [("X-API-Key", key)], GOOD).status == 200, "and the next one is served"


def test_slow_senders_hold_no_thread(both):
    key, _, client = both
    headers = [("X-API-Key", key), ("Content-Length", "100")]

    async def tracked_meanwhile():
        slow = [make_request("POST", address, headers, None) for address in [TRACK, f"{TRACK}/", "/api/v1/login"] * 22]
        tasks = [asyncio.ensure_future(client.door.__rsgi__(*request)) for request in slow]
        for address in (TRACK, f"{TRACK}/"):
            scope, exchange = make_request("POST", address, headers[:1], GOOD)
            await asyncio.wait_for(client.door.__rsgi__(scope, exchange), 10)
            assert exchange.status == 200
        assert not any(task.done() for task in tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    client.loop.run_until_complete(tracked_meanwhile())


def test_large_bodies_take_no_more_memory_than_there_is_for_them(both, monkeypatch):
    key, _, client = both
    monkeypatch.setattr(request_bodies, "HELD_BYTES", 200_000)
    large = b"[" + b",".join([b'{"event_type":"a","user_id":"' + b"x" * 200 + b'"}'] * 500) + b"]"
    request = ("POST", f"{TRACK}/batch", [("X-API-Key", key)], large)
    statuses = [exchange.status for exchange in client.send_all([request] * 3)]
    assert sorted(statuses)[-1] == 503
    assert client.door._bodies._held_bytes == 0
    assert client.send(*request).status == 200, "there is room again"
    packed = ("POST", f"{TRACK}/batch", [("X-API-Key", key), ("Content-Encoding", "gzip")], gzip.compress(large))
    assert sorted(exchange.status for exchange in client.send_all([packed] * 5))[0] == 200
    monkeypatch.setattr(request_bodies, "HELD_BYTES", len(large) - 1)
    assert client.send(*packed).status == 503, "what it becomes counts, too"
    assert client.door._bodies._held_bytes == 0
    monkeypatch.setattr(request_bodies, "HELD_BYTES", 200_000)
    assert client.send("POST", f"{TRACK}/batch/", [("X-API-Key", key)], large).status == 200
    assert client.send("POST", f"{TRACK}/batch", [("X-API-Key", "wrong")], large).status == 401
    chunked = [("X-API-Key", key), ("Transfer-Encoding", "chunked")]
    assert client.send("POST", f"{TRACK}/batch", chunked, b"[" + GOOD + b"]").status == 200
    assert client.door._bodies._held_bytes == 0


def test_a_small_body_that_becomes_a_large_one_is_counted_while_it_is_held(both):
    key, _, client = both
    one = b'{"event_type":"a","user_id":"u","ip_address":"192.0.2.1"}'  # a hash is longer than what it is of
    body = b"[" + b",".join([one] * (request_bodies.SMALL_BYTES // (len(one) + 1))) + b"]"
    assert len(body) <= request_bodies.SMALL_BYTES
    assert client.send("POST", f"{TRACK}/batch", [("X-API-Key", key)], body).status == 200
    assert client.door._bodies._held_bytes == 0


def test_what_takes_long_or_touches_the_disk_is_not_done_in_the_loop(ann, make_client, monkeypatch):
    client = make_client()
    project = ann.make_project()
    door, store, seen = client.door._door, client.door._services.store, []
    rules = {"check": door.check, "record_use": door.record_use, "charge": door.charge, "current": store.current}
    for name, rule in rules.items():

        def note(*given, name=name, rule=rule):
            seen.append((name, threading.current_thread() is threading.main_thread()))
            return rule(*given)

        monkeypatch.setattr(store if name == "current" else door, name, note)
    large = b"[" + b",".join([GOOD] * 1200) + b"]"
    headers = [("X-API-Key", project["api_key"])]
    assert client.send("POST", TRACK, headers, GOOD).status == 200
    assert ("current", False) in seen, "the metadata was read by a thread before the loop looked at it"
    assert seen[-3:] == [("check", True), ("charge", False), ("record_use", False)]
    assert client.send("POST", f"{TRACK}/batch", headers, large).status == 200
    assert seen[-2:] == [("check", False), ("charge", False)]
    (listed,) = ann.get(f"/projects/{project['id']}/api-keys").json
    assert listed["last_used_at"], "recorded before the answer"


def test_requests_that_come_together_share_a_sync(both, flush, monkeypatch):
    key, _, client = both
    services, syncs = client.door._services, []
    monkeypatch.setattr(os, "fdatasync", lambda fd, sync=os.fdatasync: syncs.append(sync(fd)))
    bodies = [b'{"event_type":"a","user_id":"u","id":"together-%d"}' % number for number in range(40)]
    headers = [("X-API-Key", key)]
    exchanges = client.send_all([("POST", TRACK, headers, body) for body in bodies])
    assert {exchange.status for exchange in exchanges} == {200}
    assert len(syncs) <= 5
    assert run_flush(services.buffer, services.manifest, services.data_dir).event_count == 40


def test_who_goes_away_breaks_nobody_else(both, monkeypatch):
    key, _, client = both
    may_sync = threading.Event()
    monkeypatch.setattr(os, "fdatasync", lambda fd, sync=os.fdatasync: (may_sync.wait(5), sync(fd)))

    async def some_go_away():
        requests = [make_request("POST", TRACK, [("X-API-Key", key)], GOOD) for _ in range(6)]
        tasks = [asyncio.ensure_future(client.door.__rsgi__(*request)) for request in requests]
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        tasks[3].cancel()
        await asyncio.sleep(0)
        may_sync.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [exchange.status for _, exchange in requests]

    assert client.loop.run_until_complete(some_go_away()) == [0, 200, 200, 0, 200, 200]


@pytest.mark.parametrize("hops", [1, 2])
def test_a_trusted_proxy_names_the_address_in_the_loop_too(ann, make_client, hops):
    client = make_client(trusted_proxies=hops)
    key = ann.make_project()["api_key"]
    hashed = []
    client.door._services.addresses.read = lambda ip: hashed.append(ip) or Address("hash", NOWHERE)
    for address, ip in ((TRACK, "203.0.113.8"), (f"{TRACK}/", "203.0.113.9")):  # the second is Flask's
        forwarded = ", ".join(["10.0.0.1", ip, "10.0.0.2"][: hops + 1])
        client.send("POST", address, [("X-API-Key", key), ("X-Forwarded-For", forwarded)], GOOD)
    client.send("POST", TRACK, [("X-API-Key", key)], GOOD)
    twice = [("X-Forwarded-For", address) for address in ["10.0.0.1", "203.0.113.10", "10.0.0.2"][: hops + 1]]
    client.send("POST", TRACK, [("X-API-Key", key), *twice], GOOD)
    assert hashed == ["203.0.113.8", "203.0.113.9", "198.51.100.9", "203.0.113.10"]


def test_without_a_trusted_proxy_nobody_names_an_address(ann, make_client):
    client = make_client()
    key = ann.make_project()["api_key"]
    hashed = []
    client.door._services.addresses.read = lambda ip: hashed.append(ip) or Address("hash", NOWHERE)
    for client_at in ("198.51.100.9:1", "[2001:db8::1]:2"):
        headers = [("X-API-Key", key), ("X-Forwarded-For", "203.0.113.8")]
        client.send("POST", TRACK, headers, GOOD, client=client_at)
        client.send("POST", f"{TRACK}/", headers, GOOD, client=client_at)
    assert list(dict.fromkeys(hashed)) == ["198.51.100.9", "2001:db8::1"]


def test_a_revoked_key_is_refused_at_once(ann, make_client):
    client = make_client()
    project = ann.make_project()
    headers = [("X-API-Key", project["api_key"])]
    assert client.send("POST", TRACK, headers, GOOD).status == 200
    (listed,) = ann.get(f"/projects/{project['id']}/api-keys").json
    assert ann.delete(f"/projects/{project['id']}/api-keys/{listed['id']}").status_code == 204
    assert client.send("POST", TRACK, headers, GOOD).status == 401


def test_answers_say_what_is_left_of_the_limit(ann, make_client):
    client = make_client(rate_limit_events_per_minute=60, rate_limit_events_per_minute_ip=5)
    key = ann.make_project()["api_key"]
    for path in (TRACK, f"{TRACK}/"):
        headers = dict(client.send("POST", path, [("X-API-Key", key)], GOOD).headers)
        assert headers["RateLimit-Policy"] == '"key";q=60;w=60'
    assert headers["RateLimit"] in ('"key";r=58;t=2', '"key";r=59;t=1')
    assert {"RateLimit", "RateLimit-Policy"} <= set(headers["Access-Control-Expose-Headers"].split(", "))
    batch = b"[" + b",".join([b'{"event_type":"a","user_id":"u"}'] * 90) + b"]"
    client.send("POST", f"{TRACK}/batch", [("X-API-Key", key)], batch)
    exchange = client.send("POST", TRACK, [("X-API-Key", key)], GOOD)
    headers = dict(exchange.headers)
    assert (exchange.status, headers["RateLimit"].split(";")[1]) == (429, "r=0")
    assert 25 <= int(headers["Retry-After"]) <= 33
    assert int(headers["Retry-After"]) <= int(headers["RateLimit"].split("t=")[1])
    stranger = dict(client.send("POST", TRACK, [("X-API-Key", "wrong")], GOOD).headers)
    assert stranger["RateLimit-Policy"] == '"address";q=5;w=60'
    assert stranger["RateLimit"].startswith('"address";r=4;')


@pytest.mark.parametrize("origin", ["https://a.shop.example", "https://evil.example"])
def test_any_page_may_ask_before_it_tracks_and_the_project_decides_with_the_events(both, origin):
    key, _, client = both
    asked = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type, x-api-key")]
    headers = dict(client.send("OPTIONS", f"{TRACK}/batch", [("Origin", origin), *asked]).headers)
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "x-api-key" in headers["Access-Control-Allow-Headers"].lower()
    assert headers["Access-Control-Allow-Methods"] == "POST"
    exchange = client.send("POST", TRACK, [("Origin", origin), ("X-API-Key", key)], GOOD)
    assert exchange.status == (200 if "shop" in origin else 403)
