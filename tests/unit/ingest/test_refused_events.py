"""What is kept of an event that was refused: all that it said, but for the address it came from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.domain import tracked_event as rules
from iafa_api.errors import InvalidInput, Malformed
from iafa_api.ingest.body import check_body
from iafa_api.ingest.refused_events import CUT_BYTES, RefusedEvent, keep_refused

NOW = 1_800_000_000_000_000
IP = "203.0.113.9"


def refuse(*texts: str) -> list[RefusedEvent]:
    checked = check_body(f"[{','.join(texts)}]".encode(), "batch", now_us=NOW)
    assert not checked.events
    return keep_refused(checked.refused, lambda address: f"<{len(address)}>")


def test_an_event_is_kept_as_it_came_with_who_it_is_of() -> None:
    text = '{"user_id": "u",  "anonymous_id":"a", "id": "i", "much": [1, null]}'
    (kept,) = refuse(text)
    assert (kept.text, kept.is_whole, kept.byte_count, kept.index) == (text, True, len(text), 0)
    assert (kept.id, kept.user_id, kept.anonymous_id) == ("i", "u", "a")
    assert kept.reason == "unknown_field"
    assert kept.errors["event_type"] == ["Missing data for required field."]


@pytest.mark.parametrize("value", [7, None, "text", [1], {"user_id": 5, "id": []}])
def test_what_is_no_event_at_all_is_kept_too(value: Any) -> None:
    (kept,) = refuse(json.dumps(value))
    assert (json.loads(kept.text), kept.is_whole, kept.id, kept.user_id) == (value, True, None, None)


def test_an_event_that_is_too_large_keeps_its_beginning_and_its_size() -> None:
    text = json.dumps({"event_type": "a", "user_id": "u", "url": "x" * rules.EVENT_MAX_BYTES})
    (kept,) = refuse(text)
    assert (kept.text, kept.is_whole, kept.byte_count) == (text[:CUT_BYTES], False, len(text))


@pytest.mark.parametrize(
    "text",
    [
        f'{{"ip_address": "{IP}"}}',
        f'{{"ip_address": ["{IP}"]}}',
        f'{{"ip_address": {{"v4": "{IP}"}}}}',
        f'{{"event": {{"ip_address": "{IP}"}}}}',
        f'[[{{"ip_address": "{IP}"}}]]',
        f'{{"\\u0069p_address": "{IP}"}}',
        f'{{"ip_address": "{IP}", "x": 1e999999}}',
        f'{{"\\u0069p\\u005Faddress" : "{IP}", "x": 1e999999}}',
        f'{{"ip_address": "{IP}", "url": "{"x" * rules.EVENT_MAX_BYTES}"}}',
        f'{{"pad": "{"x" * (CUT_BYTES - 35)}", "ip_address": "{IP}", "url": "{"x" * rules.EVENT_MAX_BYTES}"}}',
    ],
)
def test_no_address_is_kept_raw(text: str) -> None:
    (kept,) = refuse(text)
    assert IP not in kept.text
    assert IP[:6] not in kept.text


def test_a_hashed_address_stands_where_the_address_stood() -> None:
    (kept,) = refuse(f'{{"ip_address": "{IP}", "properties": {{"ip_address": "the sender\'s own"}}}}')
    assert json.loads(kept.text) == {"ip_address": "<11>", "properties": {"ip_address": "the sender's own"}}


@given(st.binary(max_size=60), st.integers(0, 1200))
def test_whatever_came_there_is_a_text_to_keep(noise: bytes, depth: int) -> None:
    body = b'[{"ip_address": 1, "a": ' + b"[" * depth + b"]" * depth + b'}, {"b": "' + noise.replace(b'"', b"") + b'"}]'
    try:
        checked = check_body(body, "batch", now_us=NOW)
    except (InvalidInput, Malformed):
        return
    for kept in keep_refused(checked.refused, lambda address: "hash"):
        kept.text.encode()
        if kept.is_whole:
            json.loads(kept.text)
