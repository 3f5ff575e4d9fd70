"""Any Parquet file as rows of plain JSON values."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iafa_api.errors import InvalidInput
from iafa_api.lake import parquet_rows

NS = 1_700_000_000_123_456_789


@pytest.mark.parametrize(
    ("value", "kind", "plain"),
    [
        (NS, pa.timestamp("ns"), "2023-11-14 22:13:20.123456"),
        (NS // 1000, pa.timestamp("us", "Europe/Berlin"), "2023-11-14 22:13:20.123456Z"),
        (NS // 10**6, pa.timestamp("ms", "+05:30"), "2023-11-14 22:13:20.123000Z"),
        (dt.date(2024, 1, 2), pa.date32(), "2024-01-02"),
        (dt.time(1, 2, 3), pa.time32("s"), "01:02:03"),
        (5001, pa.time64("ns"), "00:00:00.000005"),
        (dt.timedelta(seconds=1.5), pa.duration("ms"), 1.5),
        (Decimal("12.50"), pa.decimal128(10, 2), "12.50"),
        (b"abc", pa.binary(), "abc"),
        (b"\xff\x00", pa.binary(2), "ff00"),
        (uuid.UUID(int=5).bytes, pa.uuid(), str(uuid.UUID(int=5))),
        ("a", pa.dictionary(pa.int32(), pa.string()), "a"),
        ("a", pa.large_string(), "a"),
        (True, pa.bool_(), True),
        (2**64 - 1, pa.uint64(), 2**64 - 1),
        (float("inf"), pa.float64(), None),
        (1.5, pa.float32(), 1.5),
        ([("a", NS)], pa.map_(pa.string(), pa.timestamp("ns")), {"a": "2023-11-14T22:13:20.123456"}),
        ([(1, 2.5)], pa.map_(pa.int32(), pa.float64()), {"1": 2.5}),
        ([NS], pa.large_list(pa.timestamp("ns", "Europe/Berlin")), ["2023-11-14T22:13:20.123456Z"]),
        (
            {"x": [Decimal("1.0"), None], "y": float("nan")},
            pa.struct([("x", pa.list_(pa.decimal128(2, 1))), ("y", pa.float64())]),
            {"x": ["1.0", None], "y": None},
        ),
    ],
)
def test_every_type_becomes_json(tmp_path: Path, value: Any, kind: Any, plain: Any) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": pa.array([value, None], kind)}), path)
    rows = list(parquet_rows.iterate_rows(path))
    assert rows == [{"x": plain}, {"x": None}]
    json.dumps(rows, allow_nan=False)


def test_rows_come_in_file_order_over_batches_and_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    count = 2 * parquet_rows.BATCH_ROWS + 5
    pq.write_table(pa.table({"n": range(count)}), path, row_group_size=parquet_rows.BATCH_ROWS + 1)
    assert [row["n"] for row in parquet_rows.iterate_rows(path)] == list(range(count))
    assert parquet_rows.read_header(path) == parquet_rows.ParquetHeader(("n",), count)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["n", "n"]), path)
    with pytest.raises(InvalidInput, match="more than one column 'n'"):
        parquet_rows.read_header(path)


def test_a_damaged_file_is_refused_whether_at_its_end_or_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [str(n) for n in range(9999)]}), path, compression="zstd", use_dictionary=False)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(InvalidInput, match="not a Parquet file"):
        parquet_rows.read_header(path)
    path.write_bytes(whole[:200] + b"\x55" * 2000 + whole[2200:])
    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        list(parquet_rows.iterate_rows(path))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff"))
    pq.write_table(pa.table({"n": broken}), path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(parquet_rows.iterate_rows(path))
