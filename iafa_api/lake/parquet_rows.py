"""Rows of any Parquet file as plain JSON values: for reading what other programs wrote.

Promises rows in file order, a few thousand in memory at a time, each with every column: text, numbers, booleans, lists
and objects. Times are ISO 8601 text in UTC, with `Z` where the column has a time zone and without an offset where it
has none; nanoseconds are cut. Decimals are text, bytes are text where they are UTF-8 and hexadecimal where not, and a
number that is not finite is null. A file that cannot be read is `InvalidInput`. Not for the lake's own files, whose
schema is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iafa_api.errors import InvalidInput

BATCH_ROWS: Final = 8192  # more costs memory and buys no speed

_UNREADABLE: Final = (pa.ArrowException, OSError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class ParquetHeader:
    """What a Parquet file says about itself without its rows being read."""

    columns: tuple[str, ...]
    row_count: int


def read_header(path: Path) -> ParquetHeader:
    """The columns and the count of rows."""
    with _opened(path) as file:
        columns = tuple(file.schema_arrow.names)
        row_count = file.metadata.num_rows
    for column in columns:
        if columns.count(column) > 1:
            raise InvalidInput(f"{path.name} has more than one column {column!r}; each column needs its own name.")
    return ParquetHeader(columns, row_count)


def iterate_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows in file order, each a new dict of JSON values."""
    with _opened(path) as file:
        names = file.schema_arrow.names
        try:
            for batch in file.iter_batches(BATCH_ROWS):
                columns = [_plain_column(column) for column in batch.columns]
                for values in zip(*columns, strict=True):
                    yield dict(zip(names, values, strict=True))
        except _UNREADABLE as error:
            raise InvalidInput(f"{path.name} cannot be read to its end: {_first_line(error)}.") from None


def _opened(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except _UNREADABLE as error:
        raise InvalidInput(f"{path.name} is not a Parquet file that can be read: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _plain_column(column: Any) -> list[Any]:
    if isinstance(column, pa.ExtensionArray):
        return [_plain(value) for value in column.to_pylist()]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    # Done by Arrow for a column at once, and without its time zone data base, which is not on every machine.
    if pa.types.is_timestamp(kind):
        local = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64()).cast(pa.timestamp("us"))
        text = local.cast(pa.string())
        plain: list[Any] = (text if kind.tz is None else pc.binary_join_element_wise(text, "Z", "")).to_pylist()
    elif pa.types.is_date(kind) or pa.types.is_decimal(kind):
        plain = column.cast(pa.string()).to_pylist()
    elif pa.types.is_floating(kind):
        plain = [None if value is None or not math.isfinite(value) else value for value in column.to_pylist()]
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind):
        plain = column.to_pylist()
    else:
        # Python's times end at microseconds, and for finer ones Arrow asks for pandas.
        column = column.cast(_without_nanoseconds(kind), safe=False)
        plain = [_plain(value) for value in column.to_pylist(maps_as_pydicts="lossy")]
    return plain


def _without_nanoseconds(kind: Any) -> Any:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if pa.types.is_time64(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_without_nanoseconds(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_without_nanoseconds(kind.key_type), _without_nanoseconds(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        make = pa.list_ if pa.types.is_list(kind) else pa.large_list
        return make(kind.value_field.with_type(_without_nanoseconds(kind.value_type)))
    return kind


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(_plain(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return _text_of(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _text_of(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
