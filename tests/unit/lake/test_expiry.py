"""Expiry: what goes, by which rule, and that a ledger says so."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from immutables import Map

from iafa_api import clock
from iafa_api.errors import Conflict
from iafa_api.ingest.sweep import run_sweep
from iafa_api.lake import expiry, layout
from iafa_api.lake.expiry import DELETED, Retention, plan_expiry, run_expiry
from iafa_api.lake.manifest_schema import DataFile, IdRun, PersonRun
from iafa_api.lake.writer_lock import hold_remover_lock
from iafa_api.metadata.projections import State
from iafa_api.metadata.projects import UNDELETE_US
from iafa_api.upkeep.lake_care import list_retentions
from tests.crash.world import OTHER_PROJECT, PROJECT, World

DAY_US = layout.DAY_US
DAYS = {1: "2026-01-01", 2: "2026-01-02", 3: "2026-01-03"}
START_US = clock.parse_time("2026-01-01T00:00:00Z")


def file(day: int, project_id: str = PROJECT, **more: Any) -> DataFile:
    return DataFile(f"{project_id}{day}{more}", project_id, day, 1, 1, 0, 0, 0, 0, **more)


def test_a_file_goes_when_its_whole_day_lies_before_the_limit() -> None:
    files = [file(day) for day in (-1, 8, 9, 10, 11)]
    now = 20 * DAY_US
    planned = plan_expiry(files, {PROJECT: Retention(10)}, now)
    assert planned == [(one, "older than 10 days") for one in files[:3]]
    assert len(plan_expiry(files, {PROJECT: Retention(10)}, now - 1)) == 2


def test_who_keeps_for_ever_loses_nothing_and_who_is_not_known_neither() -> None:
    files = [file(-40_000), file(1, OTHER_PROJECT)]
    assert plan_expiry(files, {PROJECT: Retention(0)}, 10**9 * DAY_US) == []


def test_what_is_archived_stays_until_its_project_is_deleted() -> None:
    files = [file(1, is_archived=True), file(2)]
    assert plan_expiry(files, {PROJECT: Retention(1)}, 99 * DAY_US) == [(files[1], "older than 1 days")]
    assert plan_expiry(files, {PROJECT: Retention(0, is_deleted=True)}, 0) == [(one, DELETED) for one in files]


def test_a_project_is_gone_once_its_deletion_cannot_be_taken_back() -> None:
    deleted_at = START_US
    deleted = {"retention_days": 7, "deleted_at": clock.format_time(deleted_at)}
    state = State({"projects": Map({"p": deleted, "q": {"retention_days": 9}})})
    assert list_retentions(state, deleted_at + UNDELETE_US) == {"p": Retention(7), "q": Retention(9)}
    assert list_retentions(state, deleted_at + UNDELETE_US + 1)["p"] == Retention(7, is_deleted=True)


def filled(root: Path, *projects: str) -> World:
    """Two events on each of three days."""
    world = World(root)
    for project_id in projects or (PROJECT,):
        for number, date in DAYS.items():
            world.send(
                *[{"id": f"{number}.{n}", "timestamp": f"{date}T12:00:00Z"} for n in range(2)], project_id=project_id
            )
    world.flush()
    return world


def expire(world: World, days: int = 10, *, passed: int = 12, **options: Any) -> expiry.ExpiryResult:
    """As many days after the first one."""
    known = options.pop("known", {PROJECT: Retention(days)})
    return run_expiry(world.manifest, world.root, lambda: known, now_us=START_US + passed * DAY_US, **options)


def test_the_days_that_are_past_go_and_the_ledger_says_so(tmp_path: Path) -> None:
    world = filled(tmp_path)
    files = world.manifest.snapshot(PROJECT).files
    hashes = [hashlib.sha256((tmp_path / one.path).read_bytes()).hexdigest() for one in files]
    result = expire(world)
    assert (result.file_count, result.row_count, result.archived_count, result.refused) == (2, 4, 0, {})
    assert set(world.ids()) == {"3.0", "3.1"}
    ledger = sorted(world.manifest.list_expired(PROJECT), key=lambda line: line.day)
    assert [(line.path, line.day, line.row_count, line.byte_count, line.sha256) for line in ledger] == [
        (one.path, one.day, 2, one.byte_count, sha256) for one, sha256 in zip(files[:2], hashes, strict=False)
    ]
    assert {(line.rule, line.archived_as, line.expired_at) for line in ledger} == {
        ("older than 10 days", None, START_US + 12 * DAY_US)
    }
    assert expire(world).file_count == 0
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=-1, now_us=clock.now_us())
    assert len(list((tmp_path / "events").rglob("*.parquet"))) == 1


def test_an_event_that_comes_again_after_its_day_went_is_still_a_repeat(tmp_path: Path) -> None:
    world = filled(tmp_path)
    expire(world)
    world.send({"id": "1.0", "timestamp": "2026-01-01T12:00:00Z"})
    assert world.flush().duplicate_count == 1


def test_ids_of_days_that_are_all_past_are_forgotten_as_a_whole(tmp_path: Path) -> None:
    world = filled(tmp_path)
    expire(world)
    assert len(world.manifest.list_live(IdRun)) == 1
    expire(world, passed=99)
    assert world.manifest.list_live(IdRun) == ()
    assert len(world.manifest.list_live(PersonRun)) == 1, "a person keeps their ordinal"
    world.send({"id": "1.0", "timestamp": "2026-01-01T12:00:00Z"})
    assert world.flush().event_count == 1


def test_archived_events_are_kept_apart_and_read_only_where_that_is_asked_for(tmp_path: Path) -> None:
    world = filled(tmp_path)
    before = {row["id"]: row for row in world.rows()}
    files = world.manifest.snapshot(PROJECT).files
    result = expire(world, is_archiving=True)
    assert (result.file_count, result.archived_count) == (2, 2)
    assert set(world.ids()) == {"3.0", "3.1"}
    found = world.manifest.snapshot(PROJECT, with_archive=True).files
    archived = [one for one in found if one.is_archived]
    assert [one.day for one in archived] == [one.day for one in files[:2]]
    assert all(one.path.startswith(f"archive/project_{PROJECT}/2026/01/events_2026-01-0") for one in archived)
    tables = [pq.ParquetFile(tmp_path / one.path).read().drop_columns("person_ordinal") for one in archived]
    rows = [row for table in tables for row in table.to_pylist()]
    assert {row["id"]: row for row in rows} == {name: before[name] for name in ("1.0", "1.1", "2.0", "2.1")}
    assert {line.archived_as for line in world.manifest.list_expired(PROJECT)} == {one.path for one in archived}
    assert all(oct((tmp_path / one.path).stat().st_mode)[-3:] == "600" for one in archived)
    assert expire(world, is_archiving=True).file_count == 0
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=-1)
    assert all((tmp_path / one.path).exists() for one in archived)


def test_what_cannot_be_archived_stays_and_is_told(tmp_path: Path) -> None:
    world = filled(tmp_path)
    bad = world.manifest.snapshot(PROJECT).files[0]
    (tmp_path / bad.path).write_bytes(b"PAR1")
    result = expire(world, is_archiving=True)
    assert (list(result.refused), result.archived_count, result.file_count) == ([bad.path], 1, 1)
    expire(world, is_archiving=True, passed=99)
    assert len(world.manifest.list_live(IdRun)) == 1, "its ids are still needed"
    assert bad in world.manifest.snapshot(PROJECT).files


def test_a_file_that_is_missing_goes_from_the_manifest_all_the_same(tmp_path: Path) -> None:
    world = filled(tmp_path)
    gone = world.manifest.snapshot(PROJECT).files[0]
    (tmp_path / gone.path).unlink()
    assert expire(world).file_count == 2
    (line,) = [line for line in world.manifest.list_expired(PROJECT) if line.path == gone.path]
    assert line.sha256 == ""


def test_a_deleted_project_loses_files_archive_and_runs_and_no_other_does(tmp_path: Path) -> None:
    world = filled(tmp_path, PROJECT, OTHER_PROJECT)
    other = world.rows(OTHER_PROJECT)
    expire(world, is_archiving=True)
    result = expire(world, known={PROJECT: Retention(0, is_deleted=True), OTHER_PROJECT: Retention(0)})
    assert (result.file_count, result.archived_count) == (3, 0)
    assert {line.rule for line in world.manifest.list_expired(PROJECT) if line.path.startswith("archive")} == {DELETED}
    assert world.manifest.snapshot(PROJECT, with_archive=True).files == ()
    assert {run.project_id for kind in (IdRun, PersonRun) for run in world.manifest.list_live(kind)} == {OTHER_PROJECT}
    assert world.rows(OTHER_PROJECT) == other
    run_sweep(world.buffer, world.manifest, tmp_path, grace_us=-1)
    left = {path.parts[-1] for path in tmp_path.rglob("project_*") for path in path.rglob("*") if path.is_file()}
    assert all(OTHER_PROJECT in str(path) for path in tmp_path.rglob("*") if path.name in left)


def test_much_goes_in_several_commits_and_a_wish_that_changed_meanwhile_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "COMMIT_FILES", 1)
    monkeypatch.setattr(expiry, "GAP_SECONDS", 0.0)
    world = filled(tmp_path)
    wishes = iter([{PROJECT: Retention(1)}, {PROJECT: Retention(1)}, {PROJECT: Retention(0)}])
    result = run_expiry(world.manifest, tmp_path, lambda: next(wishes), now_us=START_US + 99 * DAY_US)
    assert result.file_count == 2
    assert set(world.ids()) == {"3.0", "3.1"}


def test_expiry_waits_for_whoever_else_removes_files(tmp_path: Path) -> None:
    world = filled(tmp_path)
    with hold_remover_lock(tmp_path), pytest.raises(Conflict):
        expire(world)
