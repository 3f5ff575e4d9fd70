"""What nothing names goes; what may be the only copy of an event is kept, whatever the manifest says."""

from __future__ import annotations

from pathlib import Path

import pytest

from iafa_api import clock
from iafa_api.errors import BrokenData, Conflict
from iafa_api.ingest import sweep
from iafa_api.ingest.sweep import SweepResult
from iafa_api.lake.compaction import run_compaction
from tests.crash.world import PROJECT, World

DAY_US = 86_400 * clock.MICROSECONDS


def run_sweep(world: World, *, now_us: int | None = None) -> SweepResult:
    return sweep.run_sweep(world.buffer, world.manifest, world.root, grace_us=0, now_us=now_us)


def parquet_files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.parquet"))


def remove_manifest(root: Path) -> None:
    for path in root.glob("manifest.sqlite3*"):
        path.unlink()


def die_at(step: str) -> object:
    def die(reached: str) -> None:
        if reached == step:
            raise KeyboardInterrupt

    return die


def test_what_nothing_names_leaves_its_place_and_nothing_else_does(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.flush()
    (named,) = parquet_files(tmp_path)
    orphan = named.parent / "events_1970-01-01_orphan.parquet"
    orphan.write_bytes(named.read_bytes())
    (named.parent / ".half.parquet.tmp").write_bytes(b"x")
    (tmp_path / "ids" / f"project_{PROJECT}" / "run_orphan.ids").write_bytes(b"x")
    assert run_sweep(world) == SweepResult(3, ())
    moved = tmp_path / "lost" / orphan.relative_to(tmp_path)
    assert parquet_files(tmp_path) == [named, moved]
    assert len(list(tmp_path.rglob("*.ids"))) == 1
    assert not list(tmp_path.rglob("*.tmp"))
    world.send_ids("b", "a")
    assert world.ids() == {"a": 1, "b": 1}


def test_what_a_dead_flush_wrote_is_no_alarm_even_before_the_first_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    monkeypatch.setattr("iafa_api.ingest.flush._Work.discard", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        world.flush(on_step=die_at("commit"))
    assert run_sweep(world) == SweepResult(3, ())
    assert world.ids() == {"a": 1}
    with pytest.raises(KeyboardInterrupt):
        world.flush(on_step=die_at("commit"))
    world.flush()
    assert run_sweep(world).lost == (), "its events were flushed again"
    assert world.ids() == {"a": 1}


def test_beside_a_lost_manifest_nothing_is_deleted(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.flush()
    files = [path for path in tmp_path.rglob("*") if path.suffix in (".parquet", ".ids")]
    assert len(files) == 2
    remove_manifest(tmp_path)
    with pytest.raises(BrokenData):
        run_sweep(World(tmp_path))
    assert all(path.is_file() for path in files)


def test_with_an_older_manifest_events_are_kept_for_thirty_days_and_it_is_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.flush()
    (named,) = parquet_files(tmp_path)
    world.manifest.close()
    remove_manifest(tmp_path)
    other = World(tmp_path)
    other.send_ids("b")
    other.flush()
    now = clock.now_us()
    relative = named.relative_to(tmp_path)
    assert run_sweep(other, now_us=now).lost == (relative.as_posix(),)
    kept = tmp_path / "lost" / relative
    assert (kept.is_file(), named.exists()) == (True, False)
    assert run_sweep(other, now_us=now + 29 * DAY_US) == SweepResult(0, ())
    assert kept.is_file()
    assert run_sweep(other, now_us=now + 31 * DAY_US) == SweepResult(1, ())
    assert not kept.exists()
    assert other.ids() == {"b": 1}


def test_the_file_of_a_row_that_went_is_deleted_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.flush()
    (file,) = world.manifest.snapshot(PROJECT).files
    world.manifest.commit(removed=[file], now_us=clock.now_us() - DAY_US)
    assert run_sweep(world) == SweepResult(1, ())
    assert parquet_files(tmp_path) == []


def test_a_sweep_that_dies_while_it_unlinks_leaves_nothing_that_the_next_one_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expired bytes go in their time: kept as strays they would be there for thirty days more."""
    world = World(tmp_path)
    for name in "abcd":
        world.send_ids(name)
        world.flush()
    files = world.manifest.snapshot(PROJECT).files
    world.manifest.commit(removed=files, now_us=clock.now_us() - DAY_US)
    unlink, forget = Path.unlink, world.manifest.forget

    def unlink_one(path: Path, missing_ok: bool = False) -> None:
        monkeypatch.setattr(Path, "unlink", fail)
        unlink(path, missing_ok)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", unlink_one)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(world)
    assert len(parquet_files(tmp_path)) == 3
    monkeypatch.setattr(Path, "unlink", unlink)
    monkeypatch.setattr(world.manifest, "forget", fail)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(world)
    assert parquet_files(tmp_path) == []
    monkeypatch.setattr(world.manifest, "forget", forget)
    assert run_sweep(world) == SweepResult(0, ())
    assert not any("events/" in path for path in world.manifest.known_paths())
    assert not (tmp_path / "lost").exists()


def test_what_a_compaction_has_written_and_not_committed_is_not_swept_away(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(8):
        world.send_ids(str(number))
        world.flush()

    def sweep_before_commit(step: str) -> None:
        if step == "commit":
            with pytest.raises(Conflict):
                run_sweep(world)

    assert run_compaction(world.manifest, tmp_path, on_step=sweep_before_commit).merge_count == 1
    assert set(world.ids()) == {str(number) for number in range(8)}


def test_a_file_that_cannot_be_read_is_kept_as_well(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send_ids("a")
    world.flush()
    (named,) = parquet_files(tmp_path)
    (named.parent / "events_1970-01-01_torn.parquet").write_bytes(b"PAR1")
    assert len(run_sweep(world).lost) == 1
    assert len(list((tmp_path / "lost").rglob("*.parquet"))) == 1
