"""Events as Arrow tables and Parquet files: the schema, the order of rows, and writing that survives a power cut.

Promises: any Parquet reader reads the files; each holds one project and one UTC day of `created_at`, its rows sorted by
event type, person's ordinal, time and arrival; a file has its final name only when it is whole and synced, and its
directory entry is synced when `write_events` returns. Every row keeps `segment`, `place` and `ingested_at` (I10). What
counts is the manifest's to say (I5).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iafa_api import durable
from iafa_api.domain.filters import ENRICHED
from iafa_api.errors import BrokenData
from iafa_api.lake import layout
from iafa_api.lake.columns import Columns
from iafa_api.lake.manifest_schema import DataFile

TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("project_id", pa.string(), nullable=False),
        pa.field("event_type", pa.string(), nullable=False),
        pa.field("user_id", pa.string()),
        pa.field("anonymous_id", pa.string()),
        pa.field("session_id", pa.string()),
        pa.field("properties", pa.map_(pa.string(), pa.string())),
        pa.field("url", pa.string()),
        pa.field("referrer", pa.string()),
        pa.field("user_agent", pa.string()),
        pa.field("ip_address", pa.string()),
        pa.field("created_at", TIME, nullable=False),
        pa.field("client_timestamp", TIME),
        pa.field("ingested_at", TIME, nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("place", pa.int64(), nullable=False),
        *[pa.field(name, pa.string()) for name in ENRICHED],  # null where it cannot be told
        pa.field("person_ordinal", pa.int32()),
    ]
)
USER_KEY, ANONYMOUS_KEY = "u", "a"  # before the id: a user and a visitor with one text are two persons
ARRIVAL_SCHEMA = SCHEMA.remove(SCHEMA.get_field_index("person_ordinal"))  # of rows that no flush has taken yet
ROW_GROUP_ROWS = 32_768  # what a reader can skip; smaller costs footers, larger skips less
COMPRESSION_LEVEL = 1
PACKED_BITS = 63  # of an int64 that is not negative
# Columns whose values repeat. In the others a dictionary is built, found too large, and thrown away.
DICTIONARY_COLUMNS = [
    "project_id",
    "event_type",
    "user_id",
    "anonymous_id",
    "properties.key_value.key",
    "properties.key_value.value",
    "url",
    "referrer",
    "user_agent",
    "ip_address",
    "segment",
    *ENRICHED,
]


def empty_table() -> Any:
    """A table of rows that no flush has taken yet, without any."""
    return ARRIVAL_SCHEMA.empty_table()


def build_table(columns: Columns) -> Any:
    """The Arrow table with these events, in their order; their persons have no ordinals yet."""
    text = {name: _texts(getattr(columns, name)) for name in _TEXT_COLUMNS}
    offsets = np.zeros(len(columns) + 1, dtype=np.int32)
    np.cumsum(np.array(columns.property_counts, dtype=np.int32), out=offsets[1:])
    nothing = pa.nulls(len(columns), pa.string())
    arrays = {
        **text,
        **dict.fromkeys(ENRICHED, nothing),
        **{name: _texts(values) for name, values in columns.enriched.items()},
        "properties": pa.MapArray.from_arrays(
            pa.array(offsets),
            pa.array(columns.property_keys, pa.string()),
            pa.array(columns.property_values, pa.string()),
        ),
        "created_at": pa.array(np.array(columns.created_at, dtype=np.int64)).cast(TIME),
        "client_timestamp": pa.array(columns.client_timestamp, pa.int64()).cast(TIME),
        "ingested_at": pa.array(np.array(columns.ingested_at, dtype=np.int64)).cast(TIME),
        "place": pa.array(np.array(columns.place, dtype=np.int64)),
    }
    return pa.Table.from_arrays([arrays[field.name] for field in ARRIVAL_SCHEMA], schema=ARRIVAL_SCHEMA)


def _texts(values: Any) -> Any:
    """A list of texts or None as a column; what is a column already as it is."""
    if isinstance(values, list) and values and values[0] == values[-1] and values.count(values[0]) == len(values):
        # One for all rows, as of a project and a segment: told in a tenth of the time that a text each takes.
        return pa.repeat(pa.scalar(values[0], pa.string()), len(values))
    return pa.array(values, pa.string())


def concat_tables(tables: list[Any]) -> Any:
    """One table of several, in their order."""
    return pa.concat_tables(tables) if tables else empty_table()


def keep_rows(table: Any, keep: Any) -> Any:
    """The rows where the boolean array `keep` says so."""
    return table if bool(keep.all()) else table.filter(pa.array(keep))


def keep_days(table: Any, first_day: int | None, last_day: int | None) -> Any:
    """The rows whose `created_at` lies in these UTC days, both included."""
    days = days_of(table)
    keep = np.ones(len(days), dtype=bool)
    if first_day is not None:
        keep &= days >= first_day
    if last_day is not None:
        keep &= days <= last_day
    return keep_rows(table, keep)


def days_of(table: Any) -> Any:
    """The UTC day of each row as an int64 array of days since 1970-01-01."""
    return np.floor_divide(_integers(table, "created_at"), layout.DAY_US)


def ids_of(table: Any) -> list[str]:
    """The ids of the rows, in order."""
    ids: list[str] = table.column("id").to_pylist()
    return ids


def persons_of(table: Any) -> tuple[list[str], Any]:
    """The keys of the persons in these rows, in order of their first row, and for each row the place of its person."""
    user, anonymous = table.column("user_id"), table.column("anonymous_id")
    named = pc.binary_join_element_wise(USER_KEY, user, "")  # null where it is null
    keys = pc.coalesce(named, pc.binary_join_element_wise(ANONYMOUS_KEY, anonymous, ""))
    encoded = keys.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False)


def with_ordinals(table: Any, ordinals: Any) -> Any:
    """The rows with these ordinals of their persons."""
    return table.append_column(SCHEMA.field("person_ordinal"), pa.array(ordinals.astype(np.int32)))


def read_ordinals(path: Path) -> Iterator[tuple[list[str], Any]]:
    """The persons in a file with their ordinals, a row group at a time; without those that have none."""
    with pq.ParquetFile(path) as file:
        if "person_ordinal" not in file.schema_arrow.names:
            return
        for batch in file.iter_batches(columns=["user_id", "anonymous_id", "person_ordinal"]):
            table = pa.Table.from_batches([batch])
            table = table.filter(pc.is_valid(table.column("person_ordinal")))
            persons, place = persons_of(table)
            ordinals = np.empty(len(persons), dtype=np.int32)
            ordinals[place] = _integers(table, "person_ordinal")
            yield persons, ordinals


def write_events(root: Path, project_id: str, table: Any) -> list[DataFile]:
    """Write one project's events, a file per UTC day, and tell what the manifest is to say of them.

    The rows have their ordinals (`with_ordinals`): the files are sorted by them. Nothing is left on a failure.
    """
    if table.num_rows == 0:
        return []
    order, days = _order_by_day(table)
    table = _take_rows(table, order)
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    written: list[DataFile] = []
    try:
        for start, end in zip(starts, [*starts[1:], len(days)], strict=True):
            path = layout.events_path(project_id, int(days[start]))
            written.append(_write_day(root, str(path), project_id, int(days[start]), table.slice(start, end - start)))
        for directory in {(root / file.path).parent for file in written}:
            durable.sync_directory(directory)
    except BaseException:
        for file in written:
            (root / file.path).unlink(missing_ok=True)
        raise
    return written


def open_writer(sink: Any, *, level: int) -> Any:
    """What writes tables of the schema to a file or path as all files of events are written; `level` is zstd's."""
    return pq.ParquetWriter(
        sink,
        SCHEMA,
        compression="zstd",
        compression_level=level,
        use_dictionary=DICTIONARY_COLUMNS,
        write_statistics=True,
        store_schema=True,
    )


def order_of(table: Any) -> Any:
    """Row numbers in the order of the files, of rows of one project that have their ordinals."""
    return _order_by_day(table)[0]


def read_ids(path: Path) -> Iterator[tuple[list[str], Any]]:
    """The ids in a file with their days, a row group at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["id", "created_at"]):
            table = pa.Table.from_batches([batch])
            yield ids_of(table), days_of(table)


def count_rows(path: Path) -> int:
    """How many rows the file says it has. BrokenData where it cannot be read, FileNotFoundError where it is not."""
    try:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise BrokenData(f"{path.name} is not a Parquet file: {error}.") from error


def read_segments(path: Path) -> frozenset[str]:
    """The buffer segments that the events of a file came from. BrokenData where it cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            return frozenset(pc.unique(file.read(columns=["segment"]).column("segment")).to_pylist())
    except (pa.ArrowException, OSError, KeyError) as error:
        raise BrokenData(f"{path.name} is not one of the lake's files: {error}.") from error


def _write_day(root: Path, relative: str, project_id: str, day: int, table: Any) -> DataFile:
    sink = pa.BufferOutputStream()
    with open_writer(sink, level=COMPRESSION_LEVEL) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
    content = sink.getvalue()
    path = root / relative
    durable.make_directory(path.parent)
    temporary = path.with_name(f".{path.name}{layout.TEMPORARY_SUFFIX}")
    try:
        durable.write_new_file(temporary, content)
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    created, ingested = _integers(table, "created_at"), _integers(table, "ingested_at")
    return DataFile(
        path=relative,
        project_id=project_id,
        day=day,
        row_count=table.num_rows,
        byte_count=content.size,
        first_created_at=int(created.min()),
        last_created_at=int(created.max()),
        first_ingested_at=int(ingested.min()),
        last_ingested_at=int(ingested.max()),
    )


def _order_by_day(table: Any) -> tuple[Any, Any]:
    """Row numbers in the order of the file, and the day of each in that order. Texts are sorted by their ranks."""
    created, ingested = _integers(table, "created_at"), _integers(table, "ingested_at")
    days = np.floor_divide(created, layout.DAY_US)
    keys = [days, _ranks(table.column("event_type")), _integers(table, "person_ordinal"), created]
    if np.any(ingested[1:] < ingested[:-1]) or not _arrives_in_order(table, ingested):
        keys += [ingested, _ranks(table.column("segment")), _integers(table, "place")]
    order = _stable_order(keys)
    return order, days[order]


def _stable_order(keys: list[Any]) -> Any:
    """Row numbers by the first of these columns of integers, then the second, and so on; equal rows as they stand.

    One sort of one number for each row, where the columns fit into it, takes a tenth of a sort for each column.
    """
    packed, bits = np.zeros(len(keys[0]), dtype=np.int64), 0
    for key in keys:
        lowest, highest = int(key.min()), int(key.max())
        width = (highest - lowest).bit_length()
        bits += width
        if bits > PACKED_BITS:
            return np.lexsort(keys[::-1])
        packed = (packed << width) | (key - lowest)
    order = np.argsort(packed)
    in_order = packed[order]
    if np.any(in_order[1:] == in_order[:-1]):  # the fast sort leaves these in any order
        return np.argsort(packed, kind="stable")
    return order


def _take_rows(table: Any, order: Any) -> Any:
    rows = pa.array(order)
    columns = []
    for column in table.columns:
        if column.null_count == len(column):  # in any order the same
            columns.append(column)
        elif pa.types.is_map(column.type) and not column.null_count:
            columns.append(_take_maps(column, order))
        else:
            columns.append(column.take(rows))
    return pa.Table.from_arrays(columns, schema=table.schema)


def _take_maps(column: Any, order: Any) -> Any:
    """What `take` does, which goes map by map, and takes as long as for all other columns together."""
    maps = column.combine_chunks()
    old = maps.offsets.to_numpy()
    counts = np.diff(old)[order]
    offsets = np.zeros(len(order) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    pairs = pa.array(np.repeat(old[:-1][order] - offsets[:-1], counts) + np.arange(offsets[-1], dtype=np.int32))
    return pa.MapArray.from_arrays(pa.array(offsets), maps.keys.take(pairs), maps.items.take(pairs))


def _arrives_in_order(table: Any, ingested: Any) -> bool:
    """Whether rows of one instant already stand in the order of segment and place: then a stable sort keeps them so."""
    same = ingested[1:] == ingested[:-1]
    segments, places = _ranks(table.column("segment")), _integers(table, "place")
    rises = (segments[1:] > segments[:-1]) | ((segments[1:] == segments[:-1]) & (places[1:] > places[:-1]))
    return bool(np.all(rises | ~same))


def _ranks(column: Any) -> Any:
    """For each value its place among the distinct values, sorted by their UTF-8 bytes."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks[encoded.indices.to_numpy(zero_copy_only=False)]


def _integers(table: Any, name: str) -> Any:
    return table.column(name).cast(pa.int64()).to_numpy()


_TEXT_COLUMNS = [field.name for field in SCHEMA if field.type == pa.string() and field.name not in ENRICHED]
