"""The way past Flask: the same answers as Flask's views, whatever comes, and nothing read, charged or stored twice."""

from __future__ import annotations

import gzip
import io
import itertools
import json

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from iafa_api.errors import Unavailable
from iafa_api.rest.fast_track import FastTrack

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
    {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": "x" * 600},
    {"X-Forwarded-For": "203.0.113.9, 198.51.100.4"},
    {"Access-Control-Request-Method": "POST", "Origin": "https://a.shop.example"},
]
ADDRESSES = ["", "?api_key=KEY", "?api_key=KEY&x=1", "?x=1&api_key=KEY", "?api_key=", "?api_key=%66", "/"]


@pytest.fixture(params=[0, 10**6], ids=["no limit", "limited"])
def both(request, ann, make_app):
    """Flask alone, and Flask with the way past it: each an application of its own over one directory."""
    project = ann.make_project(allowed_origins=["https://*.shop.example"], retention_days=0)
    apps = [
        make_app(rate_limit_events_per_minute=request.param, rate_limit_events_per_minute_ip=request.param)
        for _ in range(2)
    ]
    assert isinstance(apps[0].wsgi_app, FastTrack)
    apps[0].wsgi_app = apps[0].wsgi_app._inner
    return project["api_key"], apps


def answer_of(app, environ):
    content, status, headers = run_wsgi_app(app, environ)
    return b"".join(content), status, headers


def comparable(content, status, headers):
    """Without what differs by nature: ids that were made, and what is left of a limit."""
    kept = sorted((name, "…" if name in ("X-Request-ID", "RateLimit") else value) for name, value in headers)
    told = json.loads(content) if content else {}
    own_id = isinstance(told, dict) and len(str(told.get("id"))) == 36
    ids = [value for name, value in headers if name == "X-Request-ID" and len(value) < 36]
    return b"an id" if own_id else content, status, kept, ids


def environ_of(method, path, content, headers, **more):
    builder = EnvironBuilder(method=method, path=path.partition("?")[0], query_string=path.partition("?")[2])
    environ = builder.get_environ()
    environ.update({"wsgi.input": io.BytesIO(content), "REMOTE_ADDR": "198.51.100.9", **more})
    environ.setdefault("CONTENT_LENGTH", str(len(content)))
    environ["CONTENT_LENGTH"] = more.get("CONTENT_LENGTH", str(len(content)))
    for name, value in headers.items():
        environ["CONTENT_TYPE" if name == "Content-Type" else f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


def test_the_same_request_has_the_same_answer_with_flask_and_past_it(both):
    key, (plain, fast) = both
    asked = 0
    for path, method in itertools.product(BODIES, ("POST", "GET", "OPTIONS", "PUT")):
        for content, headers, address in itertools.product(BODIES[path], HEADERS, ADDRESSES):
            if method != "POST" and (content != BODIES[path][0] or address not in ("", "/")):
                continue
            sent = gzip.compress(content) if headers.get("Content-Encoding") == "gzip" else content
            given = headers if "api_key" in address else {"X-API-Key": key, **headers}
            where = f"/api/v1{path}{address.replace('KEY', key)}"
            answers = [comparable(*answer_of(app, environ_of(method, where, sent, given))) for app in (plain, fast)]
            assert answers[0] == answers[1], (method, where, content[:80], given)
            asked += 1
    assert asked > 1500


@pytest.mark.parametrize("length", ["", "x", "-1", "1e3", "99999999", "12345678901", "5"])
def test_a_length_that_is_not_plain_is_answered_alike(both, length):
    key, apps = both
    for path, content in (("/api/v1/track", GOOD), ("/api/v1/track/batch", b"[" + GOOD + b"]")):
        environs = [environ_of("POST", path, content, {"X-API-Key": key}, CONTENT_LENGTH=length) for _ in apps]
        plain, fast = [comparable(*answer_of(app, environ)) for app, environ in zip(apps, environs, strict=True)]
        assert plain == fast


def test_a_body_without_a_length_is_answered_alike(both):
    key, apps = both
    answers = []
    for app in apps:
        environ = environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key, "Transfer-Encoding": "chunked"})
        del environ["CONTENT_LENGTH"]
        environ["wsgi.input_terminated"] = True
        answers.append(comparable(*answer_of(app, environ)))
    assert answers[0] == answers[1]
    assert answers[0][1] == "200 OK"


def test_most_requests_never_see_flask(both):
    key, (_, fast) = both
    fast.wsgi_app._inner = None
    for path, contents in BODIES.items():
        assert answer_of(fast, environ_of("POST", f"/api/v1{path}", contents[0], {"X-API-Key": key}))[1] == "200 OK"
        assert answer_of(fast, environ_of("POST", f"/api/v1{path}?api_key={key}", contents[0], {}))[1] == "200 OK"


def test_who_is_not_let_in_is_not_read(both):
    key, (_, fast) = both
    for headers in ({"X-API-Key": "wrong"}, {"X-API-Key": key, "Origin": "https://evil.example"}):
        environ = environ_of("POST", "/api/v1/track", GOOD, headers)
        assert answer_of(fast, environ)[1][:3] in ("401", "403")
        assert environ["wsgi.input"].tell() == 0


def test_what_is_refused_past_flask_is_charged_and_tried_once(ann, make_app, monkeypatch):
    app = make_app(rate_limit_events_per_minute=100)
    key = ann.make_project()["api_key"]
    calls = []

    def refuse(header, body):
        calls.append(body)
        raise Unavailable("The disk did not take the events.", retry_after_seconds=5)

    monkeypatch.setattr(app.extensions["iafa"].buffer, "append", refuse)
    _, status, headers = answer_of(app, environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key}))
    assert (status[:3], len(calls), dict(headers)["Retry-After"]) == ("503", 1, "5")
    assert dict(headers)["RateLimit"].startswith('"key";r=99;')


def test_a_bug_past_flask_is_an_answer_like_any_other(both, monkeypatch):
    key, (_, fast) = both
    monkeypatch.setattr(fast.extensions["iafa_event_door"], "check", lambda *_: 1 / 0)
    content, status, headers = answer_of(fast, environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key}))
    assert status[:3] == "500"
    assert dict(headers)["X-Request-ID"] in json.loads(content)["message"]


def test_a_sender_that_is_gone_is_no_bug(both):
    key, (_, fast) = both

    class Gone(io.BytesIO):
        def read(self, size=-1):
            raise OSError("connection reset")

    environ = environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key}, **{"wsgi.input": Gone()})
    assert answer_of(fast, environ)[1][:3] == "400"


def test_a_trusted_proxy_names_the_address_past_flask_too(ann, make_app):
    app = make_app(trusted_proxies=1)
    key = ann.make_project()["api_key"]
    hashed = []
    services = app.extensions["iafa"]
    object.__setattr__(services, "hash_event_ip", lambda address: hashed.append(address) or "hash")
    for path, address in (("/api/v1/track", "203.0.113.8"), ("/api/v1/track/", "203.0.113.9")):  # the second is Flask's
        headers = {"X-API-Key": key, "X-Forwarded-For": f"10.0.0.1, {address}"}
        answer_of(app, environ_of("POST", path, GOOD, headers))
    assert hashed == ["203.0.113.8", "203.0.113.9"]


def test_a_revoked_key_is_refused_at_once(ann, make_app):
    app = make_app()
    project = ann.make_project()
    key = project["api_key"]
    assert answer_of(app, environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key}))[1] == "200 OK"
    (listed,) = ann.get(f"/projects/{project['id']}/api-keys").json
    assert ann.delete(f"/projects/{project['id']}/api-keys/{listed['id']}").status_code == 204
    assert answer_of(app, environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key}))[1][:3] == "401"


def test_answers_say_what_is_left_of_the_limit(ann, make_app):
    app = make_app(rate_limit_events_per_minute=60, rate_limit_events_per_minute_ip=5)
    key = ann.make_project()["api_key"]
    for path in ("/api/v1/track", "/api/v1/track/"):
        headers = dict(answer_of(app, environ_of("POST", path, GOOD, {"X-API-Key": key}))[2])
        assert headers["RateLimit-Policy"] == '"key";q=60;w=60'
    assert headers["RateLimit"] in ('"key";r=58;t=2', '"key";r=59;t=1')
    assert {"RateLimit", "RateLimit-Policy"} <= set(headers["Access-Control-Expose-Headers"].split(", "))
    batch = b"[" + b",".join([b'{"event_type":"a","user_id":"u"}'] * 90) + b"]"
    answer_of(app, environ_of("POST", "/api/v1/track/batch", batch, {"X-API-Key": key}))
    _, status, headers = answer_of(app, environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": key}))
    headers = dict(headers)
    assert (status[:3], headers["RateLimit"].split(";")[1]) == ("429", "r=0")
    assert 25 <= int(headers["Retry-After"]) <= 33
    assert int(headers["Retry-After"]) <= int(headers["RateLimit"].split("t=")[1])
    stranger = dict(answer_of(app, environ_of("POST", "/api/v1/track", GOOD, {"X-API-Key": "wrong"}))[2])
    assert stranger["RateLimit-Policy"] == '"address";q=5;w=60'
    assert stranger["RateLimit"].startswith('"address";r=4;')


@pytest.mark.parametrize("origin", ["https://a.shop.example", "https://evil.example"])
def test_any_page_may_ask_before_it_tracks_and_the_project_decides_with_the_events(both, origin):
    key, apps = both
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type, x-api-key"}
    for app in apps:
        environ = environ_of("OPTIONS", "/api/v1/track/batch", b"", {"Origin": origin, **asked})
        headers = dict(answer_of(app, environ)[2])
        assert headers["Access-Control-Allow-Origin"] == origin
        assert "x-api-key" in headers["Access-Control-Allow-Headers"].lower()
        assert headers["Access-Control-Allow-Methods"] == "POST"
        environ = environ_of("POST", "/api/v1/track", GOOD, {"Origin": origin, "X-API-Key": key})
        assert answer_of(app, environ)[1][:3] == ("200" if "shop" in origin else "403")
