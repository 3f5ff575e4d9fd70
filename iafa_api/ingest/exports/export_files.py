"""The files of other products' exports, opened: NDJSON, a JSON array or CSV, as they are, in gzip or in a zip.

    reader = ExportReader(path, "mixpanel", project_id=project_id, timezone="Europe/Berlin")
    for row in reader.rows():
        row.event, row.calls  # as the rows of `ingest.import_rows`, with who is whom beside them

Promises: what is wrong with the file as a whole is `InvalidInput`, before the first row unless it is damaged further
on; a bad row is one rejected row; the same file gives the same ids. Names in a zip are never used as paths.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast, get_args

import msgspec

from iafa_api.errors import InvalidInput
from iafa_api.ingest.exports import amplitude, mixpanel, posthog, umami
from iafa_api.ingest.exports.export_row import Found, NotAnEvent, Reading
from iafa_api.ingest.file_times import TimeReader
from iafa_api.ingest.import_rows import Row, id_maker
from iafa_api.ingest.text_rows import BOM, NOT_AN_OBJECT, NOT_JSON, RawRow, iterate_csv, iterate_ndjson

Product = Literal["mixpanel", "amplitude", "posthog", "umami"]
PRODUCTS: Final[tuple[Product, ...]] = get_args(Product)
_SUFFIXES: Final = (".json", ".ndjson", ".jsonl", ".csv", ".json.gz", ".ndjson.gz", ".jsonl.gz", ".csv.gz")
_PEEK_BYTES: Final = 4096
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_DAMAGED: Final = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a product's export is read."""

    read_row: Callable[[dict[str, Any], Reading], Found]
    has_csv: bool
    has_local_times: bool
    table: str | None = None  # the file of a zip that has the events, where it has others as well


_KINDS: Final[Mapping[Product, _Kind]] = {
    "mixpanel": _Kind(mixpanel.read_row, has_csv=False, has_local_times=True),
    "amplitude": _Kind(amplitude.read_row, has_csv=False, has_local_times=False),
    "posthog": _Kind(posthog.read_row, has_csv=True, has_local_times=False),
    "umami": _Kind(umami.read_row, has_csv=True, has_local_times=True, table="website_event"),
}


class ExportReader:
    """One export. `rows` may be called again and starts from the beginning each time."""

    def __init__(self, path: Path, product: Product, *, project_id: str, timezone: str | None = None) -> None:
        """`timezone` is the one of the project there, for the products whose exports have local times."""
        self.path = path
        self._kind = _KINDS[product]
        if timezone is not None and not self._kind.has_local_times:
            raise InvalidInput(f"Times in an export of {product} are UTC: leave the time zone out.")
        self._times = TimeReader(timezone or "UTC")
        self._project_id = project_id
        self._product = product
        self._file: BinaryIO | None = None
        if not path.is_file():
            raise InvalidInput(f"{path} is not a file." if path.exists() else f"There is no file {path}.")
        if path.stat().st_size == 0:
            raise InvalidInput(f"{path.name} is empty.")
        next(self._raw_rows(), None)  # finds out what it is

    @property
    def progress(self) -> tuple[int, int]:
        """How far the newest `rows` is in the file, and how far it goes, in bytes."""
        size = self.path.stat().st_size
        if self._file is None:
            return 0, size
        return (size if self._file.closed else self._file.tell()), size

    def rows(self) -> Iterator[Row]:
        """Every row of the export in its order: an event, calls, both, or the reason why it is neither."""
        reading = Reading(self._times, id_maker(self._project_id))
        for number, raw in self._raw_rows():
            if isinstance(raw, str):
                yield Row(number, reason=raw)
                continue
            try:
                found = self._kind.read_row(raw, reading)
            except NotAnEvent as reason:
                yield Row(number, reason=str(reason))
            else:
                yield Row(number, found.event, found.time_us, calls=found.calls)

    def _raw_rows(self) -> Iterator[RawRow]:
        with self.path.open("rb") as file:
            self._file = file
            try:
                for part in self._parts(file):
                    yield from self._rows_of(part)
            except _DAMAGED as error:
                raise InvalidInput(f"{self.path.name} is damaged: {error or 'it ends too early'}.") from None

    def _parts(self, file: BinaryIO) -> Iterator[BinaryIO]:
        start = file.read(len(_ZIP))
        file.seek(0)
        if start != _ZIP:
            yield _inflated(file)
            return
        with zipfile.ZipFile(file) as archive:
            for name in self._names(archive):
                with archive.open(name) as part:
                    yield _inflated(cast(BinaryIO, part))

    def _names(self, archive: zipfile.ZipFile) -> list[str]:
        names = sorted(
            name for name in archive.namelist() if name.lower().endswith(_SUFFIXES) and not name.startswith("__MACOSX/")
        )
        if self._kind.table is not None:
            names = [name for name in names if self._kind.table in name]
        if not names:
            what = self._kind.table or "NDJSON or CSV"
            raise InvalidInput(f"{self.path.name} has no file with events in it ({what}).")
        return names

    def _rows_of(self, file: BinaryIO) -> Iterator[RawRow]:
        start = file.read(_PEEK_BYTES).removeprefix(BOM).lstrip()[:1]
        file.seek(0)
        if start == b"[":
            yield from _iterate_array(file, self.path.name)
        elif start == b"{" or not start:
            yield from iterate_ndjson(file)
        elif self._kind.has_csv:
            yield from iterate_csv(file, self.path.name)
        else:
            raise InvalidInput(
                f"{self.path.name} is no export of {self._product}: that has a JSON object on each line."
            )


def _inflated(file: BinaryIO) -> BinaryIO:
    start = file.read(len(_GZIP))
    file.seek(0)
    return io.BufferedReader(gzip.GzipFile(fileobj=file)) if start == _GZIP else file


def _iterate_array(file: BinaryIO, name: str) -> Iterator[RawRow]:
    """The objects of one JSON array, which is held in memory as a whole."""
    try:
        raws = msgspec.json.decode(file.read().removeprefix(BOM), type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"{name} is not a JSON array of rows: {error}.") from None
    for number, raw in enumerate(raws, 1):
        try:
            row = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield number, NOT_JSON
        else:
            yield number, row if isinstance(row, dict) else NOT_AN_OBJECT
