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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from iafa_api import clock, durable
from iafa_api.errors import BrokenData, Conflict, Unavailable
from iafa_api.lake.manifest_schema import (
    KINDS,
    DataFile,
    ExpiredFile,
    IdentityFile,
    IdRun,
    Kind,
    PersonRun,
    Stored,
    columns_of,
    select_live,
    upgrade,
    values_of,
)

QualityKey = tuple[str, int, str]  # project, UTC day, measure

BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What counted at one version. `flushed` are those of the asked segments whose events count from the files."""

    version: int
    files: tuple[DataFile, ...]
    runs: tuple[IdRun, ...]
    person_runs: tuple[PersonRun, ...]
    identities: tuple[IdentityFile, ...]
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
        added: Iterable[Stored] = (),
        removed: Iterable[Stored] = (),
        segments: Iterable[str] = (),
        expired: Iterable[ExpiredFile] = (),
        quality: Mapping[QualityKey, int] | None = None,
        now_us: int | None = None,
    ) -> int:
        """Make all of it true at once and tell the version. Conflict where what is removed does not count any more.

        `quality` is added to the counts that are there.
        """
        at = clock.now_us() if now_us is None else now_us
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("INSERT INTO commits (committed_at) VALUES (?)", (at,)).lastrowid
            if version is None:
                raise BrokenData("The manifest gave a commit no version.")
            for item in (*added, *expired):
                _insert(connection, item, version)
            for item in removed:
                _remove(connection, item, version, at)
            connection.executemany(
                "INSERT INTO flushed_segments (name, version) VALUES (?, ?)", [(name, version) for name in segments]
            )
            connection.executemany(
                "INSERT INTO quality (project_id, day, measure, count) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(*key, count) for key, count in (quality or {}).items()],
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
        with_archive: bool = False,
    ) -> Snapshot:
        """The project's files that hold events of these UTC days (both included), and all its runs, at one version.

        `segments` are the names the caller has read *before* (I7).
        """
        low = -(1 << 62) if first_day is None else first_day
        high = 1 << 62 if last_day is None else last_day
        with self._reading() as connection:
            return Snapshot(
                version=_version(connection),
                files=select_live(
                    connection,
                    DataFile,
                    "project_id = ? AND day BETWEEN ? AND ? AND is_archived <= ?",
                    project_id,
                    low,
                    high,
                    with_archive,
                    order="day, path",
                ),
                runs=select_live(connection, IdRun, "project_id = ?", project_id, order="row_count DESC, path"),
                person_runs=select_live(
                    connection, PersonRun, "project_id = ?", project_id, order="row_count DESC, path"
                ),
                identities=select_live(connection, IdentityFile, "project_id = ?", project_id),
                flushed=_flushed(connection, segments),
            )

    def list_live(self, kind: type[Kind], project_id: str | None = None) -> tuple[Kind, ...]:
        """Everything of one kind that counts now, of one project or of all, by path."""
        with self._reading() as connection:
            if project_id is None:
                return select_live(connection, kind)
            return select_live(connection, kind, "project_id = ?", project_id)

    def list_expired(self, project_id: str) -> list[ExpiredFile]:
        """The ledger of a project's files that went, newest first."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {columns_of(ExpiredFile)} FROM expired_files WHERE project_id = ? "  # noqa: S608
                "ORDER BY expired_at DESC, day DESC, path",
                (project_id,),
            )
            return [ExpiredFile(*row) for row in rows]

    def read_quality(self, project_id: str, first_day: int, last_day: int) -> dict[tuple[int, str], int]:
        """The counts of a project by UTC day and measure, of these days (both included)."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT day, measure, count FROM quality WHERE project_id = ? AND day BETWEEN ? AND ?",
                (project_id, first_day, last_day),
            )
            return {(day, measure): count for day, measure, count in rows}

    def version(self) -> int:
        """The number of the last commit, 0 before the first. Reads the file: whether it can be used."""
        with self._connection() as connection:
            return _version(connection)

    def flushed_among(self, segments: Sequence[str]) -> frozenset[str]:
        """Which of these segments count from Parquet."""
        with self._connection() as connection:
            return _flushed(connection, segments)

    def flushed_after(self, version: int) -> tuple[str, ...]:
        """The segments whose events moved to Parquet after a version."""
        with self._reading() as connection:
            rows = connection.execute("SELECT name FROM flushed_segments WHERE version > ?", (version,))
            return tuple(name for (name,) in rows)

    def known_paths(self) -> frozenset[str]:
        """Every path that a row names, those in their grace time included."""
        with self._connection() as connection:
            return frozenset(
                path
                for kind in KINDS
                for (path,) in connection.execute(f"SELECT path FROM {kind.table}")  # noqa: S608
            )

    def list_removed(self, before_us: int) -> list[str]:
        """The paths of the rows that went before this moment: nobody reads those files any more (I5)."""
        with self._reading() as connection:
            return [
                path
                for kind in KINDS
                for (path,) in connection.execute(
                    f"SELECT path FROM {kind.table} WHERE removed_at < ?",  # noqa: S608
                    (before_us,),
                )
            ]

    def forget(self, paths: Iterable[str]) -> None:
        """Drop the rows of these paths that went. For when their files are gone: what no row names is a stray."""
        rows = [(path,) for path in paths]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for kind in KINDS:
                connection.executemany(
                    f"DELETE FROM {kind.table} WHERE path = ? AND removed_version IS NOT NULL",  # noqa: S608
                    rows,
                )
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the idle connections; the next call opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection in one read transaction."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

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
            upgrade(connection)
            connection.execute("COMMIT")
        durable.sync_directory(self._path.parent)


# Connections of a parent process: kept, because closing one would drop the parent's file locks.
_abandoned: list[sqlite3.Connection] = []


def _insert(connection: sqlite3.Connection, item: Stored | ExpiredFile, version: int) -> None:
    values = [*values_of(item), version]
    connection.execute(
        f"INSERT INTO {item.table} ({columns_of(type(item))}, added_version) "  # noqa: S608 - names are our own
        f"VALUES ({', '.join('?' * len(values))})",
        values,
    )


def _remove(connection: sqlite3.Connection, item: Stored, version: int, at: int) -> None:
    changed = connection.execute(
        f"UPDATE {item.table} SET removed_version = ?, removed_at = ? "  # noqa: S608 - names are our own
        "WHERE path = ? AND removed_version IS NULL",
        (version, at, item.path),
    ).rowcount
    if changed != 1:
        raise Conflict(f"{item.path} does not count any more.")


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
