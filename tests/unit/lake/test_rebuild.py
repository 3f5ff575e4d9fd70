"""Runs made anew from the rows: what was known is known, in one commit, and who has an ordinal keeps it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from iafa_api.errors import BrokenData, Conflict, Unavailable
from iafa_api.lake.rebuild import RebuildResult, run_rebuild
from iafa_api.lake.writer_lock import hold_writer_lock
from tests.crash.world import OTHER_PROJECT, PROJECT, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two projects, each with two runs of either kind, and some of them say what is not so."""
    world = World(tmp_path)
    for number in range(2):
        for project_id in (PROJECT, OTHER_PROJECT):
            world.send({"id": f"a{number}", "user_id": f"u{number}"}, {"id": f"b{number}"}, project_id=project_id)
        world.flush()
    return world


def runs(world: World, project_id: str = PROJECT) -> list[Any]:
    snapshot = world.manifest.snapshot(project_id)
    return [*snapshot.runs, *snapshot.person_runs]


def confuse(world: World) -> None:
    """Have one run of ids stand in for another: whole, and wrong."""
    first, second = world.manifest.snapshot(PROJECT).runs
    shutil.copyfile(world.root / first.path, world.root / second.path)


def test_all_projects_get_one_run_of_each_kind_in_one_commit_and_repeats_are_known_again(world: World) -> None:
    confuse(world)
    version, flags = world.manifest.version(), {}
    for project_id in (PROJECT, OTHER_PROJECT):
        flags[project_id] = world.ids(project_id)
    assert run_rebuild(world.manifest, world.root) == RebuildResult(2, 8, 6)
    assert world.manifest.version() == version + 1
    for project_id in (PROJECT, OTHER_PROJECT):
        assert [run.row_count for run in runs(world, project_id)] == [4, 3]
        world.send_ids("a0", "b0", "a1", "b1", "new", project_id=project_id)
    result = world.flush()
    assert (result.event_count, result.duplicate_count) == (2, 8)
    assert world.ids() == flags[PROJECT] | {"new": 1}


def test_one_project_is_made_anew_and_the_others_stay_as_they_are(world: World) -> None:
    kept, before = runs(world, OTHER_PROJECT), runs(world)
    assert run_rebuild(world.manifest, world.root, PROJECT) == RebuildResult(1, 4, 3)
    assert runs(world, OTHER_PROJECT) == kept
    assert all((world.root / run.path).is_file() for run in before), "a question may be reading them"
    assert run_rebuild(world.manifest, world.root, "77777777-2222-4333-8444-555555555555") == RebuildResult()


def test_an_ordinal_that_was_given_out_is_not_given_again_though_its_rows_are_gone(world: World) -> None:
    files = world.manifest.snapshot(PROJECT).files
    newest = max(files, key=lambda file: file.first_ingested_at)
    world.manifest.commit(removed=[newest])
    given = max(run.last_ordinal for run in world.manifest.snapshot(PROJECT).person_runs)
    run_rebuild(world.manifest, world.root, PROJECT)
    (run,) = world.manifest.snapshot(PROJECT).person_runs
    assert (run.row_count, run.last_ordinal) == (2, given)


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_file_that_cannot_be_read_is_named_and_nothing_changes(world: World, damage: str) -> None:
    before, present = runs(world), sorted(world.root.rglob("run_*"))
    path = world.root / world.manifest.snapshot(PROJECT).files[0].path
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[:-100])
    with pytest.raises(BrokenData, match=path.name):
        run_rebuild(world.manifest, world.root)
    assert (runs(world), sorted(world.root.rglob("run_*"))) == (before, present)


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_commit_that_fails_leaves_new_runs_only_where_they_count(
    world: World, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    before, commit = set(world.root.rglob("run_*")), world.manifest.commit

    def fail(**changes: Any) -> int:
        if is_committed:
            commit(**changes)
        raise Unavailable("The manifest cannot be used now.", retry_after_seconds=5.0)

    monkeypatch.setattr(world.manifest, "commit", fail)
    with pytest.raises(Unavailable):
        run_rebuild(world.manifest, world.root)
    assert len(set(world.root.rglob("run_*")) - before) == (4 if is_committed else 0)
    assert all((world.root / run.path).is_file() for run in runs(world))


def test_beside_a_flush_it_is_refused(world: World) -> None:
    with hold_writer_lock(world.root), pytest.raises(Conflict):
        run_rebuild(world.manifest, world.root)
