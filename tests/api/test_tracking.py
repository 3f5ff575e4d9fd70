"""/track and /track/batch: what is taken, what is refused and how it is said."""

import gzip
import json
import threading
import uuid

import pytest

from iafa_api import clock
from iafa_api.errors import Unavailable
from tests.conftest import Person

NOW = "2026-01-15T10:00:00.123Z"


@pytest.fixture
def project(ann):
    return ann.make_project(retention_days=0)


@pytest.fixture
def count(ann, project):
    """How many persons and events of a type a question sees."""

    def ask(event_type="a", **more):
        body = {"project_id": project["id"], "stages": [{"event_type": event_type}], "start_date": "2020-01-01", **more}
        answer = ann.post("/analytics/funnel", body)
        assert answer.status_code == 200, answer.json
        return answer.json["stages"][0]["users"], answer.json["receipt"]["events"]

    return ask


def track(anybody, project, event, **more):
    headers = {"X-API-Key": project["api_key"], **more.pop("headers", {})}
    return anybody.post("/track", event, headers=headers, **more)


def test_one_event_is_taken_and_counted_at_once(anybody, project, count):
    event = {
        "id": "e1",
        "event_type": "a",
        "user_id": "u1",
        "anonymous_id": "a1",
        "session_id": "s1",
        "timestamp": NOW,
        "properties": {"status": "completed", "amount": 12.5, "nested": {"x": [1]}, "none": None},
        "url": "https://example.com/",
        "referrer": "",
        "user_agent": "x" * 600,
        "ip_address": "203.0.113.7",
    }
    answer = track(anybody, project, event)
    assert answer.status_code == 200
    assert answer.json == {"status": "accepted", "id": "e1"}
    assert count() == (1, 1)


def test_an_event_without_an_id_is_given_a_uuid_of_version_4(anybody, project):
    answer = track(anybody, project, {"event_type": "a", "user_id": "u"})
    assert uuid.UUID(answer.json["id"]).version == 4


def test_the_id_that_was_told_is_the_id_that_is_stored(anybody, project, count, flush):
    told = track(anybody, project, {"event_type": "a", "user_id": "u"}).json["id"]
    assert count(filter={"id": told}) == (1, 1)
    flush()
    assert count(filter={"id": told}) == (1, 1)


def test_the_same_id_counts_once_whenever_and_wherever_it_comes(anybody, project, count, flush, make_app):
    event = {"id": "e1", "event_type": "a", "user_id": "u1", "timestamp": NOW}
    for sent in (event, event | {"user_id": "u2"}, event | {"timestamp": "2025-03-01T00:00:00Z"}):
        assert track(anybody, project, sent).json == {"status": "accepted", "id": "e1"}
    assert track(Person(make_app()), project, event | {"user_id": "u3"}).status_code == 200
    assert count() == (1, 1)
    flush()
    assert count() == (1, 1)
    assert track(anybody, project, event | {"user_id": "u4"}).status_code == 200
    assert count() == (1, 1)
    flush()
    assert count() == (1, 1)
    assert count(filter={"user_id": "u1"}) == (1, 1)


def test_a_batch_takes_the_good_and_names_the_bad(anybody, project, count):
    events = [
        {"event_type": "a", "user_id": "u1"},
        {"user_id": "u2"},
        {"event_type": "a", "anonymous_id": "u3"},
        {"id": "x", "event_type": "a"},
        "not an event",
        {"event_type": "a", "user_id": "u4", "colour": "red"},
    ]
    answer = ann_track(anybody, project, events)
    assert answer.status_code == 200
    assert (answer.json["accepted"], answer.json["rejected"]) == (2, 4)
    errors = answer.json["errors"]
    assert [(error["index"], error["id"]) for error in errors] == [(1, None), (3, "x"), (4, None), (5, None)]
    assert errors[0]["errors"] == {"event_type": ["Missing data for required field."]}
    assert "user_id" in errors[1]["errors"]
    assert errors[3]["errors"] == {"colour": ["Unknown field."]}
    assert count() == (2, 2)


def ann_track(anybody, project, events, **more):
    return anybody.track(project["api_key"], *events, **more)


@pytest.mark.parametrize(
    ("escaped", "stored"),
    [
        (r"\ud83d", "\ufffd"),
        (r"cut \uD83D", "cut \ufffd"),
        (r"\ude00\ud83d\ude00", "\ufffd😀"),
        (r"\\ud83d", r"\ud83d"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ud83dx", "\ufffdx"),
    ],
)
def test_half_an_emoji_costs_neither_its_event_nor_the_others(anybody, project, count, escaped, stored):
    good = '{"event_type": "a", "user_id": "g"}'
    cut = '{"event_type": "b", "user_id": "u", "properties": {"t": "' + escaped + '"}}'
    headers = {"X-API-Key": project["api_key"]}
    answer = anybody.call("POST", "/track/batch", data=f"[{good},{cut},{good}]".encode(), headers=headers)
    assert answer.json == {"accepted": 3, "rejected": 0, "errors": []}
    assert count("a") == (1, 3)
    assert count("b", filter={"properties.t": stored}) == (1, 1)
    assert anybody.call("POST", "/track", data=cut.encode(), headers=headers).status_code == 200


def test_a_bare_array_is_a_batch(anybody, project, count):
    answer = anybody.post(
        "/track/batch", [{"event_type": "a", "user_id": "u"}], headers={"X-API-Key": project["api_key"]}
    )
    assert answer.json == {"accepted": 1, "rejected": 0, "errors": []}
    assert count() == (1, 1)


def test_a_batch_of_bad_events_only_is_refused(anybody, project, count):
    answer = ann_track(anybody, project, [{"event_type": "a"}, {"user_id": "u"}])
    assert answer.status_code == 422
    assert set(answer.json["errors"]["json"]["events"]) == {"0", "1"}
    assert count() == (0, 0)


def test_reported_errors_are_bounded(anybody, project):
    events = [{"event_type": "a", "user_id": "u"}] + [{"event_type": "a"}] * 500
    answer = ann_track(anybody, project, events)
    assert answer.json["rejected"] == 500
    assert len(answer.json["errors"]) == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_type", ""),
        ("event_type", "x" * 101),
        ("event_type", "a\nb"),
        ("event_type", 7),
        ("event_type", None),
        ("user_id", ""),
        ("user_id", "x" * 256),
        ("user_id", 7),
        ("id", ""),
        ("id", "x" * 256),
        ("timestamp", "yesterday"),
        ("timestamp", "2026-01-15T10:00:00"),
        ("timestamp", 1768471200),
        ("timestamp", "2999-01-01T00:00:00Z"),
        ("properties", []),
        ("properties", "x"),
        ("url", 7),
        ("colour", "red"),
    ],
)
def test_a_bad_field_is_named(anybody, project, count, field, value):
    answer = track(anybody, project, {"event_type": "a", "user_id": "u", field: value})
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]
    assert count() == (0, 0)


def test_times_are_accepted_from_the_retention_limit_to_a_day_ahead(ann, anybody):
    project = ann.make_project(retention_days=2)

    def status(hours):
        timestamp = clock.format_time(clock.now_us() + int(hours * 3600e6))
        return track(anybody, project, {"event_type": "a", "user_id": "u", "timestamp": timestamp}).status_code

    assert [status(hours) for hours in (-47, -49, 23, 25)] == [200, 422, 200, 422]


def test_a_wrong_clock_is_set_right_by_sent_at(anybody, project, count):
    events = [{"event_type": "a", "user_id": "u", "timestamp": "2030-05-05T12:00:00Z"}]
    answer = anybody.post(
        "/track/batch",
        {"events": events, "sent_at": "2030-05-05T12:00:30Z"},
        headers={"X-API-Key": project["api_key"]},
    )
    assert answer.json["accepted"] == 1
    today = clock.format_time(clock.now_us() - 30 * clock.MICROSECONDS)[:10]
    assert count(start_date=today, end_date=today) == (1, 1)


@pytest.mark.parametrize("key", [None, "", "x", "iafa_w_" + "0" * 64])
def test_an_unknown_key_is_refused(anybody, project, key):
    headers = {} if key is None else {"X-API-Key": key}
    answer = anybody.post("/track", {"event_type": "a", "user_id": "u"}, headers=headers)
    assert answer.status_code == 401


def test_a_read_key_does_not_write_and_a_write_key_does_not_read(ann, anybody, project):
    key = ann.post(f"/projects/{project['id']}/api-keys", {"name": "k", "kind": "read"}).json["api_key"]
    event = {"event_type": "a", "user_id": "u"}
    assert anybody.post("/track", event, headers={"X-API-Key": key}).status_code == 401
    question = {"stages": [{"event_type": "a"}]}
    assert anybody.post("/analytics/funnel", question, headers={"X-API-Key": key}).status_code == 200
    assert anybody.post("/analytics/funnel", question, headers={"X-API-Key": project["api_key"]}).status_code == 401


def test_a_read_key_reads_its_own_project_only(ann, anybody, project):
    key = ann.post(f"/projects/{project['id']}/api-keys", {"name": "k", "kind": "read"}).json["api_key"]
    other = ann.make_project()
    funnel = ann.make_funnel(other["id"], "a", "b")
    headers = {"X-API-Key": key}
    assert anybody.get(f"/analytics/funnel/{funnel['id']}", headers=headers).status_code == 404
    question = {"project_id": other["id"], "stages": [{"event_type": "a"}]}
    assert anybody.post("/analytics/funnel", question, headers=headers).status_code == 404


def test_a_beacon_sends_the_key_in_the_address_and_plain_text(anybody, project, count):
    body = json.dumps({"events": [{"event_type": "a", "user_id": "u"}]})
    answer = anybody.call(
        "POST", f"/track/batch?api_key={project['api_key']}", data=body, content_type="text/plain;charset=UTF-8"
    )
    assert answer.status_code == 200
    assert count() == (1, 1)


def test_gzip_is_understood(anybody, project, count):
    body = gzip.compress(json.dumps([{"event_type": "a", "user_id": "u"}]).encode())
    headers = {"X-API-Key": project["api_key"], "Content-Encoding": "gzip"}
    answer = anybody.call("POST", "/track/batch", data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 200
    assert count() == (1, 1)


@pytest.mark.parametrize(
    "content",
    [b"not gzip", gzip.compress(b"[]")[:-4], gzip.compress(b"[]") + b"x"],
    ids=["other", "cut", "longer"],
)
def test_broken_gzip_is_refused(anybody, project, content):
    headers = {"X-API-Key": project["api_key"], "Content-Encoding": "gzip"}
    answer = anybody.call("POST", "/track/batch", data=content, headers=headers, content_type="application/json")
    assert answer.status_code == 400


def test_a_gzip_bomb_is_refused(anybody, project):
    headers = {"X-API-Key": project["api_key"], "Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * (64 << 20))
    answer = anybody.call("POST", "/track/batch", data=bomb, headers=headers, content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1,", b"NaN", b"[" * 100_000])
def test_what_is_not_json_is_refused(anybody, project, content):
    for path in ("/track", "/track/batch"):
        answer = anybody.call("POST", path, data=content, headers={"X-API-Key": project["api_key"]})
        assert answer.status_code == 400, (path, answer.json)
        assert set(answer.json) >= {"code", "status", "message"}


def test_too_much_is_refused(anybody, project, count):
    headers = {"X-API-Key": project["api_key"]}
    event = {"event_type": "a", "user_id": "u"}
    assert anybody.call("POST", "/track/batch", data=b" " * (20 << 20), headers=headers).status_code == 413
    assert anybody.post("/track/batch", [event] * 10_001, headers=headers).status_code == 413
    large = event | {"properties": {"x": "y" * (100 << 10)}}
    assert anybody.post("/track", large, headers=headers).status_code == 413
    answer = anybody.post("/track/batch", [event, large], headers=headers)
    assert (answer.json["accepted"], answer.json["rejected"]) == (1, 1)
    assert count() == (1, 1)


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        ([], "https://anything.example", 200),
        (["https://shop.example"], None, 200),
        (["https://shop.example"], "https://shop.example", 200),
        (["https://shop.example"], "https://SHOP.example:443", 200),
        (["https://shop.example"], "http://shop.example", 403),
        (["https://shop.example"], "https://evil.example", 403),
        (["https://shop.example"], "https://shop.example.evil.example", 403),
        (["https://*.shop.example"], "https://a.b.shop.example", 200),
        (["https://*.shop.example"], "https://shop.example", 403),
        (["https://*.shop.example"], "https://evilshop.example", 403),
        (["https://shop.example"], "null", 403),
        (["https://shop.example"], "https://shop.example:x", 403),
    ],
)
def test_only_allowed_origins_may_track(ann, anybody, allowed, origin, status):
    project = ann.make_project(allowed_origins=allowed)
    headers = {"Origin": origin} if origin else {}
    answer = track(anybody, project, {"event_type": "a", "user_id": "u"}, headers=headers)
    assert answer.status_code == status
    if origin:
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", origin)


def test_a_browser_may_ask_before_it_tracks(anybody):
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-api-key",
    }
    answer = anybody.call("OPTIONS", "/track/batch", headers=headers)
    assert answer.status_code in (200, 204)
    assert "x-api-key" in answer.headers["Access-Control-Allow-Headers"].lower()
    login = anybody.call("OPTIONS", "/auth/login", headers=headers)
    assert "Access-Control-Allow-Origin" not in login.headers


def test_a_raw_address_is_never_stored(anybody, project, flush, settings):
    event = {"event_type": "a", "user_id": "u", "ip_address": "203.0.113.7"}
    for sent in (event, {"event_type": "a", "user_id": "u"}):
        track(anybody, project, sent, environ_base={"REMOTE_ADDR": "198.51.100.9"})
    assert anybody.track(project["api_key"], event, {"event_type": "a"}).json["accepted"] == 1
    flush()
    for path in settings.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"203.0.113.7" not in content, path
            assert b"198.51.100.9" not in content, path


def test_the_limit_of_a_key_holds_over_all_workers(ann, make_app):
    project = ann.make_project()
    workers = [Person(make_app(rate_limit_events_per_minute=10)) for _ in range(2)]
    events = [{"event_type": "a", "user_id": "u"}] * 6
    answers = [workers[number % 2].track(project["api_key"], *events) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1


def test_what_is_refused_whole_counts_against_the_limit_as_well(ann, make_app):
    project = ann.make_project()
    worker = Person(make_app(rate_limit_events_per_minute=3))
    headers = {"X-API-Key": project["api_key"]}
    statuses = [worker.call("POST", "/track", data=b"{", headers=headers).status_code for _ in range(6)]
    assert statuses[:3] == [400] * 3
    assert statuses[-1] == 429


def test_requests_that_come_together_are_all_charged(ann, make_app):
    project = ann.make_project()
    app = make_app(rate_limit_events_per_minute=60)
    events = [{"event_type": "a", "user_id": "u"}] * 60
    together = threading.Barrier(4)

    def send():
        together.wait()
        Person(app).track(project["api_key"], *events)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    admitted = Person(app).get(f"/projects/{project['id']}", headers={"Authorization": f"Bearer {ann.token}"})
    assert admitted.status_code == 200
    body = {"project_id": project["id"], "stages": [{"event_type": "a"}]}
    events_stored = ann.post("/analytics/funnel", body).json["receipt"]["events"]
    refused = Person(app).track(project["api_key"], events[0])
    assert refused.status_code == 429
    # a bucket of one minute holds 60: each further batch of 60 that was let through costs a minute more
    assert int(refused.headers["Retry-After"]) >= events_stored - 60 - 5


def test_events_are_taken_while_the_metadata_log_refuses(anybody, project, services, monkeypatch, count):
    def refuse(*_, **__):
        raise Unavailable("no", retry_after_seconds=1)

    monkeypatch.setattr(services.store, "change", refuse)
    assert track(anybody, project, {"event_type": "a", "user_id": "u"}).status_code == 200
    monkeypatch.undo()
    assert count() == (1, 1)


def test_without_a_valid_key_an_address_is_limited(make_app):
    worker = Person(make_app(rate_limit_events_per_minute_ip=3))
    statuses = [worker.track("wrong", {"event_type": "a", "user_id": "u"}).status_code for _ in range(5)]
    assert statuses[:3] == [401] * 3
    assert statuses[-1] == 429


def test_past_the_high_water_mark_tracking_answers_503(ann, make_app):
    project = ann.make_project()
    worker = Person(make_app(buffer_high_water_bytes=1000))
    event = {"event_type": "a", "user_id": "u", "properties": {"x": "y" * 2000}}
    answer = worker.track(project["api_key"], event)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1


def test_many_threads_track_and_every_answer_counts(anybody, project, count):
    accepted = []

    def send(number):
        for place in range(10):
            answer = track(anybody, project, {"event_type": "a", "user_id": f"u{number}-{place}"})
            accepted.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert accepted == [200] * 80
    assert count() == (80, 80)


def test_the_tracking_code_is_ready_to_paste(ann, project):
    answer = ann.get(f"/projects/{project['id']}/tracking-code")
    assert answer.status_code == 200
    assert set(answer.json) == {"html", "npm", "sdk_url", "curl", "python"}
    assert answer.json["sdk_url"].endswith("/sdk/iafa.js")
    assert answer.json["sdk_url"] in answer.json["html"]
