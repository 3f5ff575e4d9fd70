"""What the rows of a file mean as tracked events: the reading side of `iafa import`.

    reader = RowReader(path, project_id=project_id, mapping={"user_id": "customer"}, timezone="Europe/Berlin")
    for row in reader.rows():
        row.event  # in the form of the Tracking API, ready for JSON; or None, and row.reason says why not

Promises: what is wrong with the file or the mapping is `InvalidInput` before the first row (only bytes that are not
UTF-8, and a damaged Parquet file, are found on the way); a bad row is one rejected row; the same file gives the same
ids, whatever the mapping and the time zone. An event keeps the contract's rules except those that depend on the project
or on now: its retention limit, 24 hours ahead, its list of event types, the size of an event.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, get_args

import msgspec

from iafa_api.domain import tracked_event as rules
from iafa_api.errors import InvalidInput
from iafa_api.ingest.doors.messages import Message
from iafa_api.ingest.file_times import OutOfRange, TimeReader
from iafa_api.ingest.text_rows import (
    BOM,
    RawRow,
    iterate_csv,
    iterate_ndjson,
    read_csv_columns,
    read_ndjson_columns,
)
from iafa_api.lake import parquet_rows

Format = Literal["csv", "ndjson", "parquet"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
SUFFIXES: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".parquet": "parquet",
}
# Under which names a field is found by itself; where a row has several of them, the first that is not empty is taken.
FOUND_AS: Final[Mapping[str, tuple[str, ...]]] = {name: (name,) for name in rules.TEXT_LIMITS} | {
    "id": ("id", "event_id"),
    "event_type": ("event_type", "event"),
    "timestamp": ("timestamp", "ts", "time"),
    "properties": ("properties",),
}

_FIELD_OF: Final = {column: name for name, columns in FOUND_AS.items() for column in columns}
_PEEK_BYTES: Final = 4096
_COLUMNS_SHOWN: Final = 20
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row: an event, or the reason why it is none. `number` is its line (CSV, NDJSON) or its place from 1 on.

    With calls there may be neither.
    """

    number: int
    event: dict[str, Any] | None = None
    time_us: int = 0  # the event's timestamp in microseconds
    reason: str | None = None
    calls: Sequence[Message] = ()  # of who is whom, where the file says it


class RowReader:
    """One file, opened and understood. `rows` may be called again and starts from the beginning each time."""

    def __init__(
        self,
        path: Path,
        *,
        project_id: str,
        format: Format | None = None,
        mapping: Mapping[str, str] | None = None,
        timezone: str = "UTC",
    ) -> None:
        """`mapping` is {the contract's name: the file's column}; `format` is told by the file itself where it is None;
        `timezone` is that of times without an offset."""
        self.path = path
        self.format = _find_format(path, format)
        self.row_count: int | None = None  # where the file says it
        self._times = TimeReader(timezone)
        self._project_id = project_id
        self._file: BinaryIO | None = None
        self._rows_read = 0
        self.columns = self._read_columns()
        self._plan = plan_columns(self.columns, mapping or {}, self.format, path.name)

    @property
    def progress(self) -> tuple[int, int]:
        """How far the newest `rows` is, and how far it goes: rows of Parquet, bytes of CSV and NDJSON."""
        if self.row_count is not None:
            return self._rows_read, self.row_count
        size = self.path.stat().st_size
        if self._file is None:
            return 0, size
        return (size if self._file.closed else self._file.tell()), size

    def rows(self) -> Iterator[Row]:
        """Every row of the file in its order, as an event or as a reason."""
        make_id = id_maker(self._project_id)
        for number, raw in self._raw_rows():
            yield (
                Row(number, reason=raw)
                if isinstance(raw, str)
                else _map_row(number, raw, self._plan, self._times, make_id)
            )

    def _read_columns(self) -> tuple[str, ...]:
        if self.format == "csv":
            return read_csv_columns(self.path)
        if self.format == "ndjson":
            return read_ndjson_columns(self.path)
        header = parquet_rows.read_header(self.path)
        self.row_count = header.row_count
        return header.columns

    def _raw_rows(self) -> Iterator[RawRow]:
        if self.format == "parquet":
            for number, raw in enumerate(parquet_rows.iterate_rows(self.path), 1):
                self._rows_read = number
                yield number, raw
            return
        with self.path.open("rb") as file:
            self._file = file
            yield from iterate_csv(file, self.path.name) if self.format == "csv" else iterate_ndjson(file)


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Which columns hold which field, the first that is not empty; all others are properties."""

    texts: tuple[tuple[str, tuple[str, ...], int | None], ...]  # field, columns, most characters
    timestamp: tuple[str, ...]
    properties: tuple[str, ...]
    empty_is_absent: bool


def plan_columns(columns: tuple[str, ...], mapping: Mapping[str, str], format: Format, name: str) -> ColumnPlan:
    """Find the fields among the columns of a file. InvalidInput where one that every event needs is not there."""
    chosen = _checked_mapping(columns, mapping, name)
    # The first rows of NDJSON may lack what a later one has; the other formats name all their columns. A column that
    # was mapped is that field alone: with user_id=id, `id` must not be the event's id as well.
    there = frozenset(columns if format != "ndjson" else _FIELD_OF) - frozenset(chosen.values())
    found = {
        field: (chosen[field],) if field in chosen else tuple(column for column in candidates if column in there)
        for field, candidates in FOUND_AS.items()
    }
    for fields, what in (
        (("event_type",), "the type of event"),
        (("user_id", "anonymous_id"), "who did it"),
        (("timestamp",), "when it was"),
    ):
        if not any(column in columns for field in fields for column in found[field]):
            names = " or ".join(column for field in fields for column in FOUND_AS[field])
            raise InvalidInput(
                f"{name} has no column for {what}: name it with {fields[0]}=COLUMN, or call it {names}; "
                f"the columns are {_list(columns)}.",
                errors={"mapping": {fields[0]: ["Must name a column of the file."]}},
            )
    texts = tuple((field, found[field], limit) for field, limit in rules.TEXT_LIMITS.items() if found[field])
    return ColumnPlan(texts, found["timestamp"], found["properties"], empty_is_absent=format == "csv")


def _checked_mapping(columns: tuple[str, ...], mapping: Mapping[str, str], name: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for given, column in mapping.items():
        field = _FIELD_OF.get(given)
        if field is None:
            message = f"{given} is not a field of an event; the fields are {', '.join(FOUND_AS)}."
        elif field in chosen:
            message = f"{field} is mapped twice; it comes from one column."
        elif column not in columns:
            message = f"{given} is mapped to {column!r}, which {name} does not have; its columns are {_list(columns)}."
        else:
            chosen[field] = column
            continue
        raise InvalidInput(message, errors={"mapping": {given: [message]}})
    return chosen


def _list(columns: tuple[str, ...]) -> str:
    shown = ", ".join(columns[:_COLUMNS_SHOWN])
    return f"{shown} and {len(columns) - _COLUMNS_SHOWN} more" if len(columns) > _COLUMNS_SHOWN else shown


def _map_row(
    number: int, raw: dict[str, Any], plan: ColumnPlan, times: TimeReader, make_id: Callable[[dict[str, Any]], str]
) -> Row:
    rest = raw.copy()
    event: dict[str, Any] = {}
    for name, columns, limit in plan.texts:
        for column in columns:
            value = raw.get(column)
            rest.pop(column, None)
            if value is None or value == "":
                continue
            text = value if value.__class__ is str else _text_of(value)
            if text is None:
                return Row(number, reason=f"{name}: not text")
            if limit is not None and len(text) > limit:
                return Row(number, reason=f"{name}: longer than {limit} characters")
            event[name] = text
            break
    event_type = event.get("event_type")
    if event_type is None:
        return Row(number, reason="event_type: missing")
    if not event_type.isprintable() and rules.has_control_character(event_type):
        return Row(number, reason="event_type: control character")
    if "user_id" not in event and "anonymous_id" not in event:
        return Row(number, reason="user_id: missing")
    value = _take(plan.timestamp, raw, rest)
    if value is None:
        return Row(number, reason="timestamp: missing")
    try:
        event["timestamp"], time_us = times.read(value)
    except OutOfRange:
        return Row(number, reason="timestamp: not between 1970 and 9999")
    except ValueError:
        return Row(number, reason="timestamp: not a time")
    given = _take(plan.properties, raw, rest)
    if plan.empty_is_absent:
        properties = {column: value for column, value in rest.items() if value}
    else:
        properties = {column: value for column, value in rest.items() if value is not None}
    if given is not None:
        if isinstance(given, str):
            given = _decoded(given)
        if not isinstance(given, dict):
            return Row(number, reason="properties: not a JSON object")
        properties.update(given)
    if properties:
        if rules.nests_deeper_than(properties, rules.NESTING_MAX):
            return Row(number, reason=f"properties: nested deeper than {rules.NESTING_MAX} levels")
        event["properties"] = properties
    if "id" not in event:
        event["id"] = make_id(raw)
    return Row(number, event, time_us)


def _take(columns: tuple[str, ...], raw: dict[str, Any], rest: dict[str, Any]) -> Any:
    """The first value that is not empty; the columns up to it are no properties."""
    for column in columns:
        rest.pop(column, None)
        value = raw.get(column)
        if value is not None and value != "":
            return value
    return None


def _text_of(value: Any) -> str | None:
    """A number as text: many a table has numbers for users, and with gaps among them they become floats."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return text


def id_maker(project_id: str) -> Callable[[dict[str, Any]], str]:
    """UUIDv5 of the project, the row as the file has it, and how many equal rows came before."""
    namespace = uuid.UUID(project_id).bytes
    encode = msgspec.json.Encoder(order="deterministic").encode
    seen: set[bytes] = set()
    repeats: dict[bytes, int] = {}

    def make_id(raw: dict[str, Any]) -> str:
        # As uuid.uuid5(namespace, f"{row} {count}"), in a fifth of the time, with one hash for both uses.
        digest = hashlib.sha1(namespace, usedforsecurity=False)
        digest.update(encode(raw))
        key = digest.digest()[:16]
        count = 0
        if key in seen:
            count = repeats[key] = repeats.get(key, 0) + 1
        else:
            seen.add(key)
        digest.update(b" %d" % count)
        text = digest.hexdigest()
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"

    return make_id


def _find_format(path: Path, given: Format | None) -> Format:
    if given is not None and given not in FORMATS:
        raise InvalidInput(f"The format {given!r} is not known; {', '.join(FORMATS)} are.")
    if not path.is_file():
        raise InvalidInput(f"{path} is not a file." if path.exists() else f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            start = file.read(_PEEK_BYTES)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    if not start:
        raise InvalidInput(f"{path.name} is empty.")
    if start.startswith(_PARQUET) or given == "parquet" or (given is None and path.suffix.lower() == ".parquet"):
        if given in (None, "parquet"):
            return "parquet"
        raise InvalidInput(f"{path.name} is a Parquet file, not {given}.")
    return given or _find_text_format(path, start)


def _find_text_format(path: Path, start: bytes) -> Format:
    if start.startswith(_GZIP):
        raise InvalidInput(f"{path.name} is compressed: unpack it first.")
    if b"\0" in start.partition(b"\n")[0]:
        raise InvalidInput(f"{path.name} is neither UTF-8 text (CSV or NDJSON) nor Parquet.")
    first = start.removeprefix(BOM).lstrip()[:1]
    suffix = SUFFIXES.get(path.suffix.lower())
    if first == b"[" and suffix != "csv":
        raise InvalidInput(f"{path.name} is one JSON array: write each of its objects on a line of its own (NDJSON).")
    return suffix or ("ndjson" if first == b"{" else "csv")
