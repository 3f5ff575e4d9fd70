"""The sweep: files that nothing names, left by a crash or by rows whose grace time is over.

Promises: no event is deleted because the manifest is another than it was. A Parquet file goes at once only where its
row went, and the row is forgotten after it; one that has no row is moved to `lost/`, under its path, and deleted from
there after KEEP_LOST_SECONDS. Where a manifest without any commit stands beside files that are all there is of their
events, nothing is touched (BrokenData). Runs are derived and temporary files are nobody's: they go at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from iafa_api import clock, durable
from iafa_api.errors import BrokenData
from iafa_api.ingest.buffer import Buffer
from iafa_api.ingest.flush import unlink_flushed
from iafa_api.lake import layout, parquet
from iafa_api.lake.manifest import Manifest
from iafa_api.lake.writer_lock import hold_remover_lock, hold_writer_lock

KEEP_LOST_SECONDS = 30 * 86_400  # the time a person has to find out that a manifest was lost


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did: how many files left their places, and which of them hold events that are nowhere else."""

    removed_count: int = 0
    lost: tuple[str, ...] = ()


def run_sweep(
    buffer: Buffer,
    manifest: Manifest,
    root: Path,
    *,
    grace_us: int,
    now_us: int | None = None,
    lock_seconds: float = 0.0,
) -> SweepResult:
    """Remove what nothing names (I8).

    `grace_us`: how long the file of a row that went may still be read (I5): longer than any question takes.
    """
    now = clock.now_us() if now_us is None else now_us
    # both: what a flush, a compaction or an archiving has written and not committed yet is named by nothing, too
    with hold_remover_lock(root, wait_seconds=lock_seconds), hold_writer_lock(root, wait_seconds=lock_seconds):
        waiting = {segment.name for segment in unlink_flushed(buffer, manifest)}
        went = frozenset(manifest.list_removed(now - grace_us))
        known = manifest.known_paths() - went
        runs = [*_files(root / layout.ID_RUNS), *_files(root / layout.PERSON_RUNS)]
        useless = [path for path in runs if _relative(root, path) not in known]
        events = [
            path for folder in (layout.EVENTS, layout.ARCHIVE, layout.IDENTITIES) for path in _files(root / folder)
        ]
        refused = list(_files(root / layout.QUARANTINE))
        strays = [path for path in [*events, *refused] if _relative(root, path) not in known]
        gone = {path for path in strays if _is_temporary(path) or _relative(root, path) in went}
        moved = [path for path in strays if path not in gone]
        lost = tuple(
            _relative(root, path)
            for path in moved
            if path not in refused and not _counts_elsewhere(path, waiting, manifest)
        )
        if lost and manifest.version() == 0:
            raise BrokenData(f"The manifest is empty, and events/ holds {len(lost)} files that it must have named.")
        removed_count = buffer.remove_dead_temporaries(now)
        removed = [*useless, *gone, *_expired(root, now)]
        for path in removed:
            path.unlink()
        if went:  # their rows last: a crash before that leaves files that are known to be past their time
            for folder in {path.parent for path in removed}:
                durable.sync_directory(folder)
            manifest.forget(went)
        for path in moved:
            _move_to_lost(root, path, now)
        return SweepResult(removed_count + len(removed) + len(moved), lost)


def _is_temporary(path: Path) -> bool:
    return path.name.endswith(layout.TEMPORARY_SUFFIX)


def _counts_elsewhere(path: Path, waiting: Set[str], manifest: Manifest) -> bool:
    """Whether all its events wait in the buffer or count from other files: then a flush that died has left it (I4)."""
    try:
        segments = parquet.read_segments(path) - waiting
    except BrokenData:
        return False
    return manifest.flushed_among(list(segments)) == segments


def _move_to_lost(root: Path, path: Path, now_us: int) -> None:
    target = root / layout.LOST / _relative(root, path)
    durable.make_directory(target.parent)
    os.utime(path, ns=(now_us * 1000, now_us * 1000))  # before the move: its time there starts now
    path.rename(target)
    durable.sync_directory(target.parent)


def _expired(root: Path, now_us: int) -> list[Path]:
    before = now_us / clock.MICROSECONDS - KEEP_LOST_SECONDS
    return [path for path in _files(root / layout.LOST) if path.stat().st_mtime < before]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()
