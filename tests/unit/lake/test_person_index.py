"""The person dictionary: one ordinal a person, for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from iafa_api.errors import BrokenData
from iafa_api.lake import hash_runs, person_index
from iafa_api.lake.manifest_schema import DataFile
from tests.crash.world import OTHER_PROJECT, PROJECT, World


def ordinals(world: World, project_id: str = PROJECT) -> dict[str, set[int]]:
    """For each person the ordinals in their rows."""
    found: dict[str, set[int]] = {}
    for file in world.manifest.snapshot(project_id).files:
        for row in pq.read_table(world.root / file.path).to_pylist():
            found.setdefault(row["user_id"] or row["anonymous_id"], set()).add(row["person_ordinal"])
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.buffer.close()


def flush(world: World, *persons: str, project_id: str = PROJECT) -> None:
    world.send(*[{"user_id": person} for person in persons], project_id=project_id)
    world.flush()


def test_ordinals_are_dense_in_order_of_arrival_and_stay(world: World) -> None:
    flush(world, "b", "a", "b")
    flush(world, "c", "a")
    flush(world, "x", project_id=OTHER_PROJECT)
    assert ordinals(world) == {"b": {0}, "a": {1}, "c": {2}}
    assert ordinals(world, OTHER_PROJECT) == {"x": {0}}
    runs = world.manifest.snapshot(PROJECT).person_runs
    assert sorted((run.first_ordinal, run.last_ordinal) for run in runs) == [(0, 1), (2, 2)]


def test_runs_are_merged_before_there_are_many(world: World) -> None:
    for number in range(3 * hash_runs.MERGE_WIDTH):
        flush(world, f"u{number}")
    assert len(world.manifest.snapshot(PROJECT).person_runs) < hash_runs.MERGE_WIDTH + 3
    flush(world, *[f"u{number}" for number in range(3 * hash_runs.MERGE_WIDTH)])
    assert ordinals(world) == {f"u{number}": {number} for number in range(3 * hash_runs.MERGE_WIDTH)}


@pytest.mark.parametrize("damage", ["missing", "flipped"])
def test_a_broken_dictionary_is_made_anew_from_the_rows(world: World, damage: str) -> None:
    flush(world, "a", "b")
    flush(world, "c")
    path = world.root / world.manifest.snapshot(PROJECT).person_runs[0].path
    if damage == "missing":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    flush(world, "b", "d", "c")
    assert ordinals(world) == {"a": {0}, "b": {1}, "c": {2}, "d": {3}}
    (run,) = world.manifest.snapshot(PROJECT).person_runs
    assert (run.row_count, run.last_ordinal) == (4, 3)


def test_a_person_who_is_gone_leaves_their_ordinal_to_nobody(world: World) -> None:
    flush(world, "a", "b")
    (run,) = world.manifest.snapshot(PROJECT).person_runs
    files = world.manifest.list_live(DataFile, PROJECT)
    world.manifest.commit(removed=[*files, *world.manifest.snapshot(PROJECT).runs])
    (world.root / run.path).unlink()
    flush(world, "c")
    assert ordinals(world) == {"c": {2}}


def test_a_flush_that_dies_before_its_commit_has_given_nothing_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send({"user_id": "a"})

    def fail(**changes: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.manifest, "commit", fail)
    with pytest.raises(OSError, match="No space"):
        world.flush()
    monkeypatch.undo()
    assert list((world.root / "persons").rglob("*.persons")) == []
    flush(world, "b")
    assert ordinals(world) == {"a": {0}, "b": {1}}


def test_more_persons_than_an_ordinal_can_number_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_index, "MAX_ORDINAL", 1)
    flush(world, "a", "b")
    world.send({"user_id": "c"})
    with pytest.raises(BrokenData, match="more than 2 persons"):
        world.flush()
