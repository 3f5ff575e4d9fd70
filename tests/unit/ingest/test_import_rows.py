"""What rows of CSV, NDJSON and Parquet become: events in the contract's form, or one stable reason."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.domain.tracked_event import find_faults, plan_time_limits
from iafa_api.errors import InvalidInput
from iafa_api.ingest.body import parse_timestamp
from iafa_api.ingest.import_rows import Row, RowReader

PROJECT = "6f1c1f0e-0000-4000-8000-000000000001"
OTHER_PROJECT = "6f1c1f0e-0000-4000-8000-000000000002"
LATE_US = 4_000_000_000_000_000


def read(path: Path, content: str | bytes, **options: Any) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(RowReader(path, **{"project_id": PROJECT} | options).rows())


def events(rows: list[Row]) -> list[dict[str, Any]]:
    assert [row.reason for row in rows] == [None] * len(rows)
    return [row.event for row in rows if row.event is not None]


def reasons(rows: list[Row]) -> list[tuple[int, str | None]]:
    return [(row.number, row.reason) for row in rows]


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return tmp_path / "events.csv"


@pytest.fixture
def ndjson_file(tmp_path: Path) -> Path:
    return tmp_path / "events.ndjson"


def test_csv_fields_are_found_and_other_columns_are_properties_as_text(csv_file: Path) -> None:
    content = "event_id,user_id,event,ts,plan,amount,note\ne1,007,buy,2026-01-15T10:00:00.5Z,pro,012.50,\n"
    [row] = read(csv_file, content)
    assert row.event == {
        "id": "e1",
        "user_id": "007",
        "event_type": "buy",
        "timestamp": "2026-01-15T10:00:00.500000Z",
        "properties": {"plan": "pro", "amount": "012.50"},
    }
    assert row.time_us == 1_768_471_200_500_000


def test_every_name_of_the_contract_is_found(ndjson_file: Path) -> None:
    event = {
        "id": "e1",
        "event_type": "view",
        "user_id": "u",
        "anonymous_id": "a",
        "session_id": "s",
        "timestamp": "2026-01-15T10:00:00Z",
        "properties": {"deep": {"list": [1, None]}},
        "url": "https://x.example/",
        "referrer": "https://y.example/",
        "user_agent": "test",
        "ip_address": "192.0.2.1",
    }
    assert events(read(ndjson_file, json.dumps(event))) == [event]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_part_cells(csv_file: Path, delimiter: str) -> None:
    lines = ["user_id", "event", "ts", '"a,b;c"'], ["u1", "view", "2026-01-15", "x"]
    [event] = events(read(csv_file, "\r\n".join(delimiter.join(line) for line in lines)))
    assert event["properties"] == {"a,b;c": "x"}


def test_a_byte_order_mark_is_no_part_of_the_first_name(csv_file: Path, ndjson_file: Path) -> None:
    assert events(read(csv_file, "\ufeffuser_id,event,ts\nu1,view,2026-01-15\n"))[0]["user_id"] == "u1"
    assert events(read(ndjson_file, '\ufeff{"user_id":"u1","event":"view","ts":1}'))[0]["user_id"] == "u1"


def test_quoted_cells_may_span_lines_and_numbers_are_lines_of_the_file(csv_file: Path) -> None:
    rows = read(csv_file, 'user_id,event,ts,note\nu1,a,2026-01-15,"two\nlines, ""quoted"""\n\nu2,b,2026-01-15,\n')
    assert [row.number for row in rows] == [2, 5]
    assert events(rows)[0]["properties"] == {"note": 'two\nlines, "quoted"'}


def test_columns_without_a_name_are_named_by_their_place(csv_file: Path) -> None:
    [event] = events(read(csv_file, ",user_id,event,ts\n0,u1,view,2026-01-15\n"))
    assert event["properties"] == {"column_1": "0"}


def test_mapping_goes_before_what_is_found(csv_file: Path) -> None:
    content = "user_id,customer,event,action,ts\nsystem,u1,track,buy,2026-01-15\n"
    [event] = events(read(csv_file, content, mapping={"user_id": "customer", "event": "action"}))
    assert (event["user_id"], event["event_type"]) == ("u1", "buy")
    assert event["properties"] == {"user_id": "system", "event": "track"}


def test_a_mapped_column_is_not_also_what_its_name_says(csv_file: Path) -> None:
    rows = read(csv_file, "id,event,ts\nu1,a,2026-01-15\nu1,b,2026-01-15\n", mapping={"user_id": "id"})
    first, second = events(rows)
    assert first["user_id"] == second["user_id"] == "u1"
    assert first["id"] != second["id"]


def test_one_column_may_be_mapped_to_two_fields(csv_file: Path) -> None:
    mapping = {"user_id": "who", "session_id": "who"}
    [event] = events(read(csv_file, "who,event,ts\nu1,view,2026-01-15\n", mapping=mapping))
    assert (event["user_id"], event["session_id"]) == ("u1", "u1")


def test_of_two_names_of_a_field_the_contracts_own_is_taken_unless_it_is_empty(csv_file: Path) -> None:
    content = "user_id,event_type,event,ts\nu1,buy,track,2026-01-15\nu1,,track,2026-01-15\n"
    first, second = events(read(csv_file, content))
    assert (first["event_type"], first["properties"]) == ("buy", {"event": "track"})
    assert second["event_type"] == "track"
    assert "properties" not in second


def test_ndjson_keeps_types_in_properties_and_makes_text_of_ids(ndjson_file: Path) -> None:
    line = (
        '{"user_id": 7, "event_id": 12.0, "event": "buy", "ts": 1768471200, "n": 1.5, "ok": true, "no": null, "": ""}'
    )
    [event] = events(read(ndjson_file, line))
    assert (event["user_id"], event["id"]) == ("7", "12")
    assert event["properties"] == {"n": 1.5, "ok": True, "": ""}


def test_a_field_first_met_after_the_sample_is_still_that_field(
    ndjson_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iafa_api.ingest.text_rows.SAMPLE_ROWS", 1)
    lines = [
        '{"user_id":"u","event":"a","ts":1}',
        '{"user_id":"u","event_type":"b","time":2,"url":"https://x.example"}',
    ]
    second = events(read(ndjson_file, "\n".join(lines)))[1]
    assert (second["event_type"], second["url"]) == ("b", "https://x.example")
    assert "properties" not in second


def test_a_properties_column_is_merged_and_goes_before_other_columns(csv_file: Path) -> None:
    content = 'user_id,event,ts,plan,properties\nu1,buy,2026-01-15,old,"{""plan"":""pro"",""n"":1}"\n'
    assert events(read(csv_file, content))[0]["properties"] == {"plan": "pro", "n": 1}


def test_bad_rows_are_rejected_with_a_stable_reason_and_cost_no_other(ndjson_file: Path) -> None:
    good = {"user_id": "u", "event": "a", "ts": "2026-01-15"}
    lines = [
        good,
        good | {"event": None},
        good | {"user_id": ""},
        good | {"user_id": "x" * 256},
        good | {"user_id": True},
        good | {"url": ["x"]},
        good | {"session_id": 1.5},
        good | {"event": "a\nb"},
        good | {"event": "x" * 101},
        good | {"ts": "yesterday"},
        good | {"ts": None},
        good | {"ts": True},
        good | {"ts": "1969-12-31"},
        good | {"properties": "no"},
        good | {"properties": [1]},
        good | {"deep": json.loads("[" * 101 + "]" * 101)},
        good,
    ]
    text = "\n".join(json.dumps(line) for line in lines) + '\n{"user_id": \n[1]\n"x"\n{"a":NaN}\n' + "[" * 9999
    rows = read(ndjson_file, text.encode() + b'\n{"user_id":"\xff"}\n')
    assert reasons(rows) == list(
        enumerate(
            [
                None,
                "event_type: missing",
                "user_id: missing",
                "user_id: longer than 255 characters",
                "user_id: not text",
                "url: not text",
                "session_id: not text",
                "event_type: control character",
                "event_type: longer than 100 characters",
                "timestamp: not a time",
                "timestamp: missing",
                "timestamp: not a time",
                "timestamp: not between 1970 and 9999",
                "properties: not a JSON object",
                "properties: not a JSON object",
                "properties: nested deeper than 100 levels",
                None,
                "row: not JSON",
                "row: not a JSON object",
                "row: not a JSON object",
                "row: not JSON",
                "row: not JSON",
                "row: not UTF-8",
            ],
            1,
        )
    )


def test_an_open_quote_spoils_its_own_line_only(csv_file: Path) -> None:
    good = "u1,view,2026-01-15,x\n"
    content = "user_id,event,ts,note\n" + good + 'u1,view,2026-01-15,"open\n' + good * 3 + "u1,view\n" + good
    assert reasons(read(csv_file, content)) == [
        (2, None),
        (3, "row: not CSV"),
        *[(line, None) for line in (4, 5, 6)],
        (7, "row: not as many cells as the header"),
        (8, None),
    ]


def test_open_quotes_on_every_line_end(csv_file: Path) -> None:
    content = "user_id,event,ts,note\n" + 'u1,view,2026-01-15,"open\n' * 3
    assert [reason for _, reason in reasons(read(csv_file, content))] == ["row: not CSV"] * 3


def test_a_file_without_ids_gives_the_same_ids_again_and_counts_equal_rows(csv_file: Path) -> None:
    content = "user_id,event,ts\nu1,view,2026-01-15\nu1,view,2026-01-15\nu2,view,2026-01-15\nu1,view,2026-01-15\n"
    ids = [event["id"] for event in events(read(csv_file, content))]
    assert len(set(ids)) == 4
    assert ids == [event["id"] for event in events(read(csv_file, content, timezone="Asia/Tokyo"))]
    assert not set(ids) & {event["id"] for event in events(read(csv_file, content, project_id=OTHER_PROJECT))}
    row = '{"event":"view","ts":"2026-01-15","user_id":"u1"}'
    assert ids[:2] + ids[3:] == [str(uuid.uuid5(uuid.UUID(PROJECT), f"{row} {count}")) for count in range(3)]


def test_a_row_whose_id_is_empty_gets_one_from_its_content(csv_file: Path) -> None:
    rows = read(csv_file, "event_id,user_id,event,ts\n,u1,view,2026-01-15\ne2,u1,view,2026-01-15\n")
    first, second = events(rows)
    assert uuid.UUID(first["id"]).version == 5
    assert second["id"] == "e2"


def test_naive_times_are_in_the_named_zone(csv_file: Path) -> None:
    content = "user_id,event,ts\nu1,view,2026-07-01 12:00:00\nu1,view,2026-07-01T12:00:00+00:00\n"
    stamps = [event["timestamp"] for event in events(read(csv_file, content, timezone="Europe/Berlin"))]
    assert stamps == ["2026-07-01T10:00:00Z", "2026-07-01T12:00:00Z"]


def test_parquet_types_become_json(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    table = pa.table(
        {
            "user_id": pa.array([1.0, None, 3.0]),
            "event": pa.array(["a", "b", None]).dictionary_encode(),
            "ts": pa.array([1_768_471_200_123_456_789] * 3, pa.timestamp("ns")),
            "properties": pa.array([{"x": 1}, None, None]),
            "amount": pa.array([12.5, float("nan"), None]),
        }
    )
    pq.write_table(table, path)
    reader = RowReader(path, project_id=PROJECT)
    rows = list(reader.rows())
    assert reasons(rows) == [(1, None), (2, "user_id: missing"), (3, "event_type: missing")]
    assert rows[0].event is not None
    assert rows[0].event | {"id": ""} == {
        "id": "",
        "user_id": "1",
        "event_type": "a",
        "timestamp": "2026-01-15T10:00:00.123456Z",
        "properties": {"x": 1, "amount": 12.5},
    }
    assert (reader.format, reader.row_count, reader.progress) == ("parquet", 3, (3, 3))


def test_progress_counts_bytes_of_text_files(csv_file: Path) -> None:
    csv_file.write_text("user_id,event,ts\n" + "u1,view,2026-01-15\n" * 5)
    reader = RowReader(csv_file, project_id=PROJECT)
    size = csv_file.stat().st_size
    assert reader.progress == (0, size)
    rows = reader.rows()
    next(rows)
    assert 0 < reader.progress[0] <= size
    assert len([*rows]) == 4
    assert reader.progress == (size, size)
    assert len([*reader.rows()]) == 5


@pytest.mark.parametrize(
    ("name", "content", "options", "sentence"),
    [
        ("a.csv", "", {}, "is empty"),
        ("a.csv", "\n", {}, "names no columns"),
        ("a.csv", 'user_id,"eve', {}, "not CSV"),
        ("a.csv", "user_id,ts\n", {}, "event_type=COLUMN, or call it event_type or event; the columns are user_id, ts"),
        ("a.csv", "event,ts\n", {}, "user_id=COLUMN, or call it user_id or anonymous_id"),
        ("a.csv", "event,user_id\n", {}, "timestamp=COLUMN, or call it timestamp or ts or time"),
        ("a.csv", "event,user_id,ts,ts\n", {}, "more than one column 'ts'"),
        ("a.csv", "event,user_id,ts\n", {"mapping": {"user_id": "who"}}, "'who', which a.csv does not have"),
        ("a.csv", "event,user_id,ts\n", {"mapping": {"who": "user_id"}}, "who is not a field"),
        ("a.csv", "event,user_id,ts\n", {"mapping": {"ts": "ts", "timestamp": "ts"}}, "mapped twice"),
        ("a.csv", "event,user_id,ts\n", {"timezone": "Mars/Olympus"}, "IANA"),
        ("a.csv", b"event,user_id,ts\na,\xe4,2026-01-15\n", {}, "Line 2 of a.csv is not UTF-8"),
        ("a.csv", "event,user_id,ts\n".encode("utf-16"), {}, "neither UTF-8 text"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00", {}, "unpack it"),
        ("a.ndjson", "event,user_id,ts\n", {}, "not NDJSON"),
        ("a.ndjson", "\n\n", {}, "not NDJSON"),
        ("a.json", '[{"event": "a"}]', {}, "one JSON array"),
        ("a.ndjson", '{"event": "a", "ts": 1}', {}, "user_id=COLUMN"),
        ("a.parquet", "event,user_id,ts\n", {}, "not a Parquet file"),
        ("a.parquet", b"PAR1 torn", {}, "not a Parquet file"),
        ("a.csv", b"PAR1 torn", {"format": "csv"}, "is a Parquet file"),
        ("a.csv", "event,user_id,ts\n", {"format": "xlsx"}, "not known"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_sentence(
    tmp_path: Path, name: str, content: str | bytes, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path / name, content, **options)
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        RowReader(tmp_path / "none.csv", project_id=PROJECT)
    with pytest.raises(InvalidInput, match="is not a file"):
        RowReader(tmp_path, project_id=PROJECT)


def test_a_file_without_a_known_suffix_is_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "export"
    assert events(read(path, ' {"user_id":"u","event":"a","ts":1}\n'))[0]["event_type"] == "a"
    assert events(read(path, "user_id,event,ts\nu,a,2026-01-15\n"))[0]["event_type"] == "a"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
TIMES = st.sampled_from(["2026-01-15 10:00", "2026-01-15T10:00:00.123456789+05:30", "1700000000", "no", 1e12, 0, -1])


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"event": JSON | st.text(max_size=102), "user_id": JSON, "ts": TIMES | JSON},
            optional={"id": JSON, "properties": JSON, "url": JSON, "x": JSON},
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_read_keeps_the_rules_of_the_contract(rows: list[dict[str, Any]], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "law.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    read_rows = list(RowReader(path, project_id=PROJECT, format="ndjson").rows())
    assert len(read_rows) == len(rows)
    limits = plan_time_limits(LATE_US * 60, None)
    for row in read_rows:
        assert (row.event is None) != (row.reason is None)
        if row.event is not None:
            event = msgspec.json.decode(msgspec.json.encode(row.event))
            assert not find_faults(
                event, parse_timestamp=parse_timestamp, limits=limits, sent_at_us=None, now_us=LATE_US
            )
            assert parse_timestamp(event["timestamp"]) == row.time_us


@given(
    cells=st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=6)] * 2), min_size=1, max_size=5
    )
)
def test_every_row_of_a_well_formed_csv_is_read_as_it_was_written(
    cells: list[tuple[str, str]], tmp_path_factory: Any
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["event", "user_id", "ts", "a", "b"])
    writer.writerows(["e", "u", "2026-01-15", *row] for row in cells)
    path = tmp_path_factory.getbasetemp() / "law.csv"
    found = [event.get("properties", {}) for event in events(read(path, text.getvalue()))]
    assert found == [{key: value for key, value in zip("ab", row, strict=True) if value} for row in cells]
