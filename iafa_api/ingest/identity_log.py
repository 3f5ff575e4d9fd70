"""The log of identities: from the frames that brought a call to files, and who is whom by all of them.

Promises: the flush moves calls in the commit that moves their segments; a reader sees each once, those that still wait
included. Who is whom is resolved when a question needs it and kept for the next one, while no call is added: a few
projects per process, the calls of the others are read again.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iafa_api.errors import BrokenData
from iafa_api.ingest.frames import Frame
from iafa_api.lake import parquet_identities
from iafa_api.lake.event_source import Unseen
from iafa_api.lake.manifest_schema import IdentityFile, Stored
from iafa_api.lake.parquet_identities import Persons

CHUNK_ROWS = 20_000  # of calls that are Python objects before they become Arrow: a tenth of the memory
ROWS_KEPT = 4_000_000  # calls of all projects that a process keeps in memory, a few hundred bytes each
NOBODY = Persons()

Row = Mapping[str, Any]


class IdentityUpdate:
    """What one flush adds to the log of a project. Nothing counts before the commit."""

    def __init__(self, root: Path, project_id: str, files: Sequence[IdentityFile]) -> None:
        self._root = root
        self._project_id = project_id
        self._files = files
        self._rows: list[Row] = []
        self._tables: list[Any] = []

    def take(self, frame: Frame) -> None:
        """Add the calls of a frame."""
        self._rows += rows_of(frame)
        if len(self._rows) >= CHUNK_ROWS:
            self._to_arrow()

    def write(self, added: list[Stored], removed: list[Stored]) -> None:
        """Write what is new, together with small files where they are many, and add to the lists what the manifest is
        to name from now on, and what no more."""
        self._to_arrow()
        for file in parquet_identities.plan_merge(self._files):
            try:
                self._tables.append(parquet_identities.read_identities(self._root, file))
            except (BrokenData, FileNotFoundError):  # stays as it is: the new calls must not wait for it
                continue
            removed.append(file)
        table = parquet_identities.join_tables(self._tables)
        added.append(parquet_identities.write_identities(self._root, self._project_id, table))

    def _to_arrow(self) -> None:
        if self._rows:
            self._tables.append(parquet_identities.build_table(self._rows))
            self._rows = []


def rows_of(frame: Frame) -> list[Row]:
    """The calls of a frame as rows of the log."""
    header = frame.header
    return [
        {
            "id": call.id,
            "user_id": call.user_id,
            "anonymous_id": call.anonymous_id,
            "previous_id": call.previous_id,
            "traits": call.traits,
            "at": header.received_at if call.at is None else call.at,
            "door": header.door,
            "ingested_at": header.received_at,
            "segment": frame.segment,
            "place": place,
            "change": call.change,
            "actor": call.actor,
        }
        for place, call in enumerate(header.identities)
    ]


def read_persons(root: Path, project_id: str, files: Sequence[IdentityFile], frames: Iterable[Frame]) -> Persons:
    """Who is whom by the calls in these files and frames. BrokenData where a file cannot be read.

    FileNotFoundError where one is gone since the manifest was read.
    """
    waiting = [frame for frame in frames if frame.header.identities]
    if not files and not waiting:
        return NOBODY
    return _known.of((str(root), project_id)).persons(root, files, waiting)


def read_earlier_persons(
    root: Path,
    files: Sequence[IdentityFile],
    frames: Iterable[Frame],
    unseen: Unseen | None = None,
    as_of_us: int | None = None,
) -> Persons:
    """Who was whom by the calls that an earlier answer saw, and that had arrived by a moment (microseconds).

    Errors as of `read_persons`; not kept for the next one.
    """
    rows = [row for frame in frames for row in rows_of(frame)]
    kept = [parquet_identities.read_identities(root, file) for file in files]
    if unseen is not None:
        kept = [parquet_identities.without_unseen(table, unseen) for table in kept]
    table = parquet_identities.join_tables([*kept, parquet_identities.build_table(rows)])
    if as_of_us is not None:
        table = parquet_identities.arrived_by(table, as_of_us)
    return parquet_identities.resolve(table)


def read_links(
    root: Path, files: Sequence[IdentityFile], frames: Iterable[Frame], users: Sequence[str], visitors: Sequence[str]
) -> Sequence[Row]:
    """What was said of who is whom about these users and visitors, as of `parquet_identities.list_links`."""
    waiting = parquet_identities.build_table([row for frame in frames for row in rows_of(frame)])
    stored = [parquet_identities.read_identities(root, file) for file in files]
    return parquet_identities.list_links(parquet_identities.join_tables([*stored, waiting]), users, visitors)


@dataclass(slots=True)
class _Project:
    """What was read and resolved of one project's log, by the files and waiting frames that it was resolved from."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    tables: dict[str, Any] = field(default_factory=dict)
    stored: Any = None
    stored_persons: Persons = NOBODY
    frame_counts: Mapping[str, int] = field(default_factory=dict)
    all_persons: Persons = NOBODY

    def persons(self, root: Path, files: Sequence[IdentityFile], waiting: Sequence[Frame]) -> Persons:
        with self.lock:  # who asks meanwhile waits for the one resolution
            if self.stored is None or {file.path for file in files} != self.tables.keys():
                self._read(root, files)
            frame_counts = Counter(frame.segment for frame in waiting)
            if not waiting:
                return self.stored_persons
            if frame_counts != self.frame_counts:  # a segment only grows: as many frames of it are the same frames
                rows = [row for frame in waiting for row in rows_of(frame)]
                new = parquet_identities.build_table(rows)
                self.all_persons = parquet_identities.resolve_more(self.stored, self.stored_persons, new)
                self.frame_counts = frame_counts
            return self.all_persons

    def _read(self, root: Path, files: Sequence[IdentityFile]) -> None:
        known, self.stored, self.frame_counts = self.tables, None, {}
        self.tables = {
            file.path: known[file.path] if file.path in known else parquet_identities.read_identities(root, file)
            for file in files
        }
        self.stored = parquet_identities.join_tables(list(self.tables.values()))
        self.stored_persons = parquet_identities.resolve(self.stored)


class _Known:
    """The projects that were asked about last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._projects: OrderedDict[tuple[str, str], _Project] = OrderedDict()

    def of(self, key: tuple[str, str]) -> _Project:
        with self._lock:
            project = self._projects.setdefault(key, _Project())
            self._projects.move_to_end(key)
            while len(self._projects) > 1 and self._row_count() > ROWS_KEPT:
                self._projects.popitem(last=False)
            return project

    def _row_count(self) -> int:
        return sum(0 if one.stored is None else one.stored.num_rows for one in self._projects.values())


_known = _Known()
