"""Compaction: which files are merged when, and that a merge keeps everything."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iafa_api import clock
from iafa_api.domain.filters import ENRICHED
from iafa_api.errors import BrokenData, Conflict
from iafa_api.lake import layout, parquet, parquet_merge, parquet_output
from iafa_api.lake.compaction import (
    AIM_LEAST_BYTES,
    AIM_MOST_BYTES,
    MEGABYTE,
    MERGE_MAX_FILES,
    TIER_WIDTH,
    Merge,
    plan_compaction,
    plan_day,
    run_compaction,
)
from iafa_api.lake.manifest import Manifest
from iafa_api.lake.manifest_schema import DataFile, PersonRun
from iafa_api.lake.parquet_merge import merge_files
from iafa_api.lake.writer_lock import hold_remover_lock, hold_writer_lock
from tests.crash.world import OTHER_PROJECT, PROJECT, World

GOLDEN = Path(__file__).parents[2] / "golden"
HOUR_US = 3600 * clock.MICROSECONDS
DAY = 20_000
START_US = DAY * layout.DAY_US
numbers = itertools.count()


def file(rows: int, size: int | None = None, *, first: int = 0, last: int = 0, **more: Any) -> DataFile:
    """A file that says of itself that it has `rows` rows; `first` and `last` are hours of arrival."""
    start, end = START_US + first * HOUR_US, START_US + last * HOUR_US
    size = 200 * rows if size is None else size
    made = DataFile(f"f{next(numbers):06}", PROJECT, DAY, rows, size, start, end, start, end)
    return replace(made, **more)


def merged(merge: Merge) -> DataFile:
    """What a merge would make, where it makes one file."""
    assert merge.file_count == 1
    inputs = merge.inputs
    return replace(
        inputs[0],
        path=f"m{next(numbers):06}",
        row_count=sum(one.row_count for one in inputs),
        byte_count=sum(one.byte_count for one in inputs),
        first_ingested_at=min(one.first_ingested_at for one in inputs),
        last_ingested_at=max(one.last_ingested_at for one in inputs),
    )


def at(hours: float) -> int:
    return START_US + int(hours * HOUR_US)


def test_seven_files_of_an_open_day_stay_and_eight_are_merged() -> None:
    files = [file(5) for _ in range(8)]
    assert plan_day(files[:7], at(5)) == []
    (merge,) = plan_day(files, at(5))
    assert (set(merge.inputs), merge.file_count) == (set(files), 1)


def test_no_row_of_an_open_day_is_rewritten_more_often_than_the_logarithm() -> None:
    files: list[DataFile] = []
    rewritten: Counter[str] = Counter()
    most = 0
    for _ in range(4000):
        files.append(file(3))
        for merge in plan_day(files, at(5)):
            made = merged(merge)
            rewritten[made.path] = 1 + max(rewritten[one.path] for one in merge.inputs)
            files = [one for one in files if one not in merge.inputs] + [made]
            most = max(most, rewritten[made.path])
        assert len(files) <= 7 * 6
    assert most <= 5  # 12,000 rows: log8 is 4.5


def test_one_plan_of_a_long_backlog_takes_no_more_than_fits_a_merge() -> None:
    (merge,) = plan_day([file(3) for _ in range(MERGE_MAX_FILES + 500)], at(5))
    assert len(merge.inputs) == MERGE_MAX_FILES
    (merge,) = plan_day([file(40_000, 9 * MEGABYTE) for _ in range(60)], at(5))
    assert sum(one.byte_count for one in merge.inputs) <= 256 * MEGABYTE
    assert merge.file_count == 6


def test_files_of_a_good_size_are_left_alone() -> None:
    assert plan_day([file(100_000, AIM_LEAST_BYTES + n) for n in range(20)], at(2000)) == []


def test_a_day_that_is_over_and_quiet_is_brought_down_to_one_file() -> None:
    files = [file(10, last=23), file(1000, last=25)]
    assert plan_day(files, at(24.5)) == []
    assert plan_day(files, at(26.5)) == [], "quiet for an hour and a half, after 25 hours"
    (merge,) = plan_day(files, at(29))
    assert set(merge.inputs) == set(files)
    assert plan_day([merged(merge)], at(400)) == []


def test_the_small_rest_of_a_quiet_day_joins_a_file_that_has_room() -> None:
    full, roomy, rest = file(9, AIM_MOST_BYTES), file(8, 20 * MEGABYTE), file(2, last=25)
    (merge,) = plan_day([full, roomy, rest], at(40))
    assert set(merge.inputs) == {roomy, rest}
    assert plan_day([full, rest], at(40)) == []


def test_events_that_trickle_in_late_do_not_have_their_day_rewritten_each_time() -> None:
    files = [file(50_000, 9 * MEGABYTE, last=23)]
    rewritten = 0
    for hour in range(26, 26 + 24 * 60):
        if hour % 5 == 0:
            files.append(file(1, last=hour, first=hour))
        for merge in plan_day(files, at(hour)):
            rewritten += sum(one.row_count >= 50_000 for one in merge.inputs)
            files = [one for one in files if one not in merge.inputs] + [merged(merge)]
    assert rewritten <= 12
    assert len(files) < 20


def test_an_import_of_long_ago_is_quiet_an_hour_after_it_ended() -> None:
    files = [file(10, first=24 * 700 + 1, last=24 * 700 + 2) for _ in range(3)]
    assert len(plan_day(files, at(24 * 700 + 3.5))) == 1


@pytest.mark.parametrize(("size", "count"), [(100, 0), (101, 3), (700, 14)])
def test_a_file_past_the_limit_is_split_into_files_of_the_aim(size: int, count: int) -> None:
    planned = plan_day([file(5_000_000, size * MEGABYTE)], at(5))
    assert [merge.file_count for merge in planned] == ([count] if count else [])


def test_one_row_group_is_never_split_for_ever() -> None:
    assert plan_day([file(parquet.ROW_GROUP_ROWS, 400 * MEGABYTE)], at(5)) == []


def test_days_and_projects_are_never_mixed_and_archived_files_stay() -> None:
    files = [file(1, day=DAY + n % 2, project_id=[PROJECT, OTHER_PROJECT][n // 2 % 2]) for n in range(40)]
    planned = plan_compaction([*files, *(file(1, is_archived=True) for _ in range(9))], at(5))
    assert len(planned) == 4
    assert all(len({(one.project_id, one.day) for one in merge.inputs}) == 1 for merge in planned)
    assert sum(len(merge.inputs) for merge in planned) == 40


def test_each_project_has_its_turn_before_one_has_its_second_and_the_worst_is_first() -> None:
    worst = [file(1, project_id=OTHER_PROJECT, day=day) for day in (1, 2, 3) for _ in range(80 - day)]
    other = [file(1, day=day) for day in (1, 2) for _ in range(10 + day)]
    planned = plan_compaction([*other, *worst], at(5))
    assert [(merge.inputs[0].project_id, len(merge.inputs)) for merge in planned] == [
        (OTHER_PROJECT, 79),
        (PROJECT, 12),
        (OTHER_PROJECT, 78),
        (PROJECT, 11),
        (OTHER_PROJECT, 77),
    ]


def filled(root: Path, flushes: int = TIER_WIDTH) -> World:
    world = World(root)
    for number in range(flushes):
        world.send(
            *[
                {"id": f"{number}.{n}", "event_type": "abc"[n % 3], "user_id": f"u{n % 5}", "properties": {"n": str(n)}}
                for n in range(20)
            ],
        )
        world.flush()
    return world


def test_a_run_swaps_files_in_one_commit_and_changes_no_row(tmp_path: Path) -> None:
    world = filled(tmp_path)
    before = world.rows()
    old = world.manifest.snapshot(PROJECT)
    result = run_compaction(world.manifest, tmp_path)
    assert (result.merge_count, result.removed_count, result.added_count, result.row_count) == (1, 8, 1, 160)
    assert (result.waiting_count, result.refused) == (0, {})
    new = world.manifest.snapshot(PROJECT)
    assert new.version == old.version + 1
    (made,) = new.files
    assert world.rows() == before
    assert all((tmp_path / one.path).exists() for one in old.files), "whoever reads them now reads on"
    path = tmp_path / made.path
    assert (path.stat().st_size, oct(path.stat().st_mode)[-3:]) == (made.byte_count, "600")
    table = pq.ParquetFile(path).read()
    assert table.schema.equals(parquet.SCHEMA)
    assert list(parquet.order_of(table)) == list(range(160))
    assert made.first_created_at == min(one.first_created_at for one in old.files)
    assert made.last_ingested_at == max(one.last_ingested_at for one in old.files)
    assert not list(tmp_path.rglob("*.tmp"))
    assert run_compaction(world.manifest, tmp_path).merge_count == 0


def test_what_does_not_fit_in_memory_is_sorted_in_pieces_and_is_the_same(tmp_path: Path) -> None:
    world = filled(tmp_path, 12)
    inputs = world.manifest.snapshot(PROJECT).files
    (whole,) = merge_files(tmp_path, inputs, file_count=1, level=1)
    (pieced,) = merge_files(tmp_path, inputs, file_count=1, level=1, piece_rows=17)
    assert pq.read_table(tmp_path / whole.path).equals(pq.read_table(tmp_path / pieced.path))
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_split_keeps_the_order_and_cuts_at_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = filled(tmp_path)
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 16)
    inputs = world.manifest.snapshot(PROJECT).files
    (whole,) = merge_files(tmp_path, inputs, file_count=1, level=1)
    parts = merge_files(tmp_path, [whole], file_count=3, level=1)
    assert [part.row_count for part in parts] == [64, 64, 32]
    tables = [pq.read_table(tmp_path / part.path) for part in parts]
    assert pa.concat_tables(tables).equals(pq.read_table(tmp_path / whole.path))
    assert pq.read_metadata(tmp_path / parts[0].path).num_row_groups == 4


def golden(root: Path, manifest: Manifest, *versions: int, **more: Any) -> list[DataFile]:
    """Files of earlier versions, as rows of the manifest name them."""
    added = []
    for version in versions:
        content = (GOLDEN / f"events_v{version}.parquet").read_bytes()
        table = pq.read_table(GOLDEN / f"events_v{version}.parquet")
        created, ingested = (table[name].cast(pa.int64()).to_pylist() for name in ("created_at", "ingested_at"))
        day = created[0] // layout.DAY_US
        path = layout.events_path(PROJECT, day)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        times = (min(created), max(created), min(ingested), max(ingested))
        added.append(DataFile(str(path), PROJECT, day, table.num_rows, len(content), *times, **more))
    manifest.commit(added=added)
    return added


def test_files_from_before_persons_had_ordinals_get_them_when_they_are_merged(tmp_path: Path) -> None:
    world = World(tmp_path)
    files = golden(tmp_path, world.manifest, *[1] * TIER_WIDTH)
    nothing = dict.fromkeys(ENRICHED)  # there was no such column then
    rows = [{**row, **nothing} for row in pq.read_table(GOLDEN / "events_v1.parquet").to_pylist()]
    assert run_compaction(world.manifest, tmp_path).row_count == len(files) * len(rows)
    (made,) = world.manifest.snapshot(PROJECT).files
    table = pq.read_table(tmp_path / made.path)
    after = table.to_pylist()
    assert list(parquet.order_of(table)) == list(range(len(after)))
    ordinals = {(row["user_id"] or row["anonymous_id"], row.pop("person_ordinal")) for row in after}
    assert len(ordinals) == 4
    assert sorted(ordinal for _, ordinal in ordinals) == [0, 1, 2, 3]
    assert sorted(map(repr, after)) == sorted(map(repr, rows * len(files)))
    (run,) = world.manifest.list_live(PersonRun)
    assert (run.row_count, run.last_ordinal) == (4, 3)


def test_a_file_with_columns_of_a_newer_program_is_refused_and_the_others_are_merged(tmp_path: Path) -> None:
    world = filled(tmp_path, TIER_WIDTH)
    newer = world.manifest.snapshot(PROJECT).files[3]
    table = pq.read_table(tmp_path / newer.path)
    pq.write_table(table.append_column("mood", pa.array(["good"] * table.num_rows)), tmp_path / newer.path)
    result = run_compaction(world.manifest, tmp_path)
    assert list(result.refused) == [newer.path]
    assert "mood" in result.refused[newer.path]
    assert result.removed_count == TIER_WIDTH - 1
    assert newer in world.manifest.snapshot(PROJECT).files


@pytest.mark.parametrize("damage", ["gone", "cut", "pages"])
def test_a_damaged_file_stops_no_other_and_stays(tmp_path: Path, damage: str) -> None:
    world = filled(tmp_path, TIER_WIDTH)
    bad = world.manifest.snapshot(PROJECT).files[3]
    path = tmp_path / bad.path
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[:-9])
    else:
        content[4:400] = bytes(396)
        path.write_bytes(content)
    result = run_compaction(world.manifest, tmp_path)
    assert list(result.refused) == [bad.path]
    assert (result.merge_count, result.removed_count) == (1, TIER_WIDTH - 1)
    assert bad in world.manifest.snapshot(PROJECT).files
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_merge_that_lost_a_row_is_never_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = filled(tmp_path)
    before = world.rows()
    monkeypatch.setattr(parquet_merge, "_sorted", lambda table: table.slice(1))
    result = run_compaction(world.manifest, tmp_path)
    assert (result.merge_count, len(result.refused)) == (0, 1)
    assert "does not count" in next(iter(result.refused.values()))
    assert world.rows() == before
    assert len(list(tmp_path.rglob("*.parquet"))) == TIER_WIDTH


def test_a_row_in_the_place_of_another_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = filled(tmp_path)
    inputs = world.manifest.snapshot(PROJECT).files
    monkeypatch.setattr(parquet_merge, "_sorted", lambda table: table.take(pa.array([0, *range(1, 159), 0])))
    with pytest.raises(BrokenData, match="160 rows of 160"):
        merge_files(tmp_path, inputs, file_count=1, level=1)


def test_a_flush_goes_on_while_files_are_merged_and_a_second_compaction_is_refused(tmp_path: Path) -> None:
    world = filled(tmp_path)
    flushed = []

    def flush(step: str) -> None:
        world.send_ids(f"during {step}")
        flushed.append(world.flush().event_count)
        with pytest.raises(Conflict):
            run_compaction(world.manifest, tmp_path)

    assert run_compaction(world.manifest, tmp_path, on_step=flush).merge_count == 1
    assert flushed == [1, 1, 1]
    assert len(world.ids()) == 163
    assert set(world.ids().values()) == {1}


def test_past_its_time_or_without_room_on_the_disk_merges_wait(tmp_path: Path) -> None:
    world = filled(tmp_path)
    for _ in range(TIER_WIDTH):
        world.send_ids(clock.new_id(), project_id=OTHER_PROJECT)
        world.flush()
    assert run_compaction(world.manifest, tmp_path, free_disk_bytes=1 << 60).waiting_count == 2
    result = run_compaction(world.manifest, tmp_path, budget_seconds=0.0)
    assert (result.merge_count, result.waiting_count) == (1, 1)
    assert run_compaction(world.manifest, tmp_path, budget_seconds=0.0).merge_count == 1


def test_the_remover_and_the_writer_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hold_remover_lock(tmp_path), hold_writer_lock(tmp_path):
        for lock in (hold_remover_lock, hold_writer_lock):
            with pytest.raises(Conflict), lock(tmp_path):
                pass


def test_the_sum_over_rows_does_not_hang_on_their_order_and_does_on_their_pairs(tmp_path: Path) -> None:
    world = filled(tmp_path)
    run_compaction(world.manifest, tmp_path)
    (one,) = world.manifest.snapshot(PROJECT).files
    table = pq.read_table(tmp_path / one.path)

    def sum_of(rows: Any) -> parquet_output.Checksum:
        made = parquet_output.Checksum()
        made.add(rows)
        return made

    order = pa.array(list(reversed(range(table.num_rows))))
    assert sum_of(table.take(order)) == sum_of(table)
    swapped = table.set_column(table.schema.get_field_index("place"), "place", table["place"].take(order))
    assert sum_of(swapped) != sum_of(table)
