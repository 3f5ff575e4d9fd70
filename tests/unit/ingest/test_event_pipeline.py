"""The way in: what is answered as accepted is what a question finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iafa_api.errors import InvalidInput, Unavailable
from iafa_api.ingest.frames import FrameHeader
from iafa_api.ingest.pipeline import Accepted, ProjectRules, Sender, accept
from tests.crash.world import PROJECT, World

EVENT = {"event_type": "a", "user_id": "u"}


def send(world: World, value: Any, form: Any = "batch", **options: Any) -> Accepted:
    return accept(
        json.dumps(value).encode(),
        form,
        buffer=world.buffer,
        project_id=PROJECT,
        sender=Sender("track", ip_hash="request", user_agent="agent " * 200),
        hash_ip=lambda address: f"<{len(address)}>",
        **options,
    )


def test_the_ids_of_the_answer_are_those_of_the_rows(tmp_path: Path) -> None:
    world = World(tmp_path)
    single = send(world, EVENT, "single")
    mixed = send(world, [EVENT, {"event_type": "a"}, {**EVENT, "id": "own"}, 5, EVENT])
    hidden = send(world, {**EVENT, "ip_address": "203.0.113.9", "sent_at": "2026-01-15T10:00:00Z"}, "single")
    assert (single.accepted_count, mixed.accepted_count, [r.index for r in mixed.refused]) == (1, 3, [1, 3])
    assert [row["id"] for row in world.rows()] == [*single.ids, *mixed.ids, *hidden.ids]
    assert len({*single.ids, *mixed.ids, *hidden.ids}) == 5
    before = world.rows()
    world.flush()
    assert world.rows() == before


def test_a_raw_ip_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    world = World(tmp_path)
    named = {**EVENT, "ip_address": "203.0.113.9"}
    send(world, [named, EVENT, {"event_type": 1, "ip_address": "203.0.113.9"}])
    send(world, named, "single")
    assert [row["ip_address"] for row in world.rows()] == ["<11>", "request", "<11>"]
    assert len(world.rows()[0]["user_agent"]) == 500
    world.buffer.close()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"203.0.113.9" not in path.read_bytes()


def frames(world: World) -> list[FrameHeader]:
    return [frame.header for segment in world.buffer.list_segments() for frame in world.buffer.read_frames(segment)]


def test_a_request_without_anything_in_it_is_not_stored(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert send(world, []).received_at is None
    assert world.buffer.list_segments() == []


def test_where_every_event_is_bad_the_refused_are_stored_and_no_event(tmp_path: Path) -> None:
    world = World(tmp_path)
    result = send(world, [EVENT, EVENT], project=ProjectRules(allows_event_type=lambda text: False))
    assert (result.accepted_count, len(result.refused), result.ids) == (0, 2, [])
    (header,) = frames(world)
    assert (header.received_at, header.event_count) == (result.received_at, 0)
    assert [(each.index, each.reason, json.loads(each.text)) for each in header.refused] == [
        (0, "event_type_not_allowed", EVENT),
        (1, "event_type_not_allowed", EVENT),
    ]
    assert world.rows() == []


def test_what_a_sender_had_to_drop_is_stored_with_its_batch(tmp_path: Path) -> None:
    world = World(tmp_path)
    send(world, {"events": [EVENT], "dropped": 3})
    send(world, {"events": [EVENT, 5], "dropped": 4})
    send(world, {"events": [], "dropped": 5})
    assert [header.dropped_count for header in frames(world)] == [3, 4, 5]
    assert len(world.rows()) == 2


@pytest.mark.parametrize("dropped", [-1, 1.5, "1", True, 10**10])
def test_a_count_of_dropped_events_that_is_none_is_refused(tmp_path: Path, dropped: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        send(World(tmp_path), {"events": [EVENT], "dropped": dropped})
    assert list(refused.value.errors or {}) == ["dropped"]


def test_a_full_disk_takes_neither_the_good_events_nor_the_bad(tmp_path: Path) -> None:
    world = World(tmp_path, high_water_bytes=1)
    for events in ([EVENT], [EVENT, 5], [5]):
        with pytest.raises(Unavailable):
            send(world, events)
    assert world.buffer.list_segments() == []


def test_what_is_refused_twice_is_not_kept_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert send(world, [5], keeps_refused=False).received_at is None
    send(world, [EVENT, 5, EVENT], keeps_refused=False, replayed=[(1, "a"), (1, "b"), (2, "c")])
    (header,) = frames(world)
    assert (header.refused, header.replayed) == ([], [(1, "a"), (2, "c")])


def test_an_event_that_cannot_be_stored_is_not_accepted(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.buffer.close()
    with pytest.raises(Unavailable):
        send(world, EVENT, "single")


def test_what_is_no_project_id_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(ValueError, match="no project id"):
        world.send(EVENT, project_id="../elsewhere")
    assert world.buffer.list_segments() == []
