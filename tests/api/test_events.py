"""GET /projects/{id}/events: single events, flushed or not, and as they arrive."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iafa_api import clock
from iafa_api.answers.events import plan_newest
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.rest import events as live


@pytest.fixture
def shop(ann: Any) -> dict[str, Any]:
    return ann.make_project(name="Shop")


def send(ann: Any, shop: dict[str, Any], *ids: str, **fields: Any) -> None:
    events = [{"id": id_, "event_type": "view", "user_id": "u1", **fields} for id_ in ids]
    answer = ann.post("/track/batch", {"events": events}, headers={"X-API-Key": shop["api_key"]})
    assert answer.status_code == 200, answer.json


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [event["id"] for event in answer.json]


def test_the_newest_come_first_whether_flushed_or_not(ann, shop, flush):
    send(ann, shop, "a", "b")
    flush()
    send(ann, shop, "c")
    flush()
    send(ann, shop, "d", "a")  # the repeat is no event
    answer = ann.get(f"/projects/{shop['id']}/events")
    assert ids(answer) == ["d", "c", "b", "a"]
    assert [event["stored_in"]["file"] is None for event in answer.json] == [True, False, False, False]
    assert answer.json[1]["stored_in"]["file"].startswith(f"events/project_{shop['id']}/")


def test_pages_go_on_where_the_one_before_ended(ann, shop, flush):
    for number in range(7):
        send(ann, shop, f"e{number}")
        if number % 2:
            flush()
    pages = [ann.get(f"/projects/{shop['id']}/events?page={page}&page_size=3") for page in (1, 2, 3)]
    assert [event for page in pages for event in ids(page)] == [f"e{number}" for number in reversed(range(7))]
    assert json.loads(pages[0].headers["X-Pagination"])["total"] == 7


def test_the_list_has_an_end_and_says_where(ann, shop):
    answer = ann.get(f"/projects/{shop['id']}/events?page=101&page_size=100")
    assert (answer.status_code, answer.json["errors"]["query"]) == (
        422,
        {"page": ["Must be at most 100 for this page_size."]},
    )


def test_an_event_tells_all_that_is_stored_of_it(ann, shop, flush):
    fields = {
        "anonymous_id": "v1",
        "session_id": "s1",
        "timestamp": clock.format_time(clock.now_us() - 5_000_000),
        "properties": {"plan": "pro", "n": 3, "none": None},
        "url": "https://shop.example/",
        "ip_address": "192.0.2.7",
    }
    send(ann, shop, "a/b c", **fields)
    waiting = ann.get(f"/projects/{shop['id']}/events/a%2Fb%20c")
    flush()
    stored = ann.get(f"/projects/{shop['id']}/events/a%2Fb%20c")
    assert stored.status_code == 200
    event = stored.json
    assert (event["id"], event["user_id"], event["anonymous_id"], event["session_id"]) == ("a/b c", "u1", "v1", "s1")
    assert event["properties"] == {"plan": "pro", "n": "3", "none": None}
    assert event["created_at"] == event["client_timestamp"] == fields["timestamp"]
    assert event["accepted_at"] > event["created_at"]
    assert "192.0.2.7" not in stored.text
    assert event["ip_hash"]
    assert waiting.json["stored_in"] == {"file": None, "segment": event["stored_in"]["segment"]}
    assert {**waiting.json, "stored_in": event["stored_in"]} == event


def test_an_id_is_found_on_whatever_day_it_happened(ann, shop, flush):
    for days in (0, 1, 40):
        send(ann, shop, f"d{days}", timestamp=clock.format_time(clock.now_us() - days * 86_400_000_000))
    flush()
    for days in (0, 1, 40):
        assert ann.get(f"/projects/{shop['id']}/events/d{days}").json["id"] == f"d{days}"
    assert ann.get(f"/projects/{shop['id']}/events/d2").status_code == 404


def test_an_id_is_found_where_the_index_of_ids_is_broken(ann, shop, flush, app):
    send(ann, shop, "a")
    flush()
    (run,) = app.extensions["iafa"].data_dir.glob("ids/*/*.ids")
    run.write_bytes(b"")
    assert ann.get(f"/projects/{shop['id']}/events/a").status_code == 200


def test_events_of_another_organization_are_not_there(ann, bob, shop):
    send(ann, shop, "a")
    for path in ("events", "events/a", "live-events"):
        assert bob.get(f"/projects/{shop['id']}/{path}").status_code == 404


def test_a_read_key_sees_its_own_project_only(ann, shop):
    other = ann.make_project(name="Other")
    key = ann.post(f"/projects/{shop['id']}/api-keys", {"name": "live", "kind": "read"}).json["api_key"]
    send(ann, shop, "a")
    stranger = type(ann)(ann.app)
    assert ids(stranger.get(f"/projects/{shop['id']}/events?api_key={key}")) == ["a"]
    assert stranger.get(f"/projects/{other['id']}/events", headers={"X-API-Key": key}).status_code == 404
    assert stranger.get(f"/projects/{shop['id']}/events").status_code == 401


def test_who_looks_at_single_events_is_recorded_once_a_minute(ann, shop):
    for _ in range(3):
        ann.get(f"/projects/{shop['id']}/events")
    entries = [entry for entry in ann.get("/audit/access").json if entry["kind"] == "personal_data_read"]
    assert [entry["detail"] for entry in entries] == [f"newest events of project {shop['id']}"]


def read_stream(ann: Any, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch, during: Any, **headers: str) -> Any:
    """The events of a short stream; `during` runs when it is open."""
    look, looks = live.list_events_since, []

    def list_events_since(*asked: Any) -> Any:
        looks.append(asked)
        if len(looks) == 2:  # the first is of what was there before
            during()
        return look(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(live, "list_events_since", list_events_since)
        patched.setattr(live, "LOOK_SECONDS", 0.01)
        patched.setattr(live, "LIFE_SECONDS", 0.2)
        answer = ann.get(f"/projects/{shop['id']}/live-events", headers=headers, buffered=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
        text = answer.text
    found = [block.split("\n") for block in text.split("\n\n") if block.startswith("id: ")]
    return [(block[0][4:], json.loads(block[1][6:])["id"]) for block in found]


def test_a_stream_tells_what_arrives_from_now_on_each_event_once(ann, shop, flush, monkeypatch):
    send(ann, shop, "before")
    told = read_stream(ann, shop, monkeypatch, lambda: send(ann, shop, "a", "b"))
    assert [id_ for _, id_ in told] == ["a", "b"]


def test_a_stream_ends_with_what_let_its_reader_in(ann, shop, anybody, monkeypatch):
    read_key = ann.post(f"/projects/{shop['id']}/api-keys", {"name": "live", "kind": "read"}).json

    def revoke() -> None:
        ann.delete(f"/projects/{shop['id']}/api-keys/{read_key['id']}")
        send(ann, shop, "after the key")

    assert read_stream(anybody, shop, monkeypatch, revoke, **{"X-API-Key": read_key["api_key"]}) == []
    login = {"email": ann.signed_in["user"]["email"], "password": "correct horse"}
    elsewhere = type(ann)(ann.app, ann.post("/auth/login", login).json["access_token"])

    def sign_out() -> None:
        elsewhere.post("/auth/logout")
        send(ann, shop, "after the session")

    assert read_stream(elsewhere, shop, monkeypatch, sign_out) == []
    told = read_stream(ann, shop, monkeypatch, lambda: ann.delete(f"/projects/{shop['id']}"))
    assert told == []


def test_a_stream_goes_on_after_the_last_event_that_was_heard(ann, shop, monkeypatch):
    told = read_stream(ann, shop, monkeypatch, lambda: send(ann, shop, "a", "b"))
    send(ann, shop, "c")
    again = read_stream(ann, shop, monkeypatch, lambda: send(ann, shop, "d"), **{"Last-Event-ID": told[0][0]})
    assert [id_ for _, id_ in again] == ["b", "c", "d"]
    unknown = read_stream(ann, shop, monkeypatch, lambda: send(ann, shop, "e"), **{"Last-Event-ID": "nonsense"})
    assert [id_ for _, id_ in unknown] == ["e"]


def test_streams_are_bounded_and_given_back(ann, shop, monkeypatch):
    for _ in range(2 * live.STREAMS_AT_ONCE):
        read_stream(ann, shop, monkeypatch, lambda: None)
    for _ in range(live.STREAMS_AT_ONCE):
        live._streams.acquire()
    try:
        answer = ann.get(f"/projects/{shop['id']}/live-events")
    finally:
        for _ in range(live.STREAMS_AT_ONCE):
            live._streams.release()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_only_the_files_that_can_hold_the_newest_are_needed():
    def file(first: int, rows: int) -> DataFile:
        return DataFile(str(first), "p", 0, rows, 1, 0, 0, first, first + 5)

    files = (file(10, 100), file(20, 100), file(30, 100))
    assert plan_newest(files, 100) == 30
    assert plan_newest(files, 101) == 20
    assert plan_newest(files, 1000) == 0
    assert plan_newest((), 10) == 0
