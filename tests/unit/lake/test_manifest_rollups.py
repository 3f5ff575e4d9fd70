"""Roll-ups in the manifest: written whole or not, from what they were made of, and read at one version."""

from __future__ import annotations

import sqlite3
from fractions import Fraction
from pathlib import Path

import pytest

from iafa_api.domain.rollups import (
    VALUES_KEPT,
    DayRollup,
    FigureDay,
    LocalDay,
    coarsened,
    coarsened_figure,
    cut_values,
    with_amounts,
    with_events,
    without_local_days,
)
from iafa_api.errors import BrokenData, Conflict
from iafa_api.lake.manifest_rollups import (
    RollupState,
    StoredFigure,
    StoredRollup,
    forget_figures,
    forget_rollups,
    forget_stale_figures,
    list_finer,
    list_pending,
    list_pending_days,
    read_rollup_state,
    segment_versions,
    write_figure,
    write_rollups,
)
from iafa_api.lake.manifest_schema import DataFile, ExpiredFile
from tests.crash.world import OTHER_PROJECT, PROJECT, World

DAY = 20_454  # 2026-01-01
FIGURE = FigureDay(1, {"pro": {0: (2, 10**12), 61: (1, -(10**30))}, "": {7: (1, Fraction(1, 3))}}, {1439: (1, 0)})
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


def test_a_figure_is_read_as_it_was_written_and_by_the_hour(world: World) -> None:
    write_figure(world.root, PROJECT, "f", DAY, 0, StoredFigure(1, FIGURE))
    with pytest.raises(Conflict):
        write_figure(world.root, PROJECT, "f", DAY, 2, StoredFigure(3, FIGURE))
    write_rollups(world.root, PROJECT, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    state = read_rollup_state(world.root, PROJECT, DAY, DAY, figures=["f", "g"], with_events=False)
    assert (state.figures, state.rollups) == ({"f": {DAY: StoredFigure(1, FIGURE)}, "g": {}}, {})
    state = read_rollup_state(world.root, PROJECT, DAY, DAY, figures=["f"], by_hour=True)
    cells = {"pro": {0: (2, 10**12), 60: (1, -(10**30))}, "": {0: (1, Fraction(1, 3))}}
    assert state.figures["f"][DAY].rollup == FigureDay(60, cells, {1380: (1, 0)})
    assert (state.rollups[DAY].rollup.counts, state.rollups[DAY].rollup.local_days) == (
        {"view": {0: 2, 1380: 1}},
        ROLLUP.local_days,
    )


def test_roll_ups_from_before_there_were_hours_are_read_by_the_minute(world: World) -> None:
    write_rollups(world.root, PROJECT, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    with sqlite3.connect(world.root / "manifest.sqlite3") as connection:
        connection.execute("UPDATE rollups SET hours = NULL")
    assert read_rollup_state(world.root, PROJECT, DAY, DAY, by_hour=True).rollups[DAY].rollup == ROLLUP


def test_what_waits_to_be_counted_are_days_that_can_be_counted_whole(world: World) -> None:
    assert list_pending_days(world.root, PROJECT, "f") == [DAY]
    (file,) = world.manifest.snapshot(PROJECT).files
    world.manifest.commit(removed=[file], expired=[ledger_line(file)])
    world.send({"timestamp": "2026-01-01T11:00:00Z"})
    world.flush()
    assert list_pending_days(world.root, PROJECT, "f") == []
    write_figure(world.root, PROJECT, "f", DAY, 0, StoredFigure(1, FIGURE))
    assert list_pending_days(world.root, PROJECT, "f") == [DAY]


def test_figures_that_nobody_defines_stay_only_where_they_cannot_be_counted_anew(world: World) -> None:
    for key, version in (("defined", 1), ("whole", 1), ("newest", 9)):
        write_figure(world.root, PROJECT, key, DAY, 0, StoredFigure(version, FIGURE))

    def kept() -> set[str]:
        state = read_rollup_state(world.root, PROJECT, DAY, DAY, figures=["defined", "whole", "newest"])
        return {key for key, days in state.figures.items() if days}

    (file,) = world.manifest.snapshot(PROJECT).files
    world.manifest.commit(removed=[file], expired=[ledger_line(file)])
    assert forget_figures(world.root, {PROJECT: ["defined"]}) == 0
    world.send({"timestamp": "2026-01-01T11:00:00Z"})  # late, and it will expire as well
    world.flush()
    forget_stale_figures(world.root, PROJECT, DAY, ["defined"])
    assert kept() == {"defined", "newest"}
    write_figure(world.root, PROJECT, "whole", DAY + 1, 0, StoredFigure(1, FIGURE))
    assert forget_figures(world.root, {PROJECT: ["defined"]}) == 1
    assert forget_figures(world.root, {}) == 0
    assert forget_rollups(world.root, None, (PROJECT,)) == 2


def ledger_line(file: DataFile) -> ExpiredFile:
    return ExpiredFile(file.path, PROJECT, file.day, file.row_count, file.byte_count, "", "old", None, 1)


def test_a_segment_is_known_by_the_version_that_it_was_flushed_by(world: World) -> None:
    world.send({"timestamp": "2026-01-01T11:00:00Z"})
    world.flush()
    names = {row["ingested_at"]: row["segment"] for row in world.rows()}
    assert [segment_versions(world.root, names.values())[names[at]] for at in sorted(names)] == [1, 2]


def test_roll_ups_are_kept_for_as_long_as_there_are_events(world: World) -> None:
    for project_id in (PROJECT, OTHER_PROJECT):
        write_rollups(world.root, project_id, {DAY: 0}, {DAY: StoredRollup(1, ROLLUP)})
    assert list_finer(world.root, DAY, 5) == []
    write_figure(world.root, PROJECT, "f", DAY, 0, StoredFigure(1, FIGURE))
    assert sorted(list_finer(world.root, DAY + 1, 5), key=str) == [
        (PROJECT, DAY, "f"),
        (PROJECT, DAY, None),
        (OTHER_PROJECT, DAY, None),
    ]
    assert forget_rollups(world.root, DAY, ()) == 0
    assert forget_rollups(world.root, DAY + 1, ()) == 1
    assert forget_rollups(world.root, None, (PROJECT,)) == 2


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


def test_a_value_is_kept_with_all_its_events_or_with_none() -> None:
    many = {f"v{number}": {0: (1, number), 3: (1, 0)} for number in range(VALUES_KEPT + 2)}
    day = with_amounts(FigureDay(5, {}, {}), many, {})
    assert len(day.cells) == VALUES_KEPT
    assert {"v0", "v1"}.isdisjoint(day.cells)
    assert (day.cells["v2"], day.rest) == ({0: (2, 2)}, {0: (4, 1)})
    more = with_amounts(day, {"v2": {6: (1, 5)}}, {6: (1, 1)})
    assert (more.cells["v2"], more.rest) == ({0: (2, 2), 5: (1, 5)}, {0: (4, 1), 5: (1, 1)})
    assert coarsened_figure(more, 60).rest == {0: (5, 2)}
    assert cut_values({"a": 1, "b": 2}) == ({"b": 2, "a": 1}, False)
    kept, is_cut = cut_values({f"v{number}": number for number in range(VALUES_KEPT + 1)})
    assert (len(kept), "v0" in kept, is_cut) == (VALUES_KEPT, False, True)
