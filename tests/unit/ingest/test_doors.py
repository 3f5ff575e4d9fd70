"""Other products' messages as ours: what is renamed, what becomes a property, and what is left for the rules."""

import json

import pytest

from iafa_api import clock
from iafa_api.errors import InvalidInput, Malformed, TooLarge
from iafa_api.ingest.doors import collect, segment, v1_events
from iafa_api.ingest.doors.checking import check_messages
from iafa_api.ingest.doors.messages import Message, id_text, plain_name
from iafa_api.ingest.pipeline import Sender, check

PROJECT = "00000000-0000-4000-8000-000000000001"
NOW = 1_800_000_000_000_000
HOUR = 3_600_000_000


def encoded(value):
    return json.dumps(value).encode()


def checked(messages):
    return check_messages(
        messages,
        project_id=PROJECT,
        door="segment",
        check=lambda body: check(
            body, "batch", project_id=PROJECT, sender=Sender("segment"), hash_ip=lambda ip: "hash", now_us=lambda: NOW
        ),
        hash_ip=lambda ip: "hash",
        now_us=NOW,
    )


def test_radixinsights_event_in_full():
    event = {
        "event_id": "e1",
        "event_name": "button_click",
        "project_id": "Shop",
        "timestamp": "2026-01-15T10:00:00Z",
        "user": {"user_id": "u", "anonymous_id": "a", "session_id": "s"},
        "context": {
            "ip": "203.0.113.9",
            "user_agent": "Mozilla",
            "locale": "de-DE",
            "page": {"url": "https://x/", "referrer": "https://y/", "title": "Home"},
            "app": {"name": "shop", "version": "2"},
            "device": {"type": "phone", "manufacturer": "Acme", "model": "One"},
        },
        "properties": {"button_id": "submit", "locale": "own"},
    }
    [message] = collect.read(encoded([event]), (PROJECT, "Shop"))
    assert message == Message(
        {
            "id": "e1",
            "event_type": "button_click",
            "user_id": "u",
            "anonymous_id": "a",
            "session_id": "s",
            "timestamp": "2026-01-15T10:00:00Z",
            "url": "https://x/",
            "referrer": "https://y/",
            "user_agent": "Mozilla",
            "ip_address": "203.0.113.9",
            "properties": {
                "locale": "own",
                "title": "Home",
                "app_name": "shop",
                "app_version": "2",
                "device_type": "phone",
                "device_manufacturer": "Acme",
                "device_model": "One",
                "button_id": "submit",
            },
        }
    )


def test_one_event_of_radixinsights_is_taken_without_an_array():
    assert [one.fields for one in collect.read(b' {"event_name": "x"}', ())] == [{"event_type": "x"}]


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({"project_id": "other"}, ("project_id", "other_project")),
        ({"project_id": 7}, ("project_id", "other_project")),
        ({"user": "u"}, ("user", "wrong_type")),
        ({"context": [1]}, ("context", "wrong_type")),
        ({"context": {"page": "https://x/"}}, ("page", "wrong_type")),
    ],
)
def test_what_cannot_be_translated_is_a_fault(event, fault):
    [message] = collect.read(encoded([{"event_name": "x", **event}]), (PROJECT, "Shop"))
    assert (message.fault.field, message.fault.reason) == fault


def test_what_is_wrong_with_properties_is_left_for_the_rules():
    [message] = collect.read(encoded({"event_name": "x", "properties": [1]}), ())
    assert message == Message({"event_type": "x", "properties": [1]})


def test_what_is_no_field_stays_and_is_refused_for_it():
    [message] = collect.read(encoded({"event_name": "x", "colour": 1, "user": {"name": "n"}}), ())
    assert message.fields == {"event_type": "x", "colour": 1, "name": "n"}
    [message] = v1_events.read(encoded({"eventType": "x", "colour": 1}))
    assert message.fields == {"event_type": "x", "colour": 1}


@pytest.mark.parametrize(
    "message",
    [
        collect.translate({"event_name": "x", "event_type": "y"}, ()),
        collect.translate({"event_name": "x", "user": {"event_type": "y"}}, ()),
        collect.translate({"event_name": "x", "user_id": "u"}, ()),
        v1_events.translate({"eventType": "x", "user_id": "u"}),
    ],
)
def test_a_name_of_ours_is_no_way_around_theirs(message):
    assert message.fault.reason == "unknown_field"
    assert message.fields.get("event_type") == "x"
    assert "user_id" not in message.fields


@pytest.mark.parametrize("read", [lambda body: collect.read(body, ()), v1_events.read, segment.read_batch])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1e400]", b"nonsense"])
def test_what_is_not_json_is_malformed_or_not_the_shape(read, body):
    try:
        messages = read(body)
    except (Malformed, InvalidInput):
        return
    assert [message.fault is not None for message in messages] == [True]


def test_an_event_in_camel_case_in_full():
    event = {
        "eventId": "e",
        "eventType": "view",
        "userId": 7,
        "anonymousId": "a",
        "sessionId": "s",
        "timestamp": "2026-01-15T10:00:00Z",
        "sentAt": "2026-01-15T10:00:01Z",
        "properties": {"a": 1},
        "context": {"page": {"url": "https://x/", "title": "T"}, "ip": "203.0.113.9", "userAgent": "UA", "os": "x"},
    }
    [message] = v1_events.read(encoded(event))
    assert message == Message(
        {
            "id": "e",
            "event_type": "view",
            "user_id": "7",
            "anonymous_id": "a",
            "session_id": "s",
            "timestamp": "2026-01-15T10:00:00Z",
            "url": "https://x/",
            "user_agent": "UA",
            "ip_address": "203.0.113.9",
            "properties": {"title": "T", "os": "x", "a": 1},
        },
        sent_at="2026-01-15T10:00:01Z",
    )
    flat = {"eventType": "x", "url": "https://own/", "ipAddress": "203.0.113.8", "properties": 5}
    [message] = v1_events.read(encoded(flat))
    assert message.fields == {
        "event_type": "x",
        "url": "https://own/",
        "ip_address": "203.0.113.8",
        "properties": 5,
    }
    with pytest.raises(InvalidInput):
        v1_events.read(encoded({"eventType": "x", "sentAt": "now"}))


def call(kind, **message):
    [translated] = segment.translate_call(message, kind, NOW)
    return translated


def test_segments_calls_become_events():
    context = {
        "page": {"url": "https://x/a", "referrer": "https://y/", "title": "A", "path": "/a", "search": "?q"},
        "userAgent": "UA",
        "ip": "203.0.113.9",
        "sessionId": 12.0,
        "locale": "de",
        "campaign": {"name": "spring", "source": "mail"},
        "groupId": "g",
        "library": {"name": "analytics.js", "version": "1"},
        "userAgentData": {"mobile": False},
        "screen": {"width": 10, "inner": {"deep": 1}},
        "traits": {"plan": "pro"},
        "empty": "",
    }
    message = call("track", messageId="m", event="Bought", userId="u", anonymousId="a", context=context)
    assert message.fields == {
        "id": "m",
        "event_type": "Bought",
        "user_id": "u",
        "anonymous_id": "a",
        "session_id": "12",
        "url": "https://x/a",
        "referrer": "https://y/",
        "user_agent": "UA",
        "ip_address": "203.0.113.9",
        "properties": {
            "title": "A",
            "path": "/a",
            "search": "?q",
            "locale": "de",
            "utm_campaign": "spring",
            "utm_source": "mail",
            "group_id": "g",
            "library_name": "analytics.js",
            "library_version": "1",
            "user_agent_data_mobile": False,
            "screen_width": 10,
            "screen_inner": {"deep": 1},
            "traits_plan": "pro",
        },
    }
    page = call("page", name="Home", category="Docs", properties={"url": "https://x/", "referrer": "r", "title": "T"})
    assert page.fields == {
        "event_type": "page_view",
        "url": "https://x/",
        "referrer": "r",
        "properties": {"title": "T", "name": "Home", "category": "Docs"},
    }
    other_url = call("page", properties={"url": "https://own/"}, context={"page": {"url": "https://x/"}})
    assert other_url.fields["properties"] == {"url": "https://own/"}
    assert call("screen", name="Start").fields == {"event_type": "screen_view", "properties": {"name": "Start"}}
    assert call("group", groupId=5, traits={"size": 3}).fields == {
        "event_type": "group",
        "properties": {"size": 3, "group_id": "5"},
    }


def test_segments_identify_and_alias_become_calls():
    assert call("identify", userId="u", anonymousId="a", messageId="m", traits={"plan": "pro"}) == Message(
        {"id": "m", "user_id": "u", "anonymous_id": "a", "traits": {"plan": "pro"}}, "identify"
    )
    assert call("identify", userId="u", context={"traits": {"x": 1}}).fields["traits"] == {"x": 1}
    assert call("alias", userId="u", previousId="p", anonymousId="a") == Message(
        {"user_id": "u", "previous_id": "p"}, "alias"
    )
    # What a browser sends that has not known a user yet: the visitor, not another user.
    assert call("alias", userId="u", previousId="a", anonymousId="a") == Message(
        {"user_id": "u", "anonymous_id": "a"}, "identify"
    )
    assert call("identify", anonymousId="a").fault.reason == "no_user"


def test_segments_clocks():
    sent_at = clock.format_time(NOW - HOUR)
    time = clock.format_time(NOW - 2 * HOUR)
    event = call("track", event="x", timestamp=time, sentAt=sent_at)
    assert (event.fields["timestamp"], event.sent_at) == (time, sent_at)
    assert call("track", event="x", originalTimestamp=time, sentAt=sent_at).sent_at == sent_at
    forwarded = call("track", event="x", originalTimestamp=time, timestamp=sent_at, sentAt=sent_at)
    assert (forwarded.fields["timestamp"], forwarded.sent_at) == (sent_at, None)
    # A call's time is set right here, an event's by the pipeline.
    assert call("identify", userId="u", timestamp=time, sentAt=sent_at).fields["timestamp"] == clock.format_time(
        NOW - HOUR
    )
    assert call("identify", userId="u", timestamp="soon", sentAt=sent_at).fields["timestamp"] == "soon"
    assert call("track", event="x", sentAt="now").fault.field == "sent_at"


def test_a_batch_gives_its_context_and_clock_to_its_messages():
    sent_at, own = clock.format_time(NOW), clock.format_time(NOW - HOUR)
    body = {
        "batch": [
            {"type": "track", "event": "a"},
            {"action": "page", "context": {"locale": "fr"}, "sentAt": own},
            {"type": ["track"]},
            {"type": "shout"},
            7,
        ],
        "context": {"locale": "de", "os": "x"},
        "sentAt": sent_at,
    }
    first, second, third, fourth, fifth = segment.translate_batch(segment.read_batch(encoded(body)), NOW)
    assert first.fields["properties"] == {"locale": "de", "os": "x"}
    assert second.fields["properties"] == {"locale": "fr", "os": "x"}
    assert (first.sent_at, second.sent_at) == (sent_at, own)
    assert [one.fault.reason for one in (third, fourth, fifth)] == ["unknown_type", "unknown_type", "not_an_object"]
    assert fourth.fields["type"] == "shout", "no replay makes it an event"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"batch": [], "sentAt": "now"}, InvalidInput),
        ({"batch": [], "context": []}, InvalidInput),
        ({"batch": {}}, InvalidInput),
        ({}, InvalidInput),
        ({"batch": [{}] * 10_001}, TooLarge),
    ],
)
def test_what_is_no_batch(body, error):
    with pytest.raises(error):
        segment.translate_batch(segment.read_batch(encoded(body)), NOW)


def test_keys_in_bodies():
    assert segment.key_of_call({"writeKey": "k"}) == "k"
    assert segment.key_of_call([]) is None
    batch = {"batch": [5, {"type": "track"}, {"writeKey": "second"}]}
    assert segment.key_of_batch(segment.read_batch(encoded(batch))) == "second"
    assert segment.key_of_batch(segment.read_batch(encoded({**batch, "writeKey": "first"}))) == "first"
    assert segment.key_of_batch(segment.read_batch(b'{"batch": []}')) is None


def test_halves_of_characters_and_great_depth_cost_nobody_else():
    deep = '{"type": "track", "userId": "u", "event": "deep", "properties": {"a": ' + "[" * 5000 + "]" * 5000 + "}}"
    half = '{"type": "track", "userId": "u", "event": "cut \\ud83d", "messageId": "m"}'
    good = '{"type": "track", "userId": "u", "event": "good"}'
    batch = segment.read_batch(f'{{"batch": [{deep}, {half}, {good}]}}'.encode())
    found = checked(segment.translate_batch(batch, NOW))
    assert (found.accepted_count, [refusal.index for refusal in found.refused]) == (2, [0])
    assert found.ids[0] == "m"
    near = '{"userId": "u", "event": "x", "properties": ' + '{"a":' * 900 + "1" + "}" * 900 + "}"
    found = checked(segment.translate_call(segment.read_call(near.encode()), "track", NOW))
    assert [refusal.reason for refusal in found.refused] == ["nested_too_deep"]


def test_at_no_depth_does_reading_or_writing_fail():
    for depth in range(850, 1000, 3):
        text = '{"userId": "u", "event": "x", "properties": ' + '{"a":' * depth + "1" + "}" * depth + "}"
        found = checked(segment.translate_call(segment.read_call(text.encode()), "track", NOW))
        assert [refusal.reason for refusal in found.refused] == ["nested_too_deep"], depth
    deep = 1
    for _ in range(2000):
        deep = {"a": deep}
    found = checked([Message({"event_type": "x", "user_id": "u", "properties": deep})])
    assert [refusal.reason for refusal in found.refused] == ["nested_too_deep"]


def test_messages_are_stored_in_their_order_by_kind_and_clock():
    sent_at = clock.format_time(NOW - HOUR)
    event = {"event_type": "x", "user_id": "u"}
    found = checked(
        [
            Message(event),
            Message(event),
            Message({"user_id": "u", "anonymous_id": "a"}, "identify"),
            Message({"user_id": "u", "previous_id": "p"}, "alias"),
            Message(event, sent_at=sent_at),
            Message({"user_id": "u", "anonymous_id": "null"}, "identify"),
            Message({"user_id": "u", "previous_id": "u"}, "alias"),
            Message({"user_id": "u" * 300}, "identify"),
            Message({"user_id": "u", "traits": {"a": "x" * 200_000}}, "identify"),
            Message({"user_id": "u"}, "identify"),
        ]
    )
    assert [(frame.event_count, len(frame.identities), len(frame.refused)) for frame, _ in found.frames] == [
        (2, 0, 0),
        (0, 2, 0),
        (1, 0, 0),
        (0, 0, 4),
    ]
    assert found.frames[2][0].sent_at == NOW - HOUR
    assert found.accepted_count == 6
    assert [(one.index, one.reason) for one in found.refused] == [
        (5, "stands_for_nobody"),
        (6, "same_person"),
        (7, "not_valid_call"),
        (8, "not_valid_call"),
    ]
    assert [one.index for one in found.failures] == [7, 8], "who stands for nobody is no failure of the sender's"


def test_many_large_messages_are_more_than_one_frame():
    event = {"event_type": "x", "user_id": "u", "properties": {"a": "x" * 90_000}}
    found = checked([Message(event)] * 120)
    assert [frame.event_count for frame, _ in found.frames] == [58, 58, 4]


def test_an_address_is_in_nothing_that_is_kept():
    message = call("shout", context={"ip": "203.0.113.9"}, event="x")
    assert message.fault is not None
    [(frame, _)] = checked([message]).frames
    assert "203.0.113.9" not in str(frame.refused)
    assert "hash" in frame.refused[0].text


def test_ids_that_are_numbers_and_names_with_humps():
    assert [id_text(value) for value in (7, 7.0, 7.5, True, None, "a")] == ["7", "7", 7.5, True, None, "a"]
    assert plain_name("userAgentData") == "user_agent_data"
