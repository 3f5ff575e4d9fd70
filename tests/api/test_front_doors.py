"""The other front doors: the same events, whichever door they come by, and what each door answers."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.errors import Unavailable
from iafa_api.ingest.body import parse_timestamp
from tests.conftest import Person

NOW = clock.now_us()
ORIGIN = {"Origin": "https://shop.example"}


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    return ann.make_project(name="Shop")


@pytest.fixture
def send(anybody: Any, shop: dict[str, Any]) -> Any:
    """Send to a door with the project's key in a header."""

    def send(path: str, body: Any, **more: Any) -> Any:
        headers = {"X-API-Key": shop["api_key"], **more.pop("headers", {})}
        return anybody.post(f"//{path}", body, headers=headers, **more)

    return send


def moment(seconds: float = 0) -> str:
    return clock.format_time(NOW - 3_600_000_000 + int(seconds * 1_000_000))


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def events(ann: Any, shop: dict[str, Any]) -> list[dict[str, Any]]:
    found = ann.get(f"/projects/{shop['id']}/events").json
    return sorted(found, key=lambda event: event["id"])


def refused(ann: Any, shop: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((one["door"], one["reason"]) for one in ann.get(f"/projects/{shop['id']}/quarantine").json)


def test_the_same_event_by_every_door(ann, shop, send, flush):
    at = moment()
    common = {"url": "https://x/", "referrer": "https://y/", "user_agent": "Mozilla", "ip_address": "203.0.113.9"}
    who = {"user_id": "u", "anonymous_id": "a", "session_id": "s"}
    ours = {"id": "1", "event_type": "bought", "timestamp": at, "properties": {"amount": 5}, **who, **common}
    context = {"ip": "203.0.113.9", "page": {"url": "https://x/", "referrer": "https://y/"}}
    assert send("api/v1/track", ours).status_code == 200
    collected = {
        "event_id": "2",
        "event_name": "bought",
        "project_id": shop["id"],
        "timestamp": at,
        "user": who,
        "context": {**context, "user_agent": "Mozilla"},
        "properties": {"amount": 5},
    }
    answer = send("collect", [collected])
    assert (answer.status_code, answer.json) == (
        202,
        {"status": "accepted", "accepted": 1, "rejected": 0, "errors": []},
    )
    camel = {"eventId": "3", "eventType": "bought", "userId": "u", "anonymousId": "a", "sessionId": "s"}
    camel |= {"timestamp": at, "properties": {"amount": 5}, "context": {**context, "userAgent": "Mozilla"}}
    answer = send("v1/events", camel)
    assert (answer.status_code, answer.json) == (202, {"status": "accepted", "eventId": "3"})
    tracked = {"messageId": "4", "type": "track", "event": "bought", "userId": "u", "anonymousId": "a"}
    tracked |= {"timestamp": at, "properties": {"amount": 5}}
    tracked |= {"context": {**context, "userAgent": "Mozilla", "sessionId": "s"}}
    for path, body in (("v1/track", tracked), ("v1/batch", {"batch": [{**tracked, "messageId": "5"}]})):
        answer = send(path, body)
        assert (answer.status_code, answer.json) == (200, {"success": True})
    for _ in range(2):
        first, *others = events(ann, shop)
        assert len(others) == 4
        for other in others:
            assert {**other, "id": "1", "accepted_at": first["accepted_at"], "stored_in": first["stored_in"]} == first
        flush()


def test_a_repeat_counts_once_by_every_door(ann, shop, send):
    for _ in range(2):
        send("collect", {"event_id": "1", "event_name": "x", "user": {"user_id": "u"}})
        send("v1/events", {"eventId": "2", "eventType": "x", "userId": "u"})
        send("v1/track", {"messageId": "3", "event": "x", "userId": "u"})
    assert [event["id"] for event in events(ann, shop)] == ["1", "2", "3"]


def test_another_projects_event_is_rejected_alone(ann, shop, send, anybody):
    rows = [
        {"event_name": "x", "user": {"user_id": "u"}, "project_id": project}
        for project in (shop["id"], "Shop", None, "Other")
    ]
    answer = send("collect", rows)
    assert (answer.status_code, answer.json["accepted"], answer.json["rejected"]) == (202, 3, 1)
    assert list(answer.json["errors"][0]["errors"]) == ["project_id"]
    answer = send("collect", rows[3:])
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["0"]
    assert send("collect", []).status_code == 202
    # A replay takes it no more than the door did.
    replayed = ann.post(f"/projects/{shop['id']}/quarantine/replay", {})
    assert replayed.json["accepted"] == 0, replayed.json


def test_faults_are_told_by_the_names_that_the_sender_knows(send):
    answer = send("v1/events", {"eventType": "", "colour": 1})
    assert answer.status_code == 422
    assert set(answer.json["errors"]["json"]) == {"eventType", "userId", "colour"}
    answer = send("collect", [{"event_name": "x" * 101, "user": {}}])
    assert set(answer.json["errors"]["json"]["0"]) == {"event_name", "user.user_id"}
    answer = send("v1/track", {"messageId": "m" * 300})
    assert answer.status_code == 400
    assert set(answer.json["errors"]["json"]) == {"messageId", "event", "userId"}
    answer = send("v1/alias", {"userId": "u"})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (400, ["previousId"])


@pytest.mark.parametrize("path", ["v1/track", "v1/t", "v1/t/", "v1/track/"])
def test_a_key_is_found_where_segments_clients_put_it(ann, shop, anybody, path):
    body = {"event": "x", "userId": "u"}
    for more in (
        {"json": body, "headers": basic(shop["api_key"])},
        {"json": {**body, "writeKey": shop["api_key"]}},
        {"json": body, "query_string": {"api_key": shop["api_key"]}},
        {"data": json.dumps({**body, "writeKey": shop["api_key"]}), "content_type": "text/plain"},
    ):
        answer = anybody.call("POST", f"//{path}", **more)
        assert (answer.status_code, answer.json) == (200, {"success": True})
    assert len(events(ann, shop)) == 4


def test_a_batch_may_name_its_key_as_well(ann, shop, anybody):
    event = {"type": "track", "event": "x", "userId": "u"}
    for path in ("v1/batch", "v1/import", "v1/b"):
        assert anybody.post(f"//{path}", {"batch": [event], "writeKey": shop["api_key"]}).status_code == 200
        assert anybody.post(f"//{path}", {"batch": [{**event, "writeKey": shop["api_key"]}]}).status_code == 200
    assert len(events(ann, shop)) == 6


@pytest.mark.parametrize("body", [{"event": "x", "userId": "u"}, {"writeKey": 7}, [], 5])
def test_without_a_key_nothing_is_taken(anybody, body):
    answer = anybody.post("//v1/track", body)
    assert answer.status_code == 401
    assert anybody.post("//v1/track", body, headers=basic("no such key")).status_code == 401


def test_a_read_key_writes_by_no_door(ann, shop, anybody):
    key = ann.post(f"/projects/{shop['id']}/api-keys", {"name": "r", "kind": "read"}).json["api_key"]
    for path in ("collect", "v1/events", "v1/track", "v1/batch"):
        assert anybody.post(f"//{path}", {}, headers={"X-API-Key": key}).status_code == 401


def test_one_bad_message_costs_no_other_and_a_batch_is_200(ann, shop, send):
    batch = [{"type": "track", "userId": "u"}, {"type": "track", "userId": "u", "event": "x"}, 5, {"type": "shout"}]
    answer = send("v1/batch", {"batch": batch})
    assert answer.status_code == 200
    assert [error["index"] for error in answer.json["errors"]] == [0, 2, 3]
    assert send("v1/batch", {"batch": [5]}).json["rejected"] == 1
    assert send("v1/batch", {"batch": []}).json == {"success": True}
    assert [event["event_type"] for event in events(ann, shop)] == ["x"]
    assert ("segment", "missing_field") in refused(ann, shop)


def test_identify_and_alias_join_and_a_repeat_changes_nothing(ann, shop, send, flush):
    send("v1/batch", {"batch": [{"type": "track", "anonymousId": "v", "event": "view", "timestamp": moment()}]})
    for _ in range(2):
        body = {"messageId": "i1", "userId": "u", "anonymousId": "v", "traits": {"plan": "pro"}}
        assert send("v1/identify", {**body, "timestamp": moment(1), "sentAt": moment(2)}).json == {"success": True}
        assert send("v1/a", {"messageId": "a1", "userId": "u", "previousId": "old"}).json == {"success": True}
        flush()
    [person] = ann.get(f"/projects/{shop['id']}/persons").json
    assert (person["id"], person["event_count"]) == ("u", 1)
    links = ann.get(f"/projects/{shop['id']}/identity-links?person_id=u").json
    assert [(link["calls"], link["doors"]) for link in links] == [(1, ["segment"])] * 2


def test_ids_of_nobody_are_told_in_data_quality_and_are_no_failure(ann, shop, send, flush):
    for body in (
        {"userId": "null", "anonymousId": "v"},
        {"userId": "u", "anonymousId": "undefined", "traits": {"plan": "pro"}},
        {"anonymousId": "v", "traits": {"plan": "pro"}},
    ):
        assert send("v1/identify", body).json == {"success": True}
    assert send("v1/alias", {"userId": "u", "previousId": "u"}).json == {"success": True}
    flush()
    assert refused(ann, shop) == [
        ("segment", "no_user"),
        ("segment", "same_person"),
        ("segment", "stands_for_nobody"),
        ("segment", "stands_for_nobody"),
    ]
    quality = ann.get(f"/projects/{shop['id']}/data-quality").json
    assert quality["total"]["rejected"] == {"stands_for_nobody": 2, "no_user": 1, "same_person": 1}
    assert ann.post(f"/projects/{shop['id']}/quarantine/replay", {}).json["accepted"] == 0


def test_times_are_set_right_by_the_senders_clock(ann, shop, send):
    ahead = 1800  # seconds that the sender's clock is wrong by
    sent_at, at = clock.format_time(clock.now_us() + ahead * 1_000_000), moment(ahead)
    send("v1/track", {"messageId": "1", "event": "x", "userId": "u", "timestamp": at, "sentAt": sent_at})
    message = {"messageId": "2", "type": "track", "event": "x", "userId": "u", "timestamp": at}
    send("v1/batch", {"batch": [message], "sentAt": sent_at})
    send("v1/events", {"eventId": "3", "eventType": "x", "userId": "u", "timestamp": at, "sentAt": sent_at})
    for event in events(ann, shop):
        assert event["client_timestamp"] == at
        assert abs(parse_timestamp(event["created_at"]) - parse_timestamp(moment())) < 60_000_000


def test_gzip_is_taken_by_every_door(ann, shop, send):
    for path, body in (
        ("collect", [{"event_name": "x", "user": {"user_id": "u"}}]),
        ("v1/events", {"eventType": "x", "userId": "u"}),
        ("v1/batch", {"batch": [{"type": "track", "event": "x", "userId": "u"}]}),
    ):
        packed = gzip.compress(json.dumps(body).encode())
        answer = send(path, None, data=packed, headers={"Content-Encoding": "gzip"})
        assert answer.status_code in (200, 202), answer.json
        assert send(path, None, data=b"no gzip", headers={"Content-Encoding": "gzip"}).status_code == 400
    assert len(events(ann, shop)) == 3


@pytest.mark.parametrize("path", ["collect", "v1/events", "v1/t", "v1/b", "v1/track/"])
def test_browsers_may_ask_and_are_held_to_the_allowed_origins(ann, anybody, path):
    project = ann.make_project(name="Guarded", allowed_origins=["https://shop.example"])
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    leave = anybody.call("OPTIONS", f"//{path}", headers=ORIGIN | asked)
    assert leave.status_code == 200
    assert leave.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert leave.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    body = {"event": "x", "event_name": "x", "eventType": "x", "userId": "u", "user": {"user_id": "u"}, "batch": []}
    for origin, is_refused in (("https://shop.example", False), ("https://other.example", True)):
        answer = anybody.post(f"//{path}", body, headers={"X-API-Key": project["api_key"], "Origin": origin})
        assert (answer.status_code == 403) == is_refused
        assert answer.headers["Access-Control-Allow-Origin"] == origin, "the page may read what is wrong"


def test_what_cannot_be_read_is_refused_as_a_whole(send):
    for path in ("collect", "v1/events", "v1/track", "v1/batch"):
        answer = send(path, None, data=b"{", content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (400, 400)
    assert send("v1/batch", {"batch": 5}).status_code == 400
    assert send("v1/batch", {"batch": [], "sentAt": "now"}).json["errors"] == {
        "json": {"sentAt": ["Not a valid moment: ISO 8601 with an offset is."]}
    }
    assert send("v1/batch", {"batch": [{}] * 10_001}).status_code == 413
    assert send("v1/events", {"eventType": "x", "sentAt": 5}).status_code == 422


def test_no_address_is_kept_as_it_is(shop, send, flush, services):
    address = "203.0.113.77"
    send("collect", [{"event_name": "x", "user": {"user_id": "u"}, "context": {"ip": address}}])
    send("collect", [{"event_name": "x", "context": {"ip": address}}, {"context": {"ip": {"v4": address}}}])
    send("v1/events", {"eventType": "x", "context": {"ip": address}})
    send("v1/events", {"eventType": "x", "ipAddress": address})
    send("v1/batch", {"batch": [{"type": "shout", "context": {"ip": address}}, {"type": "track", "event": 5}]})
    raw = f'{{"batch": [{{"type": "track", "n": 1e400, "context": {{"ip": "{address}"}}}}]}}'
    assert send("v1/batch", None, data=raw.encode()).json["rejected"] == 1
    flush()
    kept = [path for path in services.data_dir.rglob("*") if path.is_file() and address.encode() in path.read_bytes()]
    assert kept == []


def test_the_keys_limit_holds_for_every_door(ann, shop, make_app):
    anybody = Person(make_app(rate_limit_events_per_minute=3))
    batch = {"batch": [{"type": "track", "event": "x", "userId": "u"}] * 5, "writeKey": shop["api_key"]}
    answer = anybody.post("//v1/batch", batch)
    assert answer.status_code == 200
    assert answer.headers["RateLimit"].startswith('"key";r=0')
    for path, body in (("collect", []), ("v1/events", {}), ("v1/track", {"event": "x"}), ("v1/b", batch)):
        answer = anybody.post(f"//{path}", body, headers={"X-API-Key": shop["api_key"]})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0


def test_where_storing_fails_half_way_it_is_503_and_a_repeat_makes_it_whole(ann, shop, send, services, monkeypatch):
    batch = [
        {"type": "track", "messageId": "1", "event": "x", "userId": "u"},
        {"type": "identify", "messageId": "2", "anonymousId": "v", "userId": "u"},
        {"type": "track", "messageId": "3", "event": "x", "anonymousId": "v"},
    ]
    real = services.buffer.append_group
    full = Unavailable("full", retry_after_seconds=5)
    monkeypatch.setattr(services.buffer, "append_group", lambda frames: [*real(frames[:1]), full, full])
    answer = send("v1/batch", {"batch": batch})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    monkeypatch.undo()
    assert send("v1/batch", {"batch": batch}).json == {"success": True}
    assert [event["id"] for event in events(ann, shop)] == ["1", "3"]
    assert [person["id"] for person in ann.get(f"/projects/{shop['id']}/persons").json] == ["u"]


def test_a_projects_rules_hold_at_every_door(ann, anybody):
    project = ann.make_project(name="Strict", event_types=["known_*"])
    headers = {"X-API-Key": project["api_key"]}
    answer = anybody.post("//v1/t", {"event": "other", "userId": "u"}, headers=headers)
    assert list(answer.json["errors"]["json"]) == ["event"]
    assert anybody.post("//v1/events", {"eventType": "other", "userId": "u"}, headers=headers).status_code == 422
    assert anybody.post("//v1/events", {"eventType": "known_1", "userId": "u"}, headers=headers).status_code == 202


def test_a_metric_for_a_read_key(ann, shop, send, anybody):
    send("v1/events", {"eventType": "x", "userId": "u"})
    key = ann.post(f"/projects/{shop['id']}/api-keys", {"name": "r", "kind": "read"}).json["api_key"]
    today = clock.format_time(clock.now_us())[:10]
    path = f"//v1/metrics/daily_active_users?startTime={today}&endTime={today}"
    answer = anybody.get(path, headers={"X-API-Key": key})
    assert answer.status_code == 200
    assert answer.json["points"] == [{"period": today, "value": 1}]
    assert answer.json["receipt"]["events"] == 1
    as_csv = anybody.get(path, headers={"X-API-Key": key, "Accept": "text/csv"})
    assert as_csv.text.splitlines()[0] == "value,period,figure"
    assert anybody.get(path).status_code == 401
    assert "Access-Control-Allow-Origin" not in anybody.get(path, headers={"X-API-Key": key, **ORIGIN}).headers
    assert anybody.get(path, headers={"X-API-Key": shop["api_key"]}).status_code == 401
    answer = anybody.get("//v1/metrics/events?startTime=soon", headers={"X-API-Key": key})
    assert (answer.status_code, list(answer.json["errors"]["query"])) == (422, ["startTime"])
    assert anybody.get("//v1/metrics/nonsense", headers={"X-API-Key": key}).status_code == 404
    assert ann.get("//v1/metrics/events").json["errors"]["query"] == {"projectId": ["Missing data for required field."]}
    assert ann.get(f"//v1/metrics/events?projectId={shop['id']}").status_code == 200


def test_the_browser_library_is_told_to_send_here(anybody, make_app):
    told = anybody.get("//v1/projects/some-key/settings").json["integrations"]["Segment.io"]
    assert told == {"apiKey": "some-key", "apiHost": "localhost/v1", "protocol": "http"}
    behind_proxy = Person(make_app(public_url="https://iafa.example.com/"))
    told = behind_proxy.get("//v1/projects/some-key/settings").json["integrations"]["Segment.io"]
    assert (told["apiHost"], told["protocol"]) == ("iafa.example.com/v1", "https")


def test_the_document_has_every_door_with_its_shapes(anybody):
    paths = anybody.get("/openapi.json").json["paths"]
    for path, status in (("/collect", "202"), ("/v1/events", "202"), ("/v1/track", "200"), ("/v1/b", "200")):
        said = paths[path]["post"]
        assert "schema" in said["requestBody"]["content"]["application/json"]
        assert {status, "400", "401", "413", "429", "503"} <= set(said["responses"])
    short = {"/v1/" + letter for letter in "tipsgab"}
    assert short | {"/v1/import", "/v1/metrics/{name}"} <= set(paths)
