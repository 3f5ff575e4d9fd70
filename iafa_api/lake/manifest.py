"""The manifest: which Parquet files and id runs count, and which buffer segments they hold. SQLite, one file.

Promises: a commit is one transaction, durable when it returns (I4): after it, its files count and its segments do not,
for every reader at once. A snapshot is one read transaction. A file counts only if a row names it (I5); rows that went
keep their file until a grace time has passed. The names of flushed segments stay (I6): they tell for ever by which
version a segment's events had moved to Parquet. Usable from any number of threads and processes of one machine.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import clock, durable
from iafa_api.errors import BrokenData, Conflict, Unavailable

BUSY_SECONDS = 30.0
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE commits (version INTEGER PRIMARY KEY AUTOINCREMENT, committed_at INTEGER NOT NULL);
CREATE TABLE files (
    path TEXT PRIMARY KEY, project_id TEXT NOT NULL, day INTEGER NOT NULL,
    row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL,
    first_created_at INTEGER NOT NULL, last_created_at INTEGER NOT NULL,
    first_ingested_at INTEGER NOT NULL, last_ingested_at INTEGER NOT NULL,
    added_version INTEGER NOT NULL, removed_version INTEGER, removed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX files_by_project ON files (project_id, day) WHERE removed_version IS NULL;
CREATE TABLE id_runs (
    path TEXT PRIMARY KEY, project_id TEXT NOT NULL,
    row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL,
    added_version INTEGER NOT NULL, removed_version INTEGER, removed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX id_runs_by_project ON id_runs (project_id) WHERE removed_version IS NULL;
CREATE TABLE flushed_segments (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of one project and one UTC day (since 1970-01-01); `path` is relative to the data directory."""

    path: str
    project_id: str
    day: int
    row_count: int
    byte_count: int
    first_created_at: int
    last_created_at: int
    first_ingested_at: int
    last_ingested_at: int


@dataclass(frozen=True, slots=True)
class IdRun:
    """A sorted run of id hashes of one project, with the days its events lie between."""

    path: str
    project_id: str
    row_count: int
    byte_count: int
    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What counted at one version. `flushed` are those of the asked segments whose events count from the files."""

    version: int
    files: tuple[DataFile, ...]
    runs: tuple[IdRun, ...]
    flushed: frozenset[str]


class Manifest:
    """The manifest at a path; made where it is not there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._process_id = os.getpid()
        self._create()

    def commit(
        self,
        *,
        added_files: Iterable[DataFile] = (),
        removed_files: Iterable[str] = (),
        added_runs: Iterable[IdRun] = (),
        removed_runs: Iterable[str] = (),
        segments: Iterable[str] = (),
        now_us: int | None = None,
    ) -> int:
        """Make all of it true at once and tell the version. Conflict where a removed path does not count any more."""
        at = clock.now_us() if now_us is None else now_us
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("INSERT INTO commits (committed_at) VALUES (?)", (at,)).lastrowid
            if version is None:
                raise BrokenData("The manifest gave a commit no version.")
            _insert(connection, "files", FILE_COLUMNS, added_files, version)
            _insert(connection, "id_runs", RUN_COLUMNS, added_runs, version)
            _remove(connection, "files", removed_files, version, at)
            _remove(connection, "id_runs", removed_runs, version, at)
            connection.executemany(
                "INSERT INTO flushed_segments (name, version) VALUES (?, ?)", [(name, version) for name in segments]
            )
            connection.execute("COMMIT")
            return version

    def snapshot(
        self,
        project_id: str,
        *,
        first_day: int | None = None,
        last_day: int | None = None,
        segments: Sequence[str] = (),
    ) -> Snapshot:
        """The project's files that hold events of these UTC days (both included), and all its id runs, at one version.

        `segments` are the names the caller has read *before* (I7).
        """
        low = -(1 << 62) if first_day is None else first_day
        high = 1 << 62 if last_day is None else last_day
        with self._connection() as connection:
            connection.execute("BEGIN")
            version = _version(connection)
            files = connection.execute(
                f"SELECT {FILE_COLUMNS} FROM files WHERE project_id = ? AND removed_version IS NULL "  # noqa: S608
                "AND day BETWEEN ? AND ? ORDER BY day, path",
                (project_id, low, high),
            ).fetchall()
            runs = connection.execute(
                f"SELECT {RUN_COLUMNS} FROM id_runs WHERE project_id = ? AND removed_version IS NULL "  # noqa: S608
                "ORDER BY row_count DESC, path",
                (project_id,),
            ).fetchall()
            flushed = _flushed(connection, segments)
            connection.execute("COMMIT")
        return Snapshot(version, tuple(DataFile(*row) for row in files), tuple(IdRun(*row) for row in runs), flushed)

    def version(self) -> int:
        """The number of the last commit, 0 before the first. Reads the file: whether it can be used."""
        with self._connection() as connection:
            return _version(connection)

    def flushed_among(self, segments: Sequence[str]) -> frozenset[str]:
        """Which of these segments count from Parquet."""
        with self._connection() as connection:
            return _flushed(connection, segments)

    def known_paths(self) -> frozenset[str]:
        """Every path that a row names, those in their grace time included."""
        with self._connection() as connection:
            return frozenset(
                path for (path,) in connection.execute("SELECT path FROM files UNION SELECT path FROM id_runs")
            )

    def forget_removed(self, before_us: int) -> list[str]:
        """Drop the rows that went before this moment and tell their paths: nobody reads those files any more (I5)."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            paths: list[str] = []
            for table in ("files", "id_runs"):
                rows = connection.execute(f"DELETE FROM {table} WHERE removed_at < ? RETURNING path", (before_us,))  # noqa: S608
                paths += [path for (path,) in rows.fetchall()]
            connection.execute("COMMIT")
            return paths

    def close(self) -> None:
        """Close the idle connections; the next call opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._borrow()
        try:
            yield connection
        except sqlite3.OperationalError as error:  # locked for too long, the disk is full or fails
            _roll_back(connection)
            raise Unavailable("The manifest cannot be used now.", retry_after_seconds=5.0) from error
        except sqlite3.DatabaseError as error:
            _roll_back(connection)
            raise BrokenData(f"The manifest refuses: {error}.") from error
        except BaseException:
            _roll_back(connection)
            raise
        with self._lock:
            self._idle.append(connection)

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            if self._process_id != os.getpid():  # a connection must not cross a fork, not even to be closed
                _abandoned.extend(self._idle)
                self._idle, self._process_id = [], os.getpid()
            if self._idle:
                return self._idle.pop()
        try:
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            connection.execute("PRAGMA synchronous = FULL")  # NORMAL can lose the last commits, and so events (I4)
        except sqlite3.OperationalError as error:
            raise Unavailable("The manifest cannot be opened now.", retry_after_seconds=5.0) from error
        except sqlite3.DatabaseError as error:
            raise BrokenData(f"{self._path} is not a manifest: {error}.") from error
        return connection

    def _create(self) -> None:
        """Make what is not there. One process at a time: of several that switch to WAL at once, SQLite refuses some."""
        durable.make_directory(self._path.parent)
        lock = FileLock(self._path.with_name(f"{self._path.name}.lock"), timeout=BUSY_SECONDS, mode=durable.FILE_MODE)
        try:
            with lock:
                self._create_alone()
        except Timeout:
            raise Unavailable("The manifest cannot be opened now.", retry_after_seconds=5.0) from None

    def _create_alone(self) -> None:
        if not self._path.exists():  # closing a descriptor of it would drop the locks of this process's connections
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.FILE_MODE))
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise BrokenData(f"The manifest has schema {version}; this program knows {SCHEMA_VERSION}.")
            connection.execute("COMMIT")
        durable.sync_directory(self._path.parent)


FILE_COLUMNS = ", ".join(field.name for field in fields(DataFile))
RUN_COLUMNS = ", ".join(field.name for field in fields(IdRun))
# Connections of a parent process: kept, because closing one would drop the parent's file locks.
_abandoned: list[sqlite3.Connection] = []


def _insert(
    connection: sqlite3.Connection, table: str, columns: str, added: Iterable[DataFile | IdRun], version: int
) -> None:
    names = columns.split(", ")
    marks = ", ".join("?" * (len(names) + 1))
    connection.executemany(
        f"INSERT INTO {table} ({columns}, added_version) VALUES ({marks})",  # noqa: S608 - names are this module's
        [(*(getattr(item, name) for name in names), version) for item in added],
    )


def _remove(connection: sqlite3.Connection, table: str, paths: Iterable[str], version: int, at: int) -> None:
    for path in paths:
        changed = connection.execute(
            f"UPDATE {table} SET removed_version = ?, removed_at = ? "  # noqa: S608 - names are this module's
            "WHERE path = ? AND removed_version IS NULL",
            (version, at, path),
        ).rowcount
        if changed != 1:
            raise Conflict(f"{path} does not count any more.")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("SELECT coalesce(max(version), 0) FROM commits").fetchone()[0]
    return version


def _flushed(connection: sqlite3.Connection, names: Sequence[str]) -> frozenset[str]:
    found = []
    for start in range(0, len(names), 500):  # SQLite's limit of variables in one statement is 999 in old builds
        some = names[start : start + 500]
        marks = ", ".join("?" * len(some))
        found += connection.execute(
            f"SELECT name FROM flushed_segments WHERE name IN ({marks})",  # noqa: S608 - only marks
            some,
        ).fetchall()
    return frozenset(name for (name,) in found)


def _roll_back(connection: sqlite3.Connection) -> None:
    """Throw the connection away: closing it rolls back, whatever state it is in."""
    connection.close()
