"""The manifest read without touching it, and copied while others write: for checks and for copies of the lake.

Promises: what is read or copied is what counted at one version (one read transaction; SQLite's own backup). A manifest
that is not there is never made. Not for questions: those go through `Manifest`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from iafa_api import durable
from iafa_api.errors import BrokenData, Unavailable
from iafa_api.lake.manifest import BUSY_SECONDS
from iafa_api.lake.manifest_schema import (
    KINDS,
    STEPS,
    DataFile,
    ExpiredFile,
    IdentityFile,
    IdRun,
    PersonRun,
    QuarantineFile,
    columns_of,
    require_known,
    select_live,
    upgrade,
)


@dataclass(frozen=True, slots=True)
class Contents:
    """All that counted at one version; `known_paths` has those in their grace time as well."""

    version: int
    files: tuple[DataFile, ...]
    runs: tuple[IdRun, ...]
    person_runs: tuple[PersonRun, ...]
    quarantine: tuple[QuarantineFile, ...]
    identities: tuple[IdentityFile, ...]
    expired: tuple[ExpiredFile, ...]
    known_paths: frozenset[str]
    flushed: frozenset[str]


def read_contents(path: Path, *, is_copy: bool = False) -> Contents:
    """Everything the manifest says. BrokenData where it cannot be read or fails SQLite's own check.

    `is_copy`: nobody writes it, so nothing is put beside it to read it.
    """
    with _reading(path, is_copy) as stored:
        (problem,) = stored.execute("PRAGMA quick_check(1)").fetchone()
        if problem != "ok":
            raise BrokenData(f"{path.name} is damaged: {problem}.")
        with _upgraded(stored) as connection:
            connection.execute("BEGIN")
            (version,) = connection.execute("SELECT coalesce(max(version), 0) FROM commits").fetchone()
            known = [
                name
                for kind in KINDS
                for (name,) in connection.execute(f"SELECT path FROM {kind.table}")  # noqa: S608 - names are our own
            ]
            flushed = connection.execute("SELECT name FROM flushed_segments").fetchall()
            expired = connection.execute(
                f"SELECT {columns_of(ExpiredFile)} FROM expired_files ORDER BY path"  # noqa: S608
            )
            return Contents(
                version,
                select_live(connection, DataFile),
                select_live(connection, IdRun),
                select_live(connection, PersonRun),
                select_live(connection, QuarantineFile),
                select_live(connection, IdentityFile),
                tuple(ExpiredFile(*row) for row in expired),
                frozenset(known),
                frozenset(name for (name,) in flushed),
            )


def copy_manifest(path: Path, target: Path) -> None:
    """Write the manifest as it is at one moment to `target`, which must not exist: synced, mode 0600, one file."""
    durable.write_new_file(target, b"")
    try:
        with (
            closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute(
                "PRAGMA journal_mode = DELETE"
            )  # a lone file; `Manifest` makes it a WAL again when it opens it
    except sqlite3.OperationalError as error:
        raise Unavailable(f"The manifest cannot be copied now: {error}.", retry_after_seconds=5.0) from error
    except sqlite3.DatabaseError as error:
        raise BrokenData(f"{path} is not a manifest: {error}.") from error
    durable.sync_file(target)


@contextmanager
def _upgraded(stored: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The same manifest with today's tables: in memory, where an older program has made it."""
    (schema,) = stored.execute("PRAGMA user_version").fetchone()
    require_known(schema)
    if schema == len(STEPS):
        yield stored
        return
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        stored.backup(copy)
        upgrade(copy)
        yield copy


@contextmanager
def _reading(path: Path, is_copy: bool) -> Iterator[sqlite3.Connection]:
    # Where no -wal lies beside it nobody has it open, and a connection that may lock would leave new files there.
    is_still = is_copy or not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.resolve().as_uri()}?{'immutable=1' if is_still else 'mode=ro'}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise BrokenData(f"{path.name} cannot be read: {error}.") from error
