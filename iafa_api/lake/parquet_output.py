"""New Parquet files of events, written a piece at a time and checked before they get their names.

Promises: a file gets its name when it is whole, synced, and the rows that all new files together hold, read back, are
those that were taken in (count, and a sum over the id and arrival of each). On any failure nothing of them is left.
Also here: reading the files a row group at a time, with damage told by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iafa_api import durable
from iafa_api.errors import BrokenData
from iafa_api.lake import layout, parquet
from iafa_api.lake.manifest_schema import DataFile

CHECKED = ("id", "created_at", "ingested_at", "place")
NO_ORDINAL = 1 << 31  # past all of them: rows without one come last, where numpy sorts what is no number


@dataclass(slots=True)
class Checksum:
    """Rows and a sum over their arrival, whatever their order: what two sets of equal rows have in common."""

    row_count: int = 0
    arrivals: int = 0
    id_bytes: int = 0

    def add(self, table: Any) -> None:
        """Take these rows in."""
        self.row_count += table.num_rows
        mixed = _mix(*(numbers_of(table, name).view(np.uint64) for name in CHECKED[1:]))
        self.arrivals = (self.arrivals + int(mixed.sum(dtype=np.uint64))) % (1 << 64)
        self.id_bytes += _sum_of_bytes(table.column("id"))


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file for reading; BrokenData where what is done with it shows that it is damaged."""
    with _telling_damage(path), pq.ParquetFile(path, pre_buffer=False) as file:
        yield file


def row_groups(file: Any, columns: list[str] | None) -> Iterator[Any]:
    """Its rows, a row group at a time."""
    for number in range(file.metadata.num_row_groups):
        yield file.read_row_group(number, columns=columns, use_threads=False)


def numbers_of(table: Any, name: str) -> Any:
    """A column of times or numbers as int64."""
    return pc.fill_null(table.column(name).cast(pa.int64()), NO_ORDINAL).to_numpy()


class Output:
    """The new files while they are written: under temporary names until all is written, checked and synced."""

    def __init__(
        self,
        root: Path,
        like: DataFile,
        *,
        rows_per_file: int,
        level: int,
        names: Iterator[PurePosixPath] | None = None,
    ) -> None:
        self.taken = Checksum()
        self._root = root
        self._like = like
        self._rows_per_file = rows_per_file
        self._level = level
        self._names = names or iter(lambda: layout.events_path(like.project_id, like.day), None)
        self._waiting: list[Any] = []
        self._waiting_rows = 0
        self._writer: _Writer | None = None
        self._files: list[_Writer] = []
        self.scratch = _temporary(root / layout.events_path(like.project_id, like.day))

    def __enter__(self) -> Output:
        durable.make_directory(self.scratch.parent)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.scratch.unlink(missing_ok=True)
        if kind is not None:
            for file in self._files:
                file.discard()

    def write_all(self, tables: Iterable[Any]) -> None:
        """Write rows as they come: in full row groups, and a new file where one is full."""
        for table in tables:
            self._waiting.append(table)
            self._waiting_rows += table.num_rows
            while self._waiting_rows >= self._next_rows():
                self._write(self._next_rows())
        if self._waiting_rows:
            self._write(self._waiting_rows)

    def finish(self, *, is_archived: bool = False) -> list[DataFile]:
        """Close, check and name the files."""
        written = Checksum()
        for file in self._files:
            file.close()
            file.check(written)
        if written != self.taken:
            raise BrokenData(f"A merge wrote {written.row_count} rows of {self.taken.row_count}; it does not count.")
        for file in self._files:
            file.give_name()
        for directory in {file.path.parent for file in self._files}:
            durable.sync_directory(directory)
        return [file.described(self._like, is_archived=is_archived) for file in self._files]

    def _next_rows(self) -> int:
        done = self._writer.row_count if self._writer else 0
        return min(parquet.ROW_GROUP_ROWS, self._rows_per_file - done)

    def _write(self, row_count: int) -> None:
        table = pa.concat_tables(self._waiting)
        group, rest = table.slice(0, row_count), table.slice(row_count)
        self._waiting, self._waiting_rows = ([rest] if rest.num_rows else []), rest.num_rows
        if self._writer is None:
            self._writer = _Writer(self._root, next(self._names), self._level)
            self._files.append(self._writer)
            self._writer.open()
        self._writer.write(group)
        if self._writer.row_count >= self._rows_per_file:
            self._writer.close()
            self._writer = None


class _Writer:
    """One new file."""

    def __init__(self, root: Path, relative: PurePosixPath, level: int) -> None:
        self.path = root / relative
        self.row_count = 0
        self._relative = str(relative)
        self._level = level
        self._temporary = _temporary(self.path)
        self._writer: Any = None
        self._created: list[int] = []
        self._ingested: list[int] = []

    def open(self) -> None:
        durable.make_directory(self.path.parent)
        durable.write_new_file(self._temporary, b"")  # its mode
        self._writer = parquet.open_writer(self._temporary, level=self._level)

    def write(self, table: Any) -> None:
        self._writer.write_table(table.combine_chunks(), row_group_size=parquet.ROW_GROUP_ROWS)
        self.row_count += table.num_rows
        for name, found in (("created_at", self._created), ("ingested_at", self._ingested)):
            numbers = numbers_of(table, name)
            found += [int(numbers.min()), int(numbers.max())]

    def close(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()
            durable.sync_file(self._temporary)

    def check(self, written: Checksum) -> None:
        with opened(self._temporary) as file:
            for table in row_groups(file, list(CHECKED)):
                written.add(table)

    def give_name(self) -> None:
        self._temporary.rename(self.path)

    def discard(self) -> None:
        if self._writer is not None:
            with suppress(OSError, pa.ArrowException):  # on a full disk the footer cannot be written, either
                self._writer.close()
        self._temporary.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def described(self, like: DataFile, *, is_archived: bool) -> DataFile:
        return DataFile(
            path=self._relative,
            project_id=like.project_id,
            day=like.day,
            row_count=self.row_count,
            byte_count=self.path.stat().st_size,
            first_created_at=min(self._created),
            last_created_at=max(self._created),
            first_ingested_at=min(self._ingested),
            last_ingested_at=max(self._ingested),
            is_archived=is_archived,
        )


@contextmanager
def _telling_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the disk's own words; Arrow says damage without a number
            raise
        raise BrokenData(f"{path.name} cannot be read: {error}.") from error


def _mix(*columns: Any) -> Any:
    """A number of 64 bits for each row, of the numbers that it has; they wrap around."""
    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _sum_of_bytes(column: Any) -> int:
    total = 0
    for chunk in column.chunks:
        offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        content = chunk.buffers()[2]
        if len(offsets) and content is not None:
            total += int(np.frombuffer(content, dtype=np.uint8)[offsets[0] : offsets[-1]].sum(dtype=np.int64))
    return total


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}{layout.TEMPORARY_SUFFIX}")
