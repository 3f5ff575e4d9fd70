"""Rows of CSV and NDJSON files as they stand: text stays text, and one broken row costs no other.

Promises a pair for every row: the number of the line it begins on, and its columns, or, where it cannot be read, the
reason as a short stable text. A quote that is never closed makes its own line the broken one, not the lines that it
would swallow. What is wrong with a file as a whole is `InvalidInput`. Not for what the columns mean: that is
`ingest.import_rows`.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from iafa_api.errors import InvalidInput

RawRow = tuple[int, dict[str, Any] | str]

BOM: Final = b"\xef\xbb\xbf"
DELIMITERS: Final = (",", ";", "\t")
SAMPLE_ROWS: Final = 10_000  # whose names count as an NDJSON file's columns: enough to meet those that are rarely set

NOT_CSV: Final = "row: not CSV"
WRONG_CELL_COUNT: Final = "row: not as many cells as the header"
NOT_JSON: Final = "row: not JSON"
NOT_UTF8: Final = "row: not UTF-8"
NOT_AN_OBJECT: Final = "row: not a JSON object"

_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError)


def read_csv_columns(path: Path) -> tuple[str, ...]:
    """The names in the first row; a column without one is named by its place. The cells are parted by what the first
    line has most of: commas, semicolons or tabs."""
    with path.open("rb") as file:
        columns = _read_csv_header(_Lines(file, path.name))[0]
    for column in columns:
        if columns.count(column) > 1:
            raise InvalidInput(f"{path.name} has more than one column {column!r}; each column needs its own name.")
    return columns


def iterate_csv(file: BinaryIO, name: str) -> Iterator[RawRow]:
    """The rows under the header. `file` is at its beginning; its position tells how far the reading is."""
    lines = _Lines(file, name)
    columns, delimiter = _read_csv_header(lines)
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    column_count = len(columns)
    taken = lines.taken
    while True:
        line = lines.row_line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # The reader went on looking for the end of a quote: only the line that it began on is known to be broken.
            lines.give_back_from(1)
            reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
            yield line, NOT_CSV
            continue
        lines.row_line += len(taken)
        taken.clear()
        if len(cells) == column_count:
            yield line, dict(zip(columns, cells, strict=True))
        elif cells:
            yield line, WRONG_CELL_COUNT


def read_ndjson_columns(path: Path) -> tuple[str, ...]:
    """The names in the first rows, in the order in which they are met."""
    columns: dict[str, None] = {}
    first_fault = ""
    with path.open("rb") as file:
        for _, (line, row) in zip(range(SAMPLE_ROWS), iterate_ndjson(file), strict=False):
            if isinstance(row, dict):
                columns.update(dict.fromkeys(row))
            elif not first_fault:
                first_fault = f"line {line} is not one"
    if not columns:
        detail = f": {first_fault}" if first_fault else ""
        raise InvalidInput(f"{path.name} is not NDJSON, which has one JSON object on each line{detail}.")
    return tuple(columns)


def iterate_ndjson(file: BinaryIO) -> Iterator[RawRow]:
    """A row for each line that is not blank."""
    decode = msgspec.json.Decoder().decode
    for line, raw in enumerate(_after_bom(file), 1):
        try:
            row = decode(raw)
        except UnicodeDecodeError:
            yield line, NOT_UTF8
        except _UNREADABLE:
            if raw.strip():
                yield line, NOT_JSON
        else:
            yield line, row if row.__class__ is dict else NOT_AN_OBJECT


class _Lines:
    """The lines of a file as text; those of the row at hand are kept, so that they can be read again."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.row_line = 1  # the number of the first line in `taken`
        self.taken: list[str] = []
        self._file = _after_bom(file)
        self._name = name
        self._pending: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        while self._pending:
            self.taken.append(text := self._pending.popleft())
            yield text
        for raw in self._file:
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                line = self.row_line + len(self.taken)
                raise InvalidInput(f"Line {line} of {self._name} is not UTF-8: save the file as UTF-8.") from None
            self.taken.append(text)
            yield text

    def give_back_from(self, index: int) -> None:
        """Let the taken lines from here on be the next to be read."""
        self._pending.extendleft(reversed(self.taken[index:]))
        self.row_line += index
        self.taken.clear()


def _read_csv_header(lines: _Lines) -> tuple[tuple[str, ...], str]:
    delimiter = _delimiter_of(next(iter(lines), ""))
    lines.give_back_from(0)
    try:
        cells = next(csv.reader(iter(lines), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise InvalidInput(f"The first row, which names the columns, is not CSV: {error}.") from None
    lines.row_line += len(lines.taken)
    lines.taken.clear()
    if not any(cell.strip() for cell in cells):
        raise InvalidInput("The first row names no columns.")
    return tuple(cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1)), delimiter


def _after_bom(file: BinaryIO) -> BinaryIO:
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    return file


def _delimiter_of(header: str) -> str:
    outside_quotes = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside_quotes.count)  # of equals the first
