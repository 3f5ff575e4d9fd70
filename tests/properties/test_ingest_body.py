"""Whatever a sender sends, only typed errors come out, and both forms of the rules agree."""

from __future__ import annotations

import contextlib
import json
import math
import random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from iafa_api.clock import parse_time
from iafa_api.domain import tracked_event as rules
from iafa_api.errors import InvalidInput, Malformed, TooLarge
from iafa_api.ingest.body import Limits, check_body, parse_timestamp
from iafa_api.ingest.event_body import decode_events
from iafa_api.ingest.frame_events import FrameEvents
from iafa_api.ingest.frames import Frame, FrameHeader
from iafa_api.lake import parquet
from iafa_api.lake.columns import Columns

NOW = parse_time("2026-01-15T10:00:00Z")
PROJECT = "11111111-2222-4333-8444-555555555555"
LIMITS = Limits(body_bytes=1 << 20, batch_events=50, event_bytes=2000)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moment = st.one_of(
    st.datetimes().map(lambda value: value.isoformat() + "Z"),
    st.datetimes(timezones=st.timezones()).map(lambda value: value.isoformat()),
    st.sampled_from(
        [
            "2026-01-15T10:00:00z",
            "2026-01-15t09:00:00.123456789Z",
            "2026-01-15 09:00:00+01:30",
            "2026-01-15T09:00:00",
            "1969-12-31T23:59:59.9999999Z",
            "9999-12-31T23:59:59.9999999Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "2026-01-15T24:00:00Z",
            "2026-01-15T23:59:60Z",
            "2026-02-30T00:00:00Z",
            "",
        ]
    ),
)
json_value: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
identity = st.sampled_from(["u", "", "v" * 255, "v" * 256, "é" * 255]) | text
field = st.one_of(identity, json_value)
event = st.one_of(
    st.fixed_dictionaries(
        {"event_type": st.sampled_from(["a", "a\x00", "b" * 100, "b" * 101, "\u2028"]) | text, "user_id": identity},
        optional={
            "id": identity,
            "anonymous_id": identity,
            "session_id": identity,
            "timestamp": moment,
            "properties": st.none() | st.dictionaries(text, json_value, max_size=4),
            "url": text | st.just("x" * 600),
            "referrer": st.none() | text,
            "user_agent": st.none() | text,
            "ip_address": st.none() | text,
        },
    ),
    st.dictionaries(st.sampled_from([*sorted(rules.FIELDS), "sent_at", "more"]), field | moment, max_size=6),
    json_value,
)


def header(form: str, count: int, sent_at: int | None, skipped: tuple[int, ...]) -> FrameHeader:
    return FrameHeader(1, PROJECT, NOW, b"b" * 16, form, "x", count, skipped, sent_at)


@given(st.binary(max_size=200), st.sampled_from(["single", "batch"]))
@example(b'[{"event_type":"\\ud800"}]', "batch")
@example(b"[" * 3000, "batch")
@example(b'{"event_type":1e999}', "single")
@example(b'{"events":[1e999],"sent_at":1e999}', "batch")
@example(b'[{"event_type":"a","user_id":"u","properties":{"n":' + b"9" * 5000 + b"}}]", "batch")
def test_any_bytes_give_typed_errors_only(body: bytes, form: Any) -> None:
    with contextlib.suppress(Malformed, TooLarge, InvalidInput):
        check_body(body, form, now_us=NOW, limits=LIMITS)


@settings(max_examples=60)
@given(st.lists(event, max_size=4), st.data())
def test_bytes_that_are_nearly_json_give_typed_errors_only(events: list[Any], data: st.DataObject) -> None:
    body = bytearray(json.dumps({"events": events}).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    for form in ("single", "batch"):
        try:
            checked = check_body(bytes(body), form, now_us=NOW, limits=LIMITS)  # type: ignore[arg-type]
        except (Malformed, TooLarge, InvalidInput):
            continue
        decode_stored(checked)


def decode_stored(checked: Any) -> Columns:
    events, frame = (
        FrameEvents(),
        Frame(
            "s",
            0,
            0,
            header(checked.form, len(checked.events), checked.sent_at_us, checked.skipped),
            checked.body,
        ),
    )
    events.add(frame)
    columns = events.to_columns()
    assert parquet.build_table(columns).num_rows == len(checked.events)
    return columns


@given(st.lists(event, max_size=5), st.none() | st.sampled_from(["2026-01-15T09:00:00Z", "1980-01-01T00:00:00Z"]))
def test_what_is_accepted_has_no_fault_and_what_is_refused_has_one(events: list[Any], sent_at: str | None) -> None:
    sent_at_us = parse_timestamp(sent_at) if sent_at else None
    body = json.dumps({"events": events, "sent_at": sent_at}).encode()
    checked = check_body(body, "batch", now_us=NOW, retention_limit_us=90 * 86_400_000_000, limits=LIMITS)
    refused = {refusal.index: refusal for refusal in checked.refused}
    limits = rules.plan_time_limits(NOW, 90 * 86_400_000_000)
    for index, value in enumerate(events):
        faults = rules.find_faults(
            json.loads(json.dumps(value)),
            parse_timestamp=parse_timestamp,
            limits=limits,
            sent_at_us=sent_at_us,
            now_us=NOW,
        )
        too_large = index in refused and refused[index].reason == "too_large"
        assert bool(faults) == (index in refused) or too_large
        if faults and not too_large:
            assert refused[index].errors == rules.errors_by_field(faults)
            assert refused[index].value == value
    accepted = [value for index, value in enumerate(events) if index not in refused]
    columns = decode_stored(checked)
    assert columns.event_type == [value["event_type"] for value in accepted]
    assert columns.user_id == [value.get("user_id") for value in accepted]
    for created_at in columns.created_at:
        assert limits.earliest_us <= created_at <= limits.latest_us


@given(st.lists(event, max_size=5))
def test_one_by_one_and_all_at_once_come_to_the_same(events: list[Any]) -> None:
    whole = check_body(json.dumps(events).encode(), "batch", now_us=NOW, limits=LIMITS)
    each = check_body(json.dumps([*events, 7]).encode(), "batch", now_us=NOW, limits=LIMITS)  # 7: the slow way, surely
    assert each.refused[:-1] == whole.refused
    assert each.events == list(whole.events)
    assert decode_events(each.body, each.form)[0] == list(decode_events(whole.body, whole.form)[0])


nested = st.tuples(st.integers(95, 106), st.text("[{", min_size=1, max_size=5)).map(
    lambda chosen: written_nested(*chosen)
)
padding = st.integers(0, 2200).map(lambda count: " " * count)
written_event = st.builds(
    '{{{}"event_type"{}:"a","user_id":"u"{}{}}}'.format,
    padding | st.just(""),
    padding | st.just(""),
    st.one_of(
        st.just(""),
        nested.map(',"properties":{}'.format),
        st.just(',"properties":{"event_type":"a"}'),
        st.just(',"url":"\\"event_type\\""'),
        st.integers(0, 150).map(lambda count: ',"url":"' + "event_type" * count + '"'),
        st.integers(497, 503).map(lambda count: ',"referrer":"' + "x" * count + '"'),
        st.integers(160, 170).map(lambda count: ',"user_agent":"' + "x[{" * count + '"'),
    ),
    padding | st.just(""),
)


def written_nested(levels: int, openers: str) -> str:
    """JSON of an object with so many levels below it, of the kinds that `openers` names by turns."""
    kinds = [openers[level % len(openers)] for level in range(levels)]
    start = "".join("[" if kind == "[" else '{"a":' for kind in kinds)
    return '{"p":' + start + "1" + "".join("]" if kind == "[" else "}" for kind in reversed(kinds)) + "}"


@settings(max_examples=200)
@given(st.lists(written_event, max_size=4), st.integers(0, 45), st.randoms())
def test_sizes_and_depths_are_seen_alike_one_by_one_and_all_at_once(
    events: list[str], bare: int, dice: random.Random
) -> None:
    written = [*events, *['{"event_type":"a","user_id":"u"}'] * bare]
    dice.shuffle(written)
    whole = check_body(f"[{','.join(written)}]".encode(), "batch", now_us=NOW, limits=LIMITS)
    each = check_body(f"[{','.join([*written, '7'])}]".encode(), "batch", now_us=NOW, limits=LIMITS)
    assert each.refused[:-1] == whole.refused
    assert each.events == list(whole.events)
    texts = [text for event in whole.events for text in (event.url, event.referrer, event.user_agent) if text]
    assert each.cut_count == whole.cut_count == len([text for text in texts if len(text) > rules.TEXT_CUT])


@given(st.dictionaries(text, json_value, max_size=5))
def test_properties_are_a_string_as_itself_and_anything_else_as_its_json(properties: dict[str, Any]) -> None:
    body = json.dumps([{"event_type": "a", "user_id": "u", "properties": properties}]).encode()
    columns = decode_stored(check_body(body, "batch", now_us=NOW))
    assert columns.property_keys == list(properties)
    for stored, value in zip(columns.property_values, properties.values(), strict=True):
        if value is None or isinstance(value, str):
            assert stored == value
        else:
            assert stored is not None
            assert same(json.loads(stored), value)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-15)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    return bool(one == other)
