"""A frame is whole or not there, and gives the same events whoever decodes it."""

from __future__ import annotations

import io
import json
import uuid

import pytest

from iafa_api.errors import BrokenData
from iafa_api.ingest import frame_events, frames
from iafa_api.ingest.frame_events import FrameEvents
from iafa_api.ingest.frames import Frame, FrameHeader, UnreadableFrame, derive_ids, walk_frames
from iafa_api.lake.columns import Columns

PROJECT = "11111111-2222-4333-8444-555555555555"
SALT_CRC = 12345


def header(received_at: int = 1_000_000, **more: object) -> FrameHeader:
    values = {"project_id": PROJECT, "form": "batch", "door": "batch", "event_count": 1, **more}
    return FrameHeader(version=1, received_at=received_at, base_id=b"b" * 16, **values)  # type: ignore[arg-type]


def encoded(*bodies: bytes) -> bytes:
    return b"".join(b"".join(frames.encode_frame(header(at), body, SALT_CRC)) for at, body in enumerate(bodies, 1))


def walk(content: bytes, salt_crc: int = SALT_CRC) -> list[bytes]:
    return [frame.body for frame in walk_frames(io.BytesIO(content), "s", salt_crc, len(content))]


def decode(events: list[dict[str, object]], **more: object) -> Columns:
    return lay_out(Frame("s", 7, 0, header(event_count=len(events), **more), json.dumps(events).encode()))


def lay_out(*some: Frame) -> Columns:
    events = FrameEvents()
    for frame in some:
        events.add(frame)
    return events.to_columns()


def test_frames_come_back_in_order() -> None:
    assert walk(encoded(b"[1]", b"[2]", b"")) == [b"[1]", b"[2]", b""]


def test_every_cut_and_every_changed_byte_ends_the_segment_before_the_bad_frame() -> None:
    first, second = encoded(b"[1]"), encoded(b"[1]", b"[22]")
    for length in range(len(first), len(second)):
        assert walk(second[:length]) == [b"[1]"]
    for at in range(len(first), len(second)):
        changed = bytearray(second)
        changed[at] ^= 0x41
        assert walk(bytes(changed)) == [b"[1]"]


def test_a_zero_filled_tail_and_frames_of_another_salt_are_no_frames() -> None:
    assert walk(encoded(b"[1]") + bytes(4096)) == [b"[1]"]
    assert walk(encoded(b"[1]"), salt_crc=54321) == []


def test_frames_of_other_projects_come_without_their_bodies_and_a_bad_one_ends_the_segment_all_the_same() -> None:
    other = b"".join(frames.encode_frame(header(2, project_id="other"), b"[2]", SALT_CRC))
    content = encoded(b"[1]") + other + encoded(b"[3]")
    for at in (None, len(encoded(b"[1]")) + len(other) - 1):
        read = bytearray(content)
        if at is not None:
            read[at] ^= 1
        walked = walk_frames(io.BytesIO(read), "s", SALT_CRC, len(read), project_id=PROJECT)
        found = [(frame.place, frame.body) for frame in walked]
        assert found == ([(0, b"[1]"), (1, b""), (2, b"[3]")] if at is None else [(0, b"[1]")])


def test_a_header_with_more_fields_than_known_is_read_as_far_as_it_is_known() -> None:
    import zlib

    import msgspec

    fields = [*msgspec.to_builtins(header()), "a field of a later version"]
    fields[3] = b"b" * 16
    head = msgspec.msgpack.encode(fields)
    payload = frames.HEADER_LENGTH.pack(len(head)) + head + b"[]"
    content = frames.FRAME_PREFIX.pack(len(payload), zlib.crc32(payload, SALT_CRC)) + payload
    assert walk(content) == [b"[]"]


@pytest.mark.parametrize("content", [b"", b"x" * 64, frames.encode_segment_header(b"saltsalt", 5)[:63]])
def test_what_is_no_segment_header_is_broken(content: bytes) -> None:
    with pytest.raises(BrokenData):
        frames.parse_segment_header(content)


def test_a_changed_segment_header_is_broken_and_the_cell_may_change() -> None:
    content = bytearray(frames.encode_segment_header(b"saltsalt", 5))
    content[32:48] = frames.SYNCED_CELL.pack(99, 7)
    assert frames.parse_segment_header(bytes(content))[1:] == (5, 99, 7)
    content[17] ^= 1
    with pytest.raises(BrokenData):
        frames.parse_segment_header(bytes(content))


def test_ids_follow_from_the_base_and_the_place_in_the_request() -> None:
    ids = derive_ids(b"b" * 16, range(300))
    assert len(set(ids)) == 300
    assert all(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4 for text in ids)
    assert all(uuid.UUID(text).variant == uuid.RFC_4122 for text in ids)
    assert derive_ids(b"b" * 16, [7, 2]) == [ids[7], ids[2]]
    assert derive_ids(b"c" * 16, [0]) != ids[:1]
    event: dict[str, object] = {"event_type": "a", "user_id": "u"}
    columns = decode([event, {**event, "id": "own"}, event], skipped=(0, 2))
    assert columns.id == [ids[1], "own", ids[4]]
    assert columns.place == [7, 8, 9]


def test_times_are_corrected_by_what_the_client_says_it_sent() -> None:
    event = {"event_type": "a", "user_id": "u", "timestamp": "1970-01-01T02:00:02+02:00"}
    assert decode([event]).created_at == [2_000_000]
    corrected = decode([event, {"event_type": "a", "user_id": "u"}], received_at=9_000_000, sent_at=5_000_000)
    assert corrected.created_at == [6_000_000, 9_000_000]
    assert corrected.client_timestamp == [2_000_000, None]
    assert corrected.ingested_at == [9_000_000, 9_000_000]


def test_properties_become_texts() -> None:
    columns = decode(
        [
            {"event_type": "a", "user_id": "u"},
            {
                "event_type": "a",
                "user_id": "u",
                "properties": {"s": "t", "n": None, "b": True, "i": 10**30, "f": 12.50, "o": {"k": [1, "ä"]}, "e": ""},
            },
        ]
    )
    assert columns.property_counts == [0, 7]
    assert columns.property_keys == ["s", "n", "b", "i", "f", "o", "e"]
    assert columns.property_values == ["t", None, "true", str(10**30), "12.5", '{"k":[1,"ä"]}', ""]


def test_an_events_own_address_and_agent_win_over_the_requests() -> None:
    event = {"event_type": "a", "user_id": "u"}
    columns = decode(
        [event, {**event, "ip_address": "own", "user_agent": "x" * 501, "url": "y" * 501}],
        ip_hash="request",
        user_agent="agent",
    )
    assert columns.ip_address == ["request", "own"]
    assert columns.user_agent == ["agent", "x" * 500]
    assert columns.url == [None, "y" * 500]


@pytest.mark.parametrize("body", [b"", b"3", b'[{"event_type":1}]', b"[]"])
def test_a_body_that_is_no_such_body_is_unreadable_and_adds_nothing(body: bytes) -> None:
    events = FrameEvents()
    with pytest.raises(UnreadableFrame):
        events.add(Frame("s", 0, 0, header(), body))
    assert (events.to_columns(), len(events), events.waiting_bytes) == (Columns(), 0, 0)


def test_properties_that_cannot_be_written_as_text_make_the_frame_unreadable_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_deep(value: object) -> bytes:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr(frame_events, "_encode_json", too_deep)
    events = FrameEvents()
    frame = Frame("s", 0, 0, header(), b'[{"event_type":"a","user_id":"u","properties":{"a":[1]}}]')
    with pytest.raises(UnreadableFrame):
        events.add(frame)
    assert (events.to_columns(), len(events), events.waiting_bytes) == (Columns(), 0, 0)


def test_frames_laid_out_together_are_as_each_alone() -> None:
    event = {"event_type": "a", "user_id": "u"}
    full = {"id": "given", "url": "y" * 501, "properties": {"n": 1, "t": "x", "none": None, "list": [1, {"a": 2.5}]}}
    some = [
        Frame("s", 0, 0, header(5, event_count=2, user_agent="x" * 600, ip_hash="h"), json.dumps([event] * 2).encode()),
        Frame("s", 2, 0, header(6, event_count=0, project_id="other"), b"[]"),
        Frame("t", 9, 0, header(7, sent_at=3, skipped=(0, 2), cut_count=1), json.dumps([event | full]).encode()),
        Frame(
            "t",
            10,
            0,
            header(8, form="single", country="DE", timezone="Europe/Berlin"),
            json.dumps({**event, "properties": {"b": True}}).encode(),
        ),
        Frame("t", 11, 0, header(9, sent_at=1), json.dumps([event | {"timestamp": "1970-01-01T00:00:01Z"}]).encode()),
    ]
    together, each = lay_out(*some), [lay_out(frame) for frame in some]
    for name in Columns.__dataclass_fields__:
        if name not in ("cut_rows", "enriched"):
            assert getattr(together, name) == [value for one in each for value in getattr(one, name)], name
    assert together.enriched["country"] == [None, None, None, "DE", None]
    assert (together.cut_rows, [one.cut_rows for one in each]) == ([2], [[], [], [0], [], []])
    assert together.property_values == ["1", "x", None, '[1,{"a":2.5}]', "true"]
