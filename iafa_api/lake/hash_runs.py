"""Sorted runs of 128-bit hashes of texts, each with a number: large ones mapped, and merged before there are too many.

Promises: looking up is exact (a hash of 128 bits stands for its text: two texts with one hash are not to be found, even
on purpose). A run is whole and synced under its name before `write` returns. Runs are derived data: one that is
missing, cut or not what its row says raises `BrokenRun`, and who owns it makes it anew. A flipped bit in its contents
is found where it is asked for, at the cost of reading all of it. Not for asking which text has a hash.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Generic, TypeVar

import numpy as np

from iafa_api import durable
from iafa_api.errors import BrokenData
from iafa_api.lake.manifest_schema import IdRun, PersonRun

HEADER = struct.Struct("<8sQII")  # magic, rows, crc32 of these two, crc32 of the rest; then all hi, all lo, all values
UNCHECKED = 0  # the second crc32 of runs written before there was one
ROW_BYTES = 8 + 8 + 4
MAPPED_FROM_BYTES = 1 << 20  # smaller runs are read into memory
MERGE_WIDTH = 8  # runs of similar size that are merged: more of them cost lookups, fewer cost rewriting
MERGE_MAX_ROWS = 16 << 20  # a merge sorts in memory: about 1 GB for this many; larger runs stay as they are
Run = TypeVar("Run", IdRun, PersonRun)


class BrokenRun(BrokenData):
    """A run is missing or is not what its row says; it can be made anew from Parquet."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hashes as two columns of 64 bits, and a number of 32 bits for each. Arrays of one length."""

    hi: Any
    lo: Any
    value: Any

    def __len__(self) -> int:
        return len(self.hi)

    def take(self, chosen: Any) -> Hashes:
        """The rows that a boolean mask, an index array or a slice chooses."""
        return Hashes(self.hi[chosen], self.lo[chosen], self.value[chosen])


def hash_texts(texts: Iterable[str], values: Any) -> Hashes:
    """The hashes of texts, in their order."""
    blake = hashlib.blake2b
    content = b"".join([blake(text.encode(), digest_size=16).digest() for text in texts])
    pairs = np.frombuffer(content, dtype="<u8").reshape(-1, 2)
    return Hashes(pairs[:, 0].copy(), pairs[:, 1].copy(), np.asarray(values, dtype=np.int32))


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
        np.concatenate([part.value for part in parts]),
    )


def sort_hashes(parts: Sequence[Hashes]) -> Hashes:
    """All rows of several in one, sorted by hash."""
    joined = join_hashes(parts)
    # The stable sort finds the sorted stretches of its input, as merging does; for one part the other is the faster.
    order = np.argsort(joined.hi, kind="stable" if len(parts) > 1 else None)
    hi = joined.hi[order]
    if bool(np.any(hi[1:] == hi[:-1])):  # rare for different texts: 64 equal bits
        order = np.lexsort((joined.lo, joined.hi))
    return joined.take(order)


def first_occurrences(hashes: Hashes) -> Any:
    """A boolean per row: whether no earlier row has its hash. So the first to arrive wins."""
    first = np.ones(len(hashes), dtype=bool)
    order = np.argsort(hashes.hi)
    hi = hashes.hi[order]
    is_alike = np.zeros(len(order) + 1, dtype=bool)
    np.equal(hi[1:], hi[:-1], out=is_alike[1:-1])
    rows = np.sort(order[is_alike[1:] | is_alike[:-1]])  # few, in order of arrival; only among them are repeats
    if len(rows):
        hi, lo = hashes.hi[rows], hashes.lo[rows]
        order = np.lexsort((lo, hi))  # stable
        repeated = (hi[order][1:] == hi[order][:-1]) & (lo[order][1:] == lo[order][:-1])
        first[rows[order[1:][repeated]]] = False
    return first


def contains(runs: Sequence[Hashes], wanted: Hashes) -> Any:
    """A boolean per row of `wanted`: whether one of the sorted runs holds its hash."""
    return find_values(runs, wanted, missing=-1) >= 0


def find_values(runs: Sequence[Hashes], wanted: Hashes, *, missing: int) -> Any:
    """The number that one of the sorted runs has for each hash of `wanted`, as int64; `missing` where none holds it."""
    values = np.full(len(wanted), missing, dtype=np.int64)
    if len(wanted) == 0 or not runs:
        return values
    order = np.argsort(wanted.hi)  # sorted, the searches walk through a run instead of jumping about in it
    hi, lo = wanted.hi[order], wanted.lo[order]
    for run in runs:
        rows, places = _look_up(run, hi, lo)
        values[order[rows]] = run.value[places]
    return values


def load(root: Path, magic: bytes, runs: Sequence[Run], *, is_checked: bool = False) -> list[Hashes]:
    """The runs as memory-mapped arrays. `is_checked`: their contents are read and compared with their check sums."""
    return [_load(root / run.path, magic, run.row_count, is_checked) for run in runs]


def write(root: Path, relative: PurePosixPath, magic: bytes, hashes: Hashes) -> int:
    """Write a sorted, non-empty run: whole and synced under its name before this returns. Its size in bytes."""
    path = root / relative
    body = b"".join(
        [
            hashes.hi.astype("<u8").tobytes(),
            hashes.lo.astype("<u8").tobytes(),
            hashes.value.astype("<i4").tobytes(),
        ]
    )
    content = HEADER.pack(magic, len(hashes), _header_crc(magic, len(hashes)), _body_crc(body)) + body
    durable.write_whole_file(path, content)
    return len(content)


class Growing(Generic[Run]):
    """The runs of one kind of a project while their one writer adds to them."""

    def __init__(
        self,
        root: Path,
        magic: bytes,
        runs: Sequence[Run],
        make_anew: Callable[[], Hashes],
        *,
        is_checked: bool = False,
        is_distrusted: bool = False,
    ) -> None:
        """`make_anew` makes the hashes from what they are derived from; it is called where a run is broken.

        `is_checked`: the contents of all runs are checked now; without it those of a run when it is merged.
        `is_distrusted`: none of them is read, as if one were broken.
        """
        self._runs: Sequence[Run] = runs
        self._root = root
        self._magic = magic
        self._make_anew = make_anew
        self._added: list[Hashes] = []
        self._is_broken = False
        try:
            if is_distrusted:
                raise BrokenRun("The runs are to be made anew.")
            self._stored = load(root, magic, runs, is_checked=is_checked)
        except BrokenRun:
            self._replace_all()

    @property
    def hashes(self) -> list[Hashes]:
        """All that is known: sorted, part by part."""
        return [*self._stored, *self._added]

    def add(self, hashes: Hashes) -> None:
        """Know these as well."""
        self._added.append(sort_hashes([hashes]))

    def merge(self) -> tuple[Hashes, Sequence[Run]]:
        """What the next run is to hold, and the runs that it replaces; nothing where nothing was added."""
        new = sort_hashes(self._added)
        if not self._is_broken:
            if not len(new):
                return new, []
            taken: list[Run] = plan_merge(self._runs, len(new))
            try:
                return sort_hashes([*load(self._root, self._magic, taken, is_checked=True), new]), taken
            except BrokenRun:
                self._replace_all()
        return sort_hashes([*self._stored, new]), self._runs

    def _replace_all(self) -> None:
        self._stored, self._is_broken = [self._make_anew()], True


def plan_merge(runs: Sequence[Run], new_rows: int) -> list[Run]:
    """Which runs the next one takes in: full tiers of similar size.

    Tiers are powers of MERGE_WIDTH; a tier is full when, with what comes in, it has MERGE_WIDTH runs. What was merged
    counts in the tier of its size, so that one flush can fill several.
    """
    merged: list[Run] = []
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


def _load(path: Path, magic: bytes, row_count: int, is_checked: bool) -> Hashes:
    try:
        content = _read(path)
    except (FileNotFoundError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise BrokenRun(f"The run {path.name} is missing or empty.") from error
    if len(content) != HEADER.size + ROW_BYTES * row_count:
        raise BrokenRun(f"The run {path.name} has {len(content)} bytes, not those of {row_count} rows.")
    found, rows, header_crc, body_crc = HEADER.unpack(content[: HEADER.size].tobytes())
    if found != magic or rows != row_count or header_crc != _header_crc(magic, rows):
        raise BrokenRun(f"The run {path.name} is not what the manifest says.")
    body = content[HEADER.size :]
    if is_checked and body_crc not in (UNCHECKED, _body_crc(body)):
        raise BrokenRun(f"The run {path.name} is damaged.")
    return Hashes(body[: 8 * rows].view("<u8"), body[8 * rows : 16 * rows].view("<u8"), body[16 * rows :].view("<i4"))


def _read(path: Path) -> Any:
    """The bytes of a run. A map holds a file open, and a flush of hundreds of small projects needs all of theirs."""
    if path.stat().st_size <= MAPPED_FROM_BYTES:
        return np.fromfile(path, dtype=np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r")


def _header_crc(magic: bytes, rows: int) -> int:
    return zlib.crc32(struct.pack("<8sQ", magic, rows))


def _body_crc(body: Any) -> int:
    return zlib.crc32(body) or 1  # UNCHECKED is for those that have none


def _look_up(run: Hashes, hi: Any, lo: Any) -> tuple[Any, Any]:
    """Which rows of sorted `hi` with `lo` stand in the run, and where, also where several of its rows share 64 bits."""
    at = np.searchsorted(run.hi, hi, side="left")
    rows, places = [], []
    open_rows = np.flatnonzero(at < len(run))
    while len(open_rows):
        open_rows = open_rows[run.hi[at[open_rows]] == hi[open_rows]]
        hit = run.lo[at[open_rows]] == lo[open_rows]
        rows.append(open_rows[hit])
        places.append(at[open_rows[hit]])
        open_rows = open_rows[~hit]
        at[open_rows] += 1
        open_rows = open_rows[at[open_rows] < len(run)]
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(rows), np.concatenate(places)


def _tier(rows: int) -> int:
    tier = 0
    while rows >= MERGE_WIDTH:
        rows //= MERGE_WIDTH
        tier += 1
    return tier
