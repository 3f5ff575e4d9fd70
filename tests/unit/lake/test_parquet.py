"""Events in Parquet: a file per day, sorted, and any reader reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from iafa_api.lake import layout, parquet
from iafa_api.lake.columns import Columns

PROJECT = "11111111-2222-4333-8444-555555555555"
DAY = layout.DAY_US


def columns(*rows: tuple[str, str, str | None, int, int, str, int]) -> Columns:
    """Rows of (id, event type, user, created_at, ingested_at, segment, place)."""
    made = Columns()
    for id_, event_type, user, created_at, ingested_at, segment, place in rows:
        made.id.append(id_)
        made.project_id.append(PROJECT)
        made.event_type.append(event_type)
        made.user_id.append(user)
        made.anonymous_id.append("anonymous")
        made.session_id.append(None)
        made.property_counts.append(2)
        made.property_keys += ["n", "missing"]
        made.property_values += [id_, None]
        for text in (made.url, made.referrer, made.user_agent, made.ip_address):
            text.append(None)
        made.created_at.append(created_at)
        made.client_timestamp.append(None)
        made.ingested_at.append(ingested_at)
        made.segment.append(segment)
        made.place.append(place)
    return made


def table_of(*rows: tuple[str, str, str | None, int, int, str, int], ordinals: list[int] | None = None) -> Any:
    """The rows as a table that can be written."""
    table = parquet.build_table(columns(*rows))
    return parquet.with_ordinals(table, np.array(ordinals or [0] * len(rows)))


def test_each_day_is_a_file_and_what_the_manifest_is_told_is_true(tmp_path: Path) -> None:
    rows = [("a", "x", "u", DAY - 1, 5, "s", 0), ("b", "x", "u", DAY, 6, "s", 1), ("c", "x", "u", DAY + 9, 7, "s", 2)]
    first, second = parquet.write_events(tmp_path, PROJECT, table_of(*rows))
    assert (first.day, first.row_count, first.first_created_at, first.last_created_at) == (0, 1, DAY - 1, DAY - 1)
    assert (second.day, second.row_count, second.first_created_at, second.last_created_at) == (1, 2, DAY, DAY + 9)
    assert (second.first_ingested_at, second.last_ingested_at) == (6, 7)
    for file in (first, second):
        path = tmp_path / file.path
        assert (path.stat().st_size, oct(path.stat().st_mode)[-3:]) == (file.byte_count, "600")
    assert first.path.startswith(f"events/project_{PROJECT}/1970/01/events_1970-01-01_")
    assert not list(tmp_path.rglob("*.tmp"))


def test_rows_are_sorted_by_type_person_time_and_arrival(tmp_path: Path) -> None:
    rows = [
        ("6", "b", "u", 1, 9, "s", 0),
        ("5", "a", "a", 1, 9, "s", 1),
        ("4", "a", "u", 2, 3, "s", 2),
        ("3", "a", "u", 1, 9, "t", 0),
        ("2", "a", "u", 1, 9, "s", 7),
        ("1", "a", "u", 1, 8, "z", 3),
        ("0", "a", None, 9, 9, "z", 4),
    ]
    ordinals = [1, 2, 1, 1, 1, 1, 0]  # who is "a" came last
    rng = np.random.default_rng(1)
    for _ in range(20):
        places = rng.permutation(len(rows))
        table = table_of(*[rows[place] for place in places], ordinals=[ordinals[place] for place in places])
        (file,) = parquet.write_events(tmp_path, PROJECT, table)
        assert pq.read_table(tmp_path / file.path)["id"].to_pylist() == [row[0] for row in reversed(rows)]


@pytest.mark.parametrize("spread_us", [3, 1000, 1 << 40], ids="times {} apart".format)
@pytest.mark.parametrize("arrives_in_order", [True, False])
def test_many_rows_stand_in_that_order_with_their_own_properties(
    tmp_path: Path, spread_us: int, arrives_in_order: bool
) -> None:
    dice = np.random.default_rng(spread_us)
    made, keys = Columns(), {}
    for place in range(400):
        created_at, ordinal, event_type = (int(dice.integers(most)) for most in (spread_us, 5, 3))
        ingested_at = place // 2 if arrives_in_order else int(dice.integers(100))
        one = columns((str(place), f"t{event_type}", "u", created_at, ingested_at, "s", place))
        one.property_counts = [place % 4]
        one.property_keys = [f"k{number}" for number in range(place % 4)]
        one.property_values = [f"{place}" if number else None for number in range(place % 4)]
        for name in set(Columns.__dataclass_fields__) - {"enriched"}:
            getattr(made, name).extend(getattr(one, name))
        keys[place] = (created_at // DAY, event_type, ordinal, created_at, ingested_at, place)
    table = parquet.with_ordinals(parquet.build_table(made), np.array([keys[place][2] for place in range(400)]))
    files = parquet.write_events(tmp_path, PROJECT, table)
    rows = [row for file in files for row in pq.read_table(tmp_path / file.path).to_pylist()]
    assert [row["place"] for row in rows] == sorted(keys, key=keys.__getitem__)
    for row in rows:
        place = row["place"]
        assert row["properties"] == [(f"k{number}", f"{place}" if number else None) for number in range(place % 4)]


def test_another_reader_reads_times_and_properties(tmp_path: Path) -> None:
    rows = [("a", "x", "u", DAY + 5, 6, "s", 0)]
    (file,) = parquet.write_events(tmp_path, PROJECT, table_of(*rows))
    (row,) = duckdb.sql(
        "SELECT id, epoch_us(created_at), properties['n'], properties['missing'] IS NULL, map_keys(properties), place "
        f"FROM read_parquet('{tmp_path / file.path}')"
    ).fetchall()
    assert row == ("a", DAY + 5, "a", True, ["n", "missing"], 0)
    assert pq.read_schema(tmp_path / file.path).equals(parquet.SCHEMA)


def test_row_groups_are_small_enough_to_skip(tmp_path: Path) -> None:
    rows = [(str(n), "x", "u", n, n, "s", n) for n in range(parquet.ROW_GROUP_ROWS + 1)]
    (file,) = parquet.write_events(tmp_path, PROJECT, table_of(*rows))
    metadata = pq.read_metadata(tmp_path / file.path)
    assert metadata.num_row_groups == 2
    assert metadata.row_group(1).column(0).is_stats_set


@pytest.mark.parametrize("project_id", ["", "../etc", PROJECT.upper().replace("1", "A"), PROJECT + "/..", "p" * 36])
def test_no_path_is_made_of_anything_but_an_id_the_server_made(tmp_path: Path, project_id: str) -> None:
    table = table_of(("a", "x", "u", 5, 6, "s", 0))
    with pytest.raises(ValueError, match="no project id"):
        parquet.write_events(tmp_path, project_id, table)
    with pytest.raises(ValueError, match="no project id"):
        layout.id_run_path(project_id)
    assert list(tmp_path.iterdir()) == []


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    assert parquet.write_events(tmp_path, PROJECT, parquet.empty_table()) == []


def test_days_before_1970_and_filters_by_day() -> None:
    table = parquet.build_table(
        columns(("a", "x", "u", -1, 6, "s", 0), ("b", "x", "u", 0, 6, "s", 1), ("c", "x", "u", DAY, 6, "s", 2))
    )
    assert parquet.days_of(table).tolist() == [-1, 0, 1]
    assert parquet.ids_of(parquet.keep_days(table, 0, 0)) == ["b"]
    assert parquet.keep_days(table, None, None).num_rows == 3


def test_a_user_and_a_visitor_with_one_text_are_two_persons() -> None:
    made = columns(("a", "x", "v", 1, 6, "s", 0), ("b", "x", None, 2, 6, "s", 1), ("c", "x", "v", 3, 6, "s", 2))
    made.anonymous_id[:] = ["other", "v", None]
    persons, place = parquet.persons_of(parquet.build_table(made))
    assert (persons, place.tolist()) == (["uv", "av"], [0, 1, 0])


def test_ordinals_come_back_with_their_persons(tmp_path: Path) -> None:
    rows = [("a", "x", "u", 1, 6, "s", 0), ("b", "x", "w", 2, 6, "s", 1), ("c", "y", "u", 3, 6, "s", 2)]
    (file,) = parquet.write_events(tmp_path, PROJECT, table_of(*rows, ordinals=[7, 3, 7]))
    ((persons, ordinals),) = parquet.read_ordinals(tmp_path / file.path)
    assert dict(zip(persons, ordinals.tolist(), strict=True)) == {"uu": 7, "uw": 3}
