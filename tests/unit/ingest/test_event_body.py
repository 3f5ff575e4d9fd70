"""A body is read whole or refused event by event; a bad event costs no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iafa_api.clock import parse_time
from iafa_api.domain import tracked_event as rules
from iafa_api.errors import InvalidInput, Malformed, TooLarge
from iafa_api.ingest.body import CheckedBody, Limits, check_body, parse_timestamp
from iafa_api.ingest.event_body import encode_without_ips

NOW = parse_time("2026-01-15T10:00:00Z")
DAY = 86_400_000_000
GOOD = {"event_type": "a", "user_id": "u"}


def check(value: Any, form: Any = "batch", **options: Any) -> CheckedBody:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return check_body(body, form, now_us=NOW, **options)


@pytest.mark.parametrize("body", [[GOOD, GOOD], {"events": [GOOD, GOOD]}, {"events": [GOOD, GOOD], "sent_at": None}])
def test_a_batch_is_an_object_or_a_bare_array(body: Any) -> None:
    checked = check(body)
    assert (len(checked.events), checked.refused, checked.body) == (2, [], json.dumps(body).encode())


@pytest.mark.parametrize(
    ("event", "field", "reason"),
    [
        ({"user_id": "u"}, "event_type", "missing_field"),
        ({"event_type": None, "user_id": "u"}, "event_type", "missing_field"),
        ({"event_type": "", "user_id": "u"}, "event_type", "wrong_length"),
        ({"event_type": "a" * 101, "user_id": "u"}, "event_type", "wrong_length"),
        ({"event_type": "a\x07", "user_id": "u"}, "event_type", "control_character"),
        ({"event_type": "a\u0085", "user_id": "u"}, "event_type", "control_character"),
        ({"event_type": 5, "user_id": "u"}, "event_type", "wrong_type"),
        ({"event_type": "a"}, "user_id", "missing_field"),
        ({"event_type": "a", "user_id": "", "anonymous_id": "b"}, "user_id", "wrong_length"),
        ({"event_type": "a", "user_id": "u" * 256}, "user_id", "wrong_length"),
        ({**GOOD, "id": ""}, "id", "wrong_length"),
        ({**GOOD, "session_id": 1}, "session_id", "wrong_type"),
        ({**GOOD, "surprise": 1}, "surprise", "unknown_field"),
        ({**GOOD, "properties": []}, "properties", "wrong_type"),
        ({**GOOD, "timestamp": "2026-01-15T10:00:00"}, "timestamp", "not_a_moment"),
        ({**GOOD, "timestamp": 1}, "timestamp", "not_a_moment"),
        ({**GOOD, "timestamp": "1969-12-31T23:59:59Z"}, "timestamp", "not_a_moment"),
        ({**GOOD, "timestamp": "9999-12-31T23:59:59-01:00"}, "timestamp", "not_a_moment"),
        ({**GOOD, "timestamp": "2026-01-16T10:00:01Z"}, "timestamp", "too_far_ahead"),
        (7, rules.WHOLE_EVENT, "not_an_object"),
        (None, rules.WHOLE_EVENT, "not_an_object"),
    ],
)
def test_a_bad_event_is_refused_alone_and_told_why(event: Any, field: str, reason: str) -> None:
    checked = check([GOOD, event, {**GOOD, "id": "last"}])
    (refusal,) = checked.refused
    assert (refusal.index, refusal.reason, refusal.value) == (1, reason, event)
    assert refusal.errors[field]
    assert [event.id for event in checked.events] == [None, "last"]
    assert checked.skipped == (1,)
    assert json.loads(checked.body) == [GOOD, {**GOOD, "id": "last"}], "what was refused leaves no trace"


def test_every_fault_of_an_event_is_named() -> None:
    (refusal,) = check([{"id": "x", "event_type": 1, "user_id": 2, "more": 3}]).refused
    assert set(refusal.errors) == {"event_type", "user_id", "more"}
    assert refusal.id == "x"


@pytest.mark.parametrize(
    ("timestamp", "accepted"),
    [
        ("2026-01-08T10:00:00Z", True),
        ("2026-01-08T09:59:59.999999Z", False),
        ("2026-01-16T10:00:00Z", True),
        ("2026-01-16T10:00:00.000001Z", False),
        ("2026-01-15t10:00:00.123456789z", True),
    ],
)
def test_created_at_lies_between_the_retention_limit_and_a_day_ahead(timestamp: str, accepted: bool) -> None:
    checked = check([{**GOOD, "timestamp": timestamp}], retention_limit_us=7 * DAY)
    assert len(checked.events) == accepted


def test_sent_at_sets_the_clock_right_before_the_limits_are_asked() -> None:
    wrong_clock = {**GOOD, "timestamp": "2031-01-15T09:59:00Z"}
    assert check([wrong_clock]).refused[0].reason == "too_far_ahead"
    assert not check({"events": [wrong_clock], "sent_at": "2031-01-15T10:00:00Z"}, retention_limit_us=DAY).refused
    late = {"events": [{**GOOD, "timestamp": "2026-01-15T09:00:00Z"}], "sent_at": "2026-01-16T10:00:01Z"}
    assert check(late, retention_limit_us=DAY).refused[0].reason == "too_old"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,", b"\xff", b"[NaN]", b"[" * 5000, b"[" * 5000 + b"]" * 4999, b"[] x"],
)
@pytest.mark.parametrize("form", ["single", "batch"])
def test_what_is_not_json_is_malformed(body: bytes, form: str) -> None:
    with pytest.raises(Malformed):
        check(body, form)


def test_text_that_is_not_utf8_costs_only_its_own_event() -> None:
    checked = check(b'[{"event_type":"a","user_id":"\xff"},{"event_type":"a","user_id":"u"}]')
    assert (len(checked.events), checked.refused[0].reason, checked.refused[0].value) == (1, "unreadable", None)


@pytest.mark.parametrize("body", [b"3", b"null", b'{"events": 3}', b"{}", b'{"events":[],"more":1}'])
def test_an_envelope_that_is_none_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        check(body)


def test_a_sent_at_that_is_no_moment_is_invalid_for_the_batch_and_a_fault_of_the_single_event() -> None:
    with pytest.raises(InvalidInput) as caught:
        check({"events": [GOOD], "sent_at": "yesterday"})
    assert caught.value.errors is not None
    assert "sent_at" in caught.value.errors
    assert "sent_at" in check({**GOOD, "sent_at": "yesterday"}, "single").refused[0].errors


def test_too_much_is_too_large() -> None:
    with pytest.raises(TooLarge):
        check([GOOD] * 11, limits=Limits(batch_events=10))
    with pytest.raises(TooLarge):
        check([1] * 11, limits=Limits(batch_events=10))
    with pytest.raises(TooLarge):
        check([GOOD] * 10, limits=Limits(body_bytes=100))
    with pytest.raises(TooLarge):
        check({**GOOD, "url": "x" * rules.EVENT_MAX_BYTES}, "single")


SPACES = " " * rules.EVENT_MAX_BYTES


@pytest.mark.parametrize(
    "large",
    [
        '{"event_type":"a","user_id":"u"' + SPACES + "}",
        "{" + SPACES + '"event_type":"a","user_id":"u"}',
        '{"user_id":"u","event_type"' + SPACES + ':"a"}',
        '{"user_id":"u","properties":{'
        + '"event_type":"a",' * (rules.EVENT_MAX_BYTES // 16)
        + '"e":1},"event_type":"a"}',
        '{"user_id":"u","url":"' + '\\"event_type\\"' * (rules.EVENT_MAX_BYTES // 13) + '","event_type":"a"}',
        '{"user_id":"u","url":"' + "x" * rules.EVENT_MAX_BYTES + '","event\\u005ftype":"a"}',
    ],
    ids=["behind its key", "before its key", "after its key", "other keys", "in a text", "an escaped key"],
)
@pytest.mark.parametrize("others", [1, 5000])
def test_an_event_over_its_size_is_refused_alone(large: str, others: int) -> None:
    good = json.dumps(GOOD)
    checked = check(f"[{','.join([*[good] * others, large, good])}]".encode())
    assert (len(checked.events), [refusal.reason for refusal in checked.refused]) == (others + 1, ["too_large"])


def test_escaped_keys_and_quoted_texts_hide_no_event_over_its_size() -> None:
    texts = ",".join(f'"{number}":"{"x" * 25_000}\\"event_type"' for number in range(5))
    escaped = '{"event\\u005ftype":"a","user_id":"u"'
    checked = check(f'[{escaped},"properties":{{{texts}}}}}{("," + escaped + "}") * 4}]'.encode())
    assert (len(checked.events), [refusal.index for refusal in checked.refused]) == (4, [0])


def test_events_at_their_size_are_taken() -> None:
    event = json.dumps(GOOD)[:-1].ljust(rules.EVENT_MAX_BYTES - 1) + "}"
    assert check(f"[{','.join([event] * 20)}]".encode()).refused == []


def nested(levels: int, openers: str) -> dict[str, Any]:
    """An event with properties of so many levels, objects and arrays by turns as `openers` names them."""
    value: Any = 1
    for level in range(levels - 1):
        value = [value] if openers[level % len(openers)] == "[" else {"a": value}
    return {**GOOD, "properties": {"a": value}}


@pytest.mark.parametrize("openers", ["[", "{", "[{", "[[{"])
@pytest.mark.parametrize("others", [0, 1, 1100], ids="beside {} others".format)
def test_properties_nest_to_a_limit_that_the_flush_can_read(openers: str, others: int) -> None:
    assert check([nested(rules.NESTING_MAX, openers), *[GOOD] * others]).refused == []
    checked = check([*[GOOD] * others, nested(rules.NESTING_MAX + 1, openers)])
    assert (len(checked.events), [refusal.reason for refusal in checked.refused]) == (others, ["nested_too_deep"])
    assert check(nested(rules.NESTING_MAX + 1, openers), "single").refused[0].reason == "nested_too_deep"


def test_a_project_may_allow_only_some_event_types() -> None:
    checked = check([GOOD, {**GOOD, "event_type": "b"}], allows_event_type=lambda text: text == "b")
    assert [refusal.reason for refusal in checked.refused] == ["event_type_not_allowed"]


def test_cut_texts_are_counted() -> None:
    texts = {**GOOD, "url": "x" * 501, "referrer": "y" * 500, "user_agent": "z" * 600}
    assert check([texts]).cut_count == 2
    assert check([GOOD, texts]).cut_count == 2
    assert check([GOOD, {**GOOD, "url": "[" * 501}, {**GOOD, "url": "x{" * 250}]).cut_count == 1
    assert check([GOOD, GOOD, texts, 7]).cut_count == 2


@pytest.mark.parametrize("form", ["single", "batch"])
def test_a_raw_ip_is_replaced_by_its_hash(form: str) -> None:
    event = {**GOOD, "ip_address": "203.0.113.9", "timestamp": "2026-01-15T10:00:00.25+02:00", "properties": {"a": 1.5}}
    checked = check({**event, "sent_at": "2026-01-15T10:00:00Z"} if form == "single" else [event], form)
    assert checked.names_ip
    stored = encode_without_ips(checked.events, lambda address: address[::-1])
    assert b"203.0.113.9" not in stored
    (kept,) = check(stored).events
    assert (kept.ip_address, kept.properties) == ("9.311.0.302", {"a": 1.5})


def test_the_parser_of_timestamps_refuses_with_value_error() -> None:
    assert parse_timestamp("2026-01-15T10:00:00Z") == NOW
    for text in ["", "2026-01-15", "2026-01-15T10:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.9999999Z"]:
        with pytest.raises(ValueError, match=r".+"):
            parse_timestamp(text)


@pytest.mark.parametrize("depth", [500, 5000, 20_000])
@pytest.mark.parametrize("where", ['"properties":{"a":DEEP}', '"user_id":DEEP', '"colour":DEEP'])
def test_an_event_too_deep_for_any_decoder_is_refused_alone(depth: int, where: str) -> None:
    deep = where.replace("DEEP", "[" * depth + "]" * depth)
    bad, good = '{"event_type":"a","anonymous_id":"]]\\"[[",' + deep + "}", '{"event_type":"a","user_id":"g"}'
    checked = check_body(f"[{good},{bad},{good}]".encode(), "batch", now_us=parse_time("2026-06-01T00:00:00Z"))
    assert (len(checked.events), checked.skipped) == (2, (1,))
    assert checked.refused[0].errors
    assert check_body(bad.encode(), "single", now_us=parse_time("2026-06-01T00:00:00Z")).refused[0].errors
