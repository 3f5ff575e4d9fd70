"""Roll-ups in the manifest: written whole or not, from what they were made of, and read at one version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from iafa_api.domain.rollups import DayRollup, LocalDay, coarsened, with_events, without_local_days
from iafa_api.errors import BrokenData, Conflict
from iafa_api.lake.manifest_rollups import (
    RollupState,
    StoredRollup,
    forget_rollups,
    list_finer,
    list_pending,
    read_rollup_state,
    segment_versions,
    write_rollups,
)
from tests.crash.world import OTHER_PROJECT, PROJECT, World

DAY = 20_454  # 2026-01-01
ROLLUP = DayRollup(1, {"view": {0: 2, 1439: 1}}, True, (LocalDay(0, 9, {"": 2, "view": 2}, {}),))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.send({"timestamp": "2026-01-01T10:00:00Z"})
    world.flush()
    return world


def test_what_is_written_is_read_again_with_the_files_of_one_version(world: World) -> None:
    assert list_pending(world.root) == [(PROJECT, DAY)]
    write_rollups(world.root, PROJECT, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    (file,) = world.manifest.snapshot(PROJECT).files
    assert read_rollup_state(world.root, PROJECT, DAY, DAY) == RollupState(
        1, {DAY: StoredRollup(1, ROLLUP)}, (file,), {file.path: 1}, frozenset()
    )
    assert list_pending(world.root) == []
    world.send({"timestamp": "2026-01-01T11:00:00Z"})
    world.flush()
    assert list_pending(world.root) == [(PROJECT, DAY)]
    assert read_rollup_state(world.root, OTHER_PROJECT, DAY, DAY).rollups == {}


def test_of_several_days_all_are_written_or_none(world: World) -> None:
    write_rollups(world.root, PROJECT, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    newer = {day: StoredRollup(2, ROLLUP) for day in (DAY - 1, DAY)}
    with pytest.raises(Conflict):
        write_rollups(world.root, PROJECT, {DAY - 1: 0, DAY: 0}, newer)
    assert {day: one.version for day, one in read_rollup_state(world.root, PROJECT, DAY - 1, DAY).rollups.items()} == {
        DAY: 1
    }


def test_a_segment_is_known_by_the_version_that_it_was_flushed_by(world: World) -> None:
    world.send({"timestamp": "2026-01-01T11:00:00Z"})
    world.flush()
    names = {row["ingested_at"]: row["segment"] for row in world.rows()}
    assert [segment_versions(world.root, names.values())[names[at]] for at in sorted(names)] == [1, 2]


def test_roll_ups_are_kept_for_as_long_as_there_are_events(world: World) -> None:
    for project_id in (PROJECT, OTHER_PROJECT):
        write_rollups(world.root, project_id, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    assert list_finer(world.root, DAY, 5) == []
    assert len(list_finer(world.root, DAY + 1, 5)) == 2
    assert forget_rollups(world.root, DAY, ()) == 0
    assert forget_rollups(world.root, DAY + 1, ()) == 1
    assert forget_rollups(world.root, None, (PROJECT,)) == 1


def test_a_roll_up_that_cannot_be_read_is_said(world: World) -> None:
    write_rollups(world.root, PROJECT, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    with sqlite3.connect(world.root / "manifest.sqlite3") as connection:
        connection.execute("UPDATE rollups SET body = x'00'")
    with pytest.raises(BrokenData):
        read_rollup_state(world.root, PROJECT, DAY, DAY)


def test_minutes_become_fives_and_events_are_added_to_what_is_there() -> None:
    coarse = coarsened(DayRollup(1, {"view": {0: 2, 4: 1, 5: 1, 1439: 1}}))
    assert (coarse.grain_minutes, coarse.counts) == (5, {"view": {0: 3, 5: 1, 1435: 1}})
    assert with_events(coarse, {"view": {4: 1}, "pay": {7: 1}}).counts == {
        "view": {0: 4, 5: 1, 1435: 1},
        "pay": {5: 1},
    }
    assert without_local_days(ROLLUP, 9, 20) == ROLLUP
    assert without_local_days(ROLLUP, 8, 20).local_days == ()
