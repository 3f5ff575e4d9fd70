"""Columns that follow from others: a function of texts is called once for each distinct value, not for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

WEEKDAYS = pa.array(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
HOURS = pa.array([str(hour) for hour in range(24)])
FIRST_HOUR, LAST_HOUR, WORKDAYS = 9, 16, 5  # business hours: from 9:00 to 17:00, Monday to Friday


def derive(
    table: Any, inputs: Sequence[str], outputs: Sequence[str], function: Callable[..., Sequence[str | None]]
) -> Any:
    """The table with the columns `outputs` of what `function` makes of the texts (or None) in the columns `inputs`.

    An output that is a column already takes its place.
    """
    codes, distinct = _distinct_rows([table.column(name) for name in inputs])
    found = [function(*values) for values in distinct]
    rows = pa.array(codes)
    for place, name in enumerate(outputs):
        values = [texts[place] for texts in found]
        if any(value is not None for value in values):
            column = pa.array(values, pa.string()).take(rows)
        else:
            column = pa.nulls(table.num_rows, pa.string())
        table = put_column(table, name, column)
    return table


def text_column(values: Sequence[str | None]) -> Any:
    """Texts as a column."""
    return pa.array(values, pa.string())


def put_column(table: Any, name: str, column: Any) -> Any:
    """The table with this column, in the place of the one that has its name, else as the last."""
    place = table.schema.get_field_index(name)
    if place < 0:
        return table.append_column(name, column)
    return table.set_column(place, table.schema.field(place), column)


def put_local_times(table: Any, timezones: Sequence[str]) -> Any:
    """The table with `local_hour`, `local_weekday` and `is_business_hours` of `created_at`, as texts.

    `timezones`: the IANA name for each row.
    """
    created = table.column("created_at").combine_chunks()
    hours, days = np.zeros(table.num_rows, dtype=np.int64), np.zeros(table.num_rows, dtype=np.int64)
    names = np.array(timezones, dtype=object)
    for name in set(timezones):
        rows = np.flatnonzero(names == name)
        moments = created if len(rows) == table.num_rows else created.take(pa.array(rows))
        local = pc.local_timestamp(moments.cast(pa.timestamp("us", tz=name)))
        hours[rows], days[rows] = pc.hour(local).to_numpy(), pc.day_of_week(local).to_numpy()
    is_business = (days < WORKDAYS) & (hours >= FIRST_HOUR) & (hours <= LAST_HOUR)
    table = put_column(table, "local_hour", HOURS.take(pa.array(hours)))
    table = put_column(table, "local_weekday", WEEKDAYS.take(pa.array(days)))
    words = pa.array(["false", "true"]).take(pa.array(is_business.astype(np.int64)))
    return put_column(table, "is_business_hours", words)


def _distinct_rows(columns: Sequence[Any]) -> tuple[Any, list[tuple[str | None, ...]]]:
    """For each row the number of its values, and the values by number."""
    encoded = [_encode(column) for column in columns]
    codes = np.zeros(len(encoded[0][0]), dtype=np.int64)
    for own, values in encoded:
        codes = codes * len(values) + own
    numbers, codes = np.unique(codes, return_inverse=True)
    distinct: list[tuple[str | None, ...]] = []
    for number in numbers.tolist():
        row: list[str | None] = []
        for _, values in reversed(encoded):
            number, place = divmod(number, len(values))
            row.append(values[place])
        distinct.append(tuple(reversed(row)))
    return codes, distinct


def _encode(column: Any) -> tuple[Any, list[str | None]]:
    """For each row the number of its value, and the values, None the last of them."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    values = encoded.dictionary.to_pylist()
    return pc.fill_null(encoded.indices.cast(pa.int64()), len(values)).to_numpy(), [*values, None]
