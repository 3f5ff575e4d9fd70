"""Many Parquet files of one project and day made into few, or one into several: every row kept, memory bounded.

Promises: the rows of the new files are those of the old ones, column by column, in the order of `lake.parquet`; that is
checked by reading the new files back (count, and a sum over the arrival of each row) before they get their names, and
all are synced then. What does not fit in memory is dealt out to pieces of the order in one temporary file, so that the
memory depends neither on the number of rows nor on that of files. A file with columns that this program does not know
is refused (UnknownColumns): it would lose them. What counts is the manifest's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iafa_api import durable
from iafa_api.errors import BrokenData
from iafa_api.lake import parquet
from iafa_api.lake.manifest_schema import DataFile
from iafa_api.lake.parquet_output import Checksum, Output, numbers_of, opened, row_groups

PIECE_ROWS = 65_536  # sorted in memory at once; more costs memory, less costs seams
PIECE_BYTES = 24 << 20  # of encoded columns in a piece; decoded it may be three times as much
SAMPLE_EVERY = 128  # rows; pieces are as even as the sample is fine
ORDINAL = "person_ordinal"
KEYS = ("event_type", ORDINAL, "created_at")  # pieces are cut by these; the rest of the order decides within one
Numbering = Callable[[Any], Any]  # a table with `user_id` and `anonymous_id` -> the same with ordinals of its persons


class UnknownColumns(BrokenData):
    """A file has columns that this program does not know: a newer one has written it."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What a file of events says of itself."""

    row_count: int
    encoded_bytes: int
    has_ordinals: bool


def read_footer(path: Path) -> Footer:
    """BrokenData where the file cannot be read, UnknownColumns where it has more than this program knows."""
    with opened(path) as file:
        names = file.schema_arrow.names
        unknown = sorted(set(names) - set(parquet.SCHEMA.names))
        if unknown:
            raise UnknownColumns(f"{path.name} has columns that this program does not know: {', '.join(unknown)}.")
        metadata = file.metadata
        encoded = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        return Footer(metadata.num_rows, encoded, ORDINAL in names)


def read_persons(path: Path) -> Iterator[Any]:
    """Who the rows of a file are of, a row group at a time."""
    with opened(path) as file:
        yield from row_groups(file, ["user_id", "anonymous_id"])


def require_readable(path: Path) -> None:
    """Read a file to its end; BrokenData where that fails."""
    with opened(path) as file:
        for _ in row_groups(file, None):
            pass


def merge_files(
    root: Path,
    inputs: Sequence[DataFile],
    *,
    file_count: int,
    level: int,
    number_persons: Numbering | None = None,
    piece_rows: int = PIECE_ROWS,
) -> list[DataFile]:
    """The rows of these files, of one project and day, sorted, in `file_count` new ones of about one size.

    `number_persons` gives ordinals to rows of files written before there were any. Nothing is left on a failure.
    """
    paths = [root / file.path for file in inputs]
    footers = [read_footer(path) for path in paths]
    row_count = sum(footer.row_count for footer in footers)
    output = Output(root, inputs[0], rows_per_file=_even_groups(row_count, file_count), level=level)
    piece_count = max(-(-row_count // piece_rows), -(-sum(footer.encoded_bytes for footer in footers) // PIECE_BYTES))
    with output:
        tables = _read(paths, number_persons, output.taken)
        if len(paths) == 1 and footers[0].has_ordinals:  # sorted already
            output.write_all(tables)
        elif piece_count <= 1:
            output.write_all([_sorted(parquet.concat_tables(list(tables)))])
        else:
            keys = _KeyOrder(paths, number_persons, piece_count)
            output.write_all(_deal(tables, keys, output.scratch, row_count // piece_count))
        return output.finish()


def recompress(root: Path, file: DataFile, relative: PurePosixPath, *, level: int) -> DataFile:
    """The same rows in the same order under another name, smaller, as an archived file."""
    read_footer(root / file.path)
    output = Output(root, file, rows_per_file=max(1, file.row_count), level=level, names=iter([relative]))
    with output:
        output.write_all(_read([root / file.path], None, output.taken))
        (written,) = output.finish(is_archived=True)
        return written


class _KeyOrder:
    """Where the order of all rows is cut into pieces: by a sample of their keys."""

    def __init__(self, paths: Sequence[Path], number_persons: Numbering | None, piece_count: int) -> None:
        samples = []
        types: set[str] = set()
        passed = 0
        for path in paths:
            for table in _read_keys(path, number_persons):
                types.update(pc.unique(table.column("event_type")).to_pylist())
                samples.append(table.take(pa.array(np.arange(-passed % SAMPLE_EVERY, table.num_rows, SAMPLE_EVERY))))
                passed += table.num_rows
        self._types = pa.array(sorted(types, key=str.encode), pa.string())
        keys = self._keys(pa.concat_tables(samples))
        order = np.lexsort(keys[::-1])
        places = np.arange(1, piece_count) * len(order) // piece_count
        self._cuts = [tuple(int(key[row]) for key in keys) for row in order[places]]

    def cut(self, table: Any) -> Iterator[tuple[int, Any]]:
        """The slices of sorted rows with the number of the piece that each belongs to."""
        keys = self._keys(table)
        start = 0
        for number, wanted in enumerate([*self._cuts, None]):
            end = table.num_rows if wanted is None else _first_not_below(keys, wanted)
            if end > start:
                yield number, table.slice(start, end - start)
                start = end

    def _keys(self, table: Any) -> list[Any]:
        ranks = pc.index_in(table.column("event_type"), value_set=self._types)
        return [ranks.to_numpy().astype(np.int64), *(numbers_of(table, name) for name in KEYS[1:])]


def _deal(tables: Iterable[Any], keys: _KeyOrder, scratch: Path, piece_rows: int) -> Iterator[Any]:
    """All rows in order: dealt out to pieces in one temporary file, then each piece sorted by itself."""
    piece_batches: dict[int, list[int]] = {}
    batch_count = 0
    durable.write_new_file(scratch, b"")
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.OSFile(str(scratch), "wb") as sink, pa.ipc.new_file(sink, parquet.SCHEMA, options=options) as writer:
        for table in _joined(tables, piece_rows):
            for number, part in keys.cut(_sorted(table)):
                for batch in part.combine_chunks().to_batches():
                    writer.write_batch(batch)
                    piece_batches.setdefault(number, []).append(batch_count)
                    batch_count += 1
    with pa.OSFile(str(scratch), "rb") as source:
        reader = pa.ipc.open_file(source)
        for number in sorted(piece_batches):
            yield _sorted(pa.Table.from_batches([reader.get_batch(batch) for batch in piece_batches[number]]))


def _joined(tables: Iterable[Any], row_count: int) -> Iterator[Any]:
    """Small tables put together, so that each slice of them is worth a batch."""
    waiting: list[Any] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= row_count:
            yield parquet.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield parquet.concat_tables(waiting)


def _sorted(table: Any) -> Any:
    return table.take(pa.array(parquet.order_of(table)))


def _read(paths: Sequence[Path], number_persons: Numbering | None, taken: Checksum) -> Iterator[Any]:
    """All rows with all columns, a row group at a time, counted as they are taken."""
    for path in paths:
        with opened(path) as file:
            for table in row_groups(file, None):
                taken.add(table)
                yield _numbered(table, number_persons).cast(parquet.SCHEMA)


def _numbered(table: Any, number_persons: Numbering | None) -> Any:
    """With the ordinals of its persons, and nulls in the other columns that it has not."""
    if number_persons is not None and ORDINAL not in table.column_names:
        table = number_persons(table)
    for field in parquet.SCHEMA:
        if field.name not in table.column_names:
            table = table.append_column(field.name, pa.nulls(table.num_rows, field.type))
    return table.select(parquet.SCHEMA.names)


def _read_keys(path: Path, number_persons: Numbering | None) -> Iterator[Any]:
    with opened(path) as file:
        if ORDINAL in file.schema_arrow.names:
            yield from row_groups(file, list(KEYS))
            return
        for table in row_groups(file, ["event_type", "created_at", "user_id", "anonymous_id"]):
            yield _numbered(table, number_persons).select(list(KEYS))


def _first_not_below(keys: Sequence[Any], wanted: Sequence[int]) -> int:
    """For rows sorted by several keys, the first that is not before `wanted`."""
    low, high = 0, len(keys[0])
    for key, value in zip(keys, wanted, strict=True):
        part = key[low:high]
        low, high = low + int(np.searchsorted(part, value, "left")), low + int(np.searchsorted(part, value, "right"))
    return low


def _even_groups(row_count: int, file_count: int) -> int:
    """Rows of each file: full row groups, so that none ends in a small one but the last."""
    groups = -(-row_count // parquet.ROW_GROUP_ROWS)
    return max(1, -(-groups // file_count)) * parquet.ROW_GROUP_ROWS
