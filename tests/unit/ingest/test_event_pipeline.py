"""The way in: what is answered as accepted is what a question finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iafa_api.errors import Unavailable
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


def test_where_every_event_is_bad_nothing_is_stored(tmp_path: Path) -> None:
    world = World(tmp_path)
    result = send(world, [EVENT, EVENT], project=ProjectRules(allows_event_type=lambda text: False))
    assert (result.accepted_count, len(result.refused), result.received_at, result.ids) == (0, 2, None, [])
    assert send(world, []).received_at is None
    assert world.buffer.list_segments() == []


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
