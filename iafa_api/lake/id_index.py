"""Which event ids a project has already stored: sorted runs of 128-bit hashes, memory-mapped, named by the manifest.

Promises: `contains` is exact over all days that the data retention keeps (a hash of 128 bits stands for its id: two
ids with one hash are not to be found, even on purpose). Runs are derived data: one that is missing or broken raises
`BrokenRun`, and `read_hashes` makes it anew from Parquet. Runs of similar size are merged by the flush, so their
number grows with the logarithm of the events (docs/decisions/0003). Not for asking which event has an id.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iafa_api import durable
from iafa_api.errors import BrokenData
from iafa_api.lake import layout, parquet
from iafa_api.lake.manifest_schema import DataFile, IdRun

MAGIC = b"IAFAIDS1"
HEADER = struct.Struct("<8sQI4x")  # magic, rows, crc32 of these two; then all hi, all lo, all days
ROW_BYTES = 8 + 8 + 4
MERGE_WIDTH = 8  # runs of similar size that are merged: more of them cost lookups, fewer cost rewriting
MERGE_MAX_ROWS = 16 << 20  # a merge sorts in memory: about 1 GB for this many; larger runs stay as they are


class BrokenRun(BrokenData):
    """An id run is missing or is not what its row says; it can be made anew from Parquet."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hashes of ids as two columns of 64 bits, and the UTC day of each event. Arrays of one length."""

    hi: Any
    lo: Any
    day: Any

    def __len__(self) -> int:
        return len(self.hi)

    def take(self, chosen: Any) -> Hashes:
        """The rows that a boolean mask, an index array or a slice chooses."""
        return Hashes(self.hi[chosen], self.lo[chosen], self.day[chosen])


def hash_ids(ids: Iterable[str], days: Any) -> Hashes:
    """The hashes of ids, in their order."""
    blake = hashlib.blake2b
    content = b"".join([blake(text.encode(), digest_size=16).digest() for text in ids])
    pairs = np.frombuffer(content, dtype="<u8").reshape(-1, 2)
    return Hashes(pairs[:, 0].copy(), pairs[:, 1].copy(), np.asarray(days, dtype=np.int32))


def empty_hashes() -> Hashes:
    """No hashes at all."""
    return Hashes(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int32))


def join_hashes(parts: Sequence[Hashes]) -> Hashes:
    """All rows of several in one, in their order."""
    if not parts:
        return empty_hashes()
    return Hashes(
        np.concatenate([part.hi for part in parts]),
        np.concatenate([part.lo for part in parts]),
        np.concatenate([part.day for part in parts]),
    )


def sort_hashes(parts: Sequence[Hashes]) -> Hashes:
    """All rows of several in one, sorted by hash."""
    joined = join_hashes(parts)
    order = np.argsort(joined.hi, kind="stable")  # finds the sorted stretches of its input, as merging does
    hi = joined.hi[order]
    if bool(np.any(hi[1:] == hi[:-1])):  # rare for different ids: 64 equal bits
        order = np.lexsort((joined.lo, joined.hi))
    return joined.take(order)


def first_occurrences(hashes: Hashes) -> Any:
    """A boolean per row: whether no earlier row has its hash. So the first to arrive wins."""
    order = np.lexsort((hashes.lo, hashes.hi))  # stable: equal hashes stay in order of arrival
    hi, lo = hashes.hi[order], hashes.lo[order]
    first = np.ones(len(order), dtype=bool)
    repeated = (hi[1:] == hi[:-1]) & (lo[1:] == lo[:-1])
    first[order[1:][repeated]] = False
    return first


def contains(runs: Sequence[Hashes], wanted: Hashes) -> Any:
    """A boolean per row of `wanted`: whether one of the sorted runs holds its hash."""
    found = np.zeros(len(wanted), dtype=bool)
    if len(wanted) == 0 or not runs:
        return found
    order = np.argsort(wanted.hi)  # sorted, the searches walk through a run instead of jumping about in it
    hi, lo = wanted.hi[order], wanted.lo[order]
    for run in runs:
        found[order] |= _contained(run, hi, lo)
    return found


def load_runs(root: Path, runs: Sequence[IdRun]) -> list[Hashes]:
    """The runs as memory-mapped arrays. BrokenRun where a file is missing, cut or another's."""
    return [_load(root / run.path, run.row_count) for run in runs]


def write_run(root: Path, project_id: str, hashes: Hashes) -> IdRun:
    """Write a sorted, non-empty run: whole and synced under its name before this returns."""
    relative = str(layout.id_run_path(project_id))
    path = root / relative
    durable.make_directory(path.parent)
    start = struct.pack("<8sQ", MAGIC, len(hashes))
    parts = [
        HEADER.pack(MAGIC, len(hashes), zlib.crc32(start)),
        hashes.hi.astype("<u8").tobytes(),
        hashes.lo.astype("<u8").tobytes(),
        hashes.day.astype("<i4").tobytes(),
    ]
    content = b"".join(parts)
    temporary = path.with_name(f".{path.name}{layout.TEMPORARY_SUFFIX}")
    durable.write_new_file(temporary, content)
    temporary.rename(path)
    durable.sync_directory(path.parent)
    return IdRun(relative, project_id, len(hashes), len(content), int(hashes.day.min()), int(hashes.day.max()))


def plan_merge(runs: Sequence[IdRun], new_rows: int) -> list[IdRun]:
    """Which runs the next one takes in: full tiers of similar size.

    Tiers are powers of MERGE_WIDTH; a tier is full when, with what comes in, it has MERGE_WIDTH runs. What was merged
    counts in the tier of its size, so that one flush can fill several.
    """
    merged: list[IdRun] = []
    rows = new_rows
    while True:
        tier = _tier(rows)
        same = [
            run
            for run in sorted(runs, key=lambda run: run.row_count)
            if run not in merged and run.row_count <= MERGE_MAX_ROWS // 2 and _tier(run.row_count) <= tier
        ]
        if len(same) + 1 < MERGE_WIDTH:
            return merged
        before = len(merged)
        for run in same:
            if rows + run.row_count <= MERGE_MAX_ROWS:
                merged.append(run)
                rows += run.row_count
        if len(merged) == before:
            return merged


def merge(root: Path, new: Hashes, taken: Sequence[IdRun]) -> Hashes:
    """The rows of a new run and of those it takes in."""
    return sort_hashes([*load_runs(root, taken), new])


def read_hashes(root: Path, files: Sequence[DataFile]) -> Hashes:
    """The sorted hashes of all ids in these Parquet files: what the runs are derived from."""
    parts = [hash_ids(ids, days) for file in files for ids, days in parquet.read_ids(root / file.path)]
    return sort_hashes(parts)


def _load(path: Path, row_count: int) -> Hashes:
    try:
        content: Any = np.memmap(path, dtype=np.uint8, mode="r")
    except (FileNotFoundError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise BrokenRun(f"The id run {path.name} is missing or empty.") from error
    if len(content) != HEADER.size + ROW_BYTES * row_count:
        raise BrokenRun(f"The id run {path.name} has {len(content)} bytes, not those of {row_count} rows.")
    magic, rows, crc = HEADER.unpack(content[: HEADER.size].tobytes())
    if magic != MAGIC or rows != row_count or crc != zlib.crc32(struct.pack("<8sQ", magic, rows)):
        raise BrokenRun(f"The id run {path.name} is not what the manifest says.")
    body = content[HEADER.size :]
    return Hashes(body[: 8 * rows].view("<u8"), body[8 * rows : 16 * rows].view("<u8"), body[16 * rows :].view("<i4"))


def _contained(run: Hashes, hi: Any, lo: Any) -> Any:
    """For sorted `hi`: whether (hi, lo) stands in the run, also where several rows of it share 64 bits."""
    found = np.zeros(len(hi), dtype=bool)
    at = np.searchsorted(run.hi, hi, side="left")
    open_rows = np.flatnonzero(at < len(run))
    while len(open_rows):
        same = run.hi[at[open_rows]] == hi[open_rows]
        open_rows = open_rows[same]
        hit = run.lo[at[open_rows]] == lo[open_rows]
        found[open_rows[hit]] = True
        open_rows = open_rows[~hit]
        at[open_rows] += 1
        open_rows = open_rows[at[open_rows] < len(run)]
    return found


def _tier(rows: int) -> int:
    tier = 0
    while rows >= MERGE_WIDTH:
        rows //= MERGE_WIDTH
        tier += 1
    return tier
