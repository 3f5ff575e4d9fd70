"""Compaction: the small files that flushes leave become few of a good size, and what is too large is split.

Promises: no row is lost, doubled or changed (`parquet_merge` checks it); each merge counts by one commit, so readers
see the old files or the new ones, and the old ones stay until their grace time is over. No row is rewritten more often
than the logarithm of its day's rows and age: files are merged in tiers of similar size while their day receives
events, and once more when it has been quiet for long enough. The flush goes on meanwhile. A crash leaves files that
nothing names, and the next run begins anew.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iafa_api import clock
from iafa_api.errors import BrokenData
from iafa_api.lake import layout, parquet, parquet_merge
from iafa_api.lake.manifest import Manifest
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.lake.person_index import PersonIndex
from iafa_api.lake.writer_lock import hold_remover_lock, hold_writer_lock

MEGABYTE = 1 << 20
AIM_LEAST_BYTES, AIM_MOST_BYTES = 10 * MEGABYTE, 50 * MEGABYTE  # smaller costs opening, larger costs rewriting
SPLIT_BYTES = 100 * MEGABYTE
TIER_WIDTH = 8  # files of similar size that are merged: more of them cost questions, fewer cost rewriting
MERGE_MAX_BYTES = 256 * MEGABYTE  # of inputs in one commit: what a crash makes to be done again
MERGE_MAX_FILES = 1000
QUIET_US = 3600 * clock.MICROSECONDS
QUIET_SHARE = 8  # a day is quiet after this part of the time it has been receiving: its closing merges grow rarer
COMPRESSION_LEVEL = 3  # 8 % smaller than the flush's 1 for 2 % more time of a merge
BUDGET_SECONDS = 30.0  # after which no further merge is begun: others wait for the lock
NUMBERING_SECONDS = 60.0  # for the writer's lock, where files were written before persons had ordinals
ROOM = 4  # times the inputs' bytes that must be free on the disk: the new files, and what is sorted outside memory


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of one project and day, and how many new ones are to hold their rows."""

    inputs: tuple[DataFile, ...]
    file_count: int

    @property
    def saved_count(self) -> int:
        """How many files fewer there will be."""
        return len(self.inputs) - self.file_count


@dataclass(slots=True)
class CompactionResult:
    """What a run did. `refused` are files that cannot be merged, with the reason; `waiting_count` merges are left."""

    merge_count: int = 0
    removed_count: int = 0
    added_count: int = 0
    row_count: int = 0
    waiting_count: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def plan_compaction(files: Iterable[DataFile], now_us: int) -> list[Merge]:
    """What is to be merged and split: worst first, but of each project one before any has its second."""
    by_project: dict[str, dict[int, list[DataFile]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        if not file.is_archived:
            by_project[file.project_id][file.day].append(file)
    ranked = []
    for project_id, days in by_project.items():
        merges = [merge for day in days.values() for merge in plan_day(day, now_us)]
        merges.sort(key=lambda merge: (-merge.saved_count, merge.inputs[0].day))
        ranked += [(rank, -merge.saved_count, project_id, merge) for rank, merge in enumerate(merges)]
    return [merge for *_, merge in sorted(ranked, key=lambda row: row[:3])]


def plan_day(files: Sequence[DataFile], now_us: int) -> list[Merge]:
    """What is to be done with the files of one project and day."""
    planned = [Merge((file,), _file_count(file.byte_count)) for file in files if _is_too_large(file)]
    small = sorted((file for file in files if file.byte_count < AIM_LEAST_BYTES), key=_by_size)
    chosen = _bounded(_closing(small, files, now_us) or _full_tiers(small))
    if len(chosen) > 1:
        planned.append(Merge(tuple(chosen), _file_count(sum(file.byte_count for file in chosen))))
    return planned


def run_compaction(
    manifest: Manifest,
    root: Path,
    *,
    now_us: int | None = None,
    budget_seconds: float = BUDGET_SECONDS,
    free_disk_bytes: int = 0,
    lock_seconds: float = 0.0,
    on_step: Callable[[str], None] = lambda step: None,
) -> CompactionResult:
    """Do what is planned until it is done or the time is over. `on_step` is told each step before it is done.

    Conflict where another process replaces or removes files. A merge for which the disk has no room waits.
    """
    result = CompactionResult()
    with hold_remover_lock(root, wait_seconds=lock_seconds):
        planned = plan_compaction(manifest.list_live(DataFile), clock.now_us() if now_us is None else now_us)
        until = clock.monotonic() + budget_seconds
        for number, merge in enumerate(planned):
            has_room = shutil.disk_usage(root).free > free_disk_bytes + ROOM * sum(f.byte_count for f in merge.inputs)
            if not has_room or (number and clock.monotonic() >= until):
                result.waiting_count += 1
                continue
            _run_merge(manifest, root, merge, result, on_step)
    return result


def commit_or_discard(
    manifest: Manifest, root: Path, added: Sequence[DataFile], commit: Callable[[], int], on_step: Callable[[str], None]
) -> None:
    """Commit; where that fails, new files that do not count are removed: a full disk must not fill up further."""
    try:
        on_step("commit")
        commit()
    except BaseException:
        if (
            not added or added[0].path not in manifest.known_paths()
        ):  # it may have been done although the answer is lost
            for file in added:
                (root / file.path).unlink(missing_ok=True)
        raise


def _run_merge(
    manifest: Manifest, root: Path, merge: Merge, result: CompactionResult, on_step: Callable[[str], None]
) -> None:
    usable = _without(merge.inputs, root, parquet_merge.read_footer, result.refused)
    try:
        added = _merge(manifest, root, merge, usable, on_step)
    except BrokenData as error:  # the others of its day are not to wait for a damaged file
        readable = _without(usable, root, parquet_merge.require_readable, result.refused)
        if readable == usable:
            result.refused[usable[0].path] = error.message
            return
        usable = readable
        added = _merge(manifest, root, merge, usable, on_step)
    if added:
        commit_or_discard(manifest, root, added, lambda: manifest.commit(added=added, removed=usable), on_step)
        on_step("end")
        result.merge_count += 1
        result.removed_count += len(usable)
        result.added_count += len(added)
        result.row_count += sum(file.row_count for file in added)


def _without(
    files: Sequence[DataFile], root: Path, look: Callable[[Path], object], refused: dict[str, str]
) -> list[DataFile]:
    """The files at which one can look; the others are noted with the reason."""
    usable = []
    for file in files:
        try:
            look(root / file.path)
        except FileNotFoundError:
            refused[file.path] = "It is missing."
        except BrokenData as error:
            refused[file.path] = error.message
        else:
            usable.append(file)
    return usable


def _merge(
    manifest: Manifest, root: Path, merge: Merge, usable: Sequence[DataFile], on_step: Callable[[str], None]
) -> list[DataFile]:
    if len(usable) < min(2, len(merge.inputs)):
        return []
    on_step("merge")
    unnumbered = [file for file in usable if not parquet_merge.read_footer(root / file.path).has_ordinals]
    return parquet_merge.merge_files(
        root,
        usable,
        file_count=merge.file_count,
        level=COMPRESSION_LEVEL,
        number_persons=_number_persons(manifest, root, unnumbered) if unnumbered else None,
    )


def _number_persons(manifest: Manifest, root: Path, files: Sequence[DataFile]) -> parquet_merge.Numbering:
    """Give everybody in files without ordinals one, and tell the function that knows them.

    Only that needs the writer's lock, for as long as it takes to read who is in them.
    """
    project_id = files[0].project_id
    with hold_writer_lock(root, wait_seconds=NUMBERING_SECONDS):
        runs = manifest.snapshot(project_id, first_day=0, last_day=-1).person_runs
        index = PersonIndex(root, project_id, runs, lambda: manifest.snapshot(project_id, with_archive=True).files)
        for file in files:
            for table in parquet_merge.read_persons(root / file.path):
                index.add_ordinals(table)
        run, replaced = index.write_new()
        if run is not None:
            manifest.commit(added=[run], removed=replaced)
    return index.add_ordinals


def _closing(small: Sequence[DataFile], files: Sequence[DataFile], now_us: int) -> Sequence[DataFile]:
    """All small files of a day that is over and quiet, and a larger one that has room for them."""
    room = AIM_MOST_BYTES - sum(file.byte_count for file in small)
    larger = min((file for file in files if file.byte_count >= AIM_LEAST_BYTES), key=_by_size, default=None)
    if small and larger is not None and larger.byte_count <= room and _is_quiet([*small, larger], now_us):
        return [*small, larger]
    return small if len(small) > 1 and _is_quiet(small, now_us) else ()


def _is_quiet(files: Sequence[DataFile], now_us: int) -> bool:
    """Whether the day is over, and nothing came for a part of the time since the first of these events.

    Between two merges of one row that time grows by a part of itself, so there are only so many of them.
    """
    first, last = min(file.first_ingested_at for file in files), max(file.last_ingested_at for file in files)
    is_over = now_us >= (files[0].day + 1) * layout.DAY_US + QUIET_US
    return is_over and now_us - last >= max(QUIET_US, (now_us - first) // QUIET_SHARE)


def _full_tiers(small: Sequence[DataFile]) -> Sequence[DataFile]:
    """The files up to the highest tier that is full, with what the tiers below it would make counted in."""
    taken: Sequence[DataFile] = ()
    tiers = [_tier(file.row_count) for file in small]  # rising
    for tier in range(max(tiers, default=-1) + 1):
        made = 1 if taken and _tier(sum(file.row_count for file in taken)) == tier else 0
        if made + tiers.count(tier) >= TIER_WIDTH:
            taken = [file for file, own in zip(small, tiers, strict=True) if own <= tier]
    return taken


def _bounded(files: Sequence[DataFile]) -> Sequence[DataFile]:
    """As many of them as one merge takes, from the first on."""
    size = 0
    for number, file in enumerate(files[:MERGE_MAX_FILES]):
        size += file.byte_count
        if size > MERGE_MAX_BYTES:
            return files[:number]
    return files[:MERGE_MAX_FILES]


def _tier(row_count: int) -> int:
    """By rows and not by bytes: eight files of one row have the bytes of one."""
    tier = 0
    while row_count >= TIER_WIDTH:
        row_count //= TIER_WIDTH
        tier += 1
    return tier


def _is_too_large(file: DataFile) -> bool:
    return file.byte_count > SPLIT_BYTES and file.row_count > parquet.ROW_GROUP_ROWS  # a row group is not split


def _file_count(byte_count: int) -> int:
    return -(-byte_count // AIM_MOST_BYTES)


def _by_size(file: DataFile) -> tuple[int, str]:
    return file.row_count, file.path
