"""The manifest's tables: the values their rows are, and the steps from each schema to the next.

Promises: a step is never changed once it was released, a new one is added at the end; so every manifest that any
version has made can be opened by this one.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from iafa_api.errors import BrokenData


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of one project and one UTC day (since 1970-01-01); `path` is relative to the data directory.

    What is archived is read only by questions that ask for it.
    """

    table: ClassVar[str] = "files"
    path: str
    project_id: str
    day: int
    row_count: int
    byte_count: int
    first_created_at: int
    last_created_at: int
    first_ingested_at: int
    last_ingested_at: int
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class IdRun:
    """A sorted run of id hashes of one project, with the days its events lie between."""

    table: ClassVar[str] = "id_runs"
    path: str
    project_id: str
    row_count: int
    byte_count: int
    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class PersonRun:
    """A sorted run of person hashes of one project, with the ordinals that were given out up to and in it."""

    table: ClassVar[str] = "person_runs"
    path: str
    project_id: str
    row_count: int
    byte_count: int
    first_ordinal: int
    last_ordinal: int


@dataclass(frozen=True, slots=True)
class QuarantineFile:
    """Refused events of one project that came in on one UTC day."""

    table: ClassVar[str] = "quarantine_files"
    path: str
    project_id: str
    day: int
    row_count: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class IdentityFile:
    """Calls of one project that say who is whom."""

    table: ClassVar[str] = "identity_files"
    path: str
    project_id: str
    row_count: int
    byte_count: int


Stored = DataFile | IdRun | PersonRun | QuarantineFile | IdentityFile
KINDS: tuple[type[Stored], ...] = (DataFile, IdRun, PersonRun, QuarantineFile, IdentityFile)
Kind = TypeVar("Kind", DataFile, IdRun, PersonRun, QuarantineFile, IdentityFile)


@dataclass(frozen=True, slots=True)
class ExpiredFile:
    """A line of the ledger: a file of events that went, by which rule, and where to if it was archived."""

    table: ClassVar[str] = "expired_files"
    path: str
    project_id: str
    day: int
    row_count: int
    byte_count: int
    sha256: str
    rule: str
    archived_as: str | None
    expired_at: int


STEPS = (
    """
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
""",
    """
ALTER TABLE files ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0;
CREATE TABLE person_runs (
    path TEXT PRIMARY KEY, project_id TEXT NOT NULL, row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL,
    first_ordinal INTEGER NOT NULL, last_ordinal INTEGER NOT NULL,
    added_version INTEGER NOT NULL, removed_version INTEGER, removed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX person_runs_by_project ON person_runs (project_id) WHERE removed_version IS NULL;
CREATE TABLE quarantine_files (
    path TEXT PRIMARY KEY, project_id TEXT NOT NULL, day INTEGER NOT NULL,
    row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL,
    added_version INTEGER NOT NULL, removed_version INTEGER, removed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX quarantine_files_by_project ON quarantine_files (project_id, day) WHERE removed_version IS NULL;
CREATE TABLE expired_files (
    path TEXT PRIMARY KEY, project_id TEXT NOT NULL, day INTEGER NOT NULL,
    row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL, sha256 TEXT NOT NULL, rule TEXT NOT NULL,
    archived_as TEXT, expired_at INTEGER NOT NULL, added_version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE quality (
    project_id TEXT NOT NULL, day INTEGER NOT NULL, measure TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (project_id, day, measure)
) WITHOUT ROWID;
""",
    """
CREATE TABLE identity_files (
    path TEXT PRIMARY KEY, project_id TEXT NOT NULL, row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL,
    added_version INTEGER NOT NULL, removed_version INTEGER, removed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX identity_files_by_project ON identity_files (project_id) WHERE removed_version IS NULL;
""",
    """
CREATE TABLE rollups (
    project_id TEXT NOT NULL, day INTEGER NOT NULL, version INTEGER NOT NULL, grain_minutes INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (project_id, day)
) WITHOUT ROWID;
""",
    """
ALTER TABLE rollups ADD COLUMN hours BLOB;
CREATE TABLE figure_rollups (
    project_id TEXT NOT NULL, figure TEXT NOT NULL, day INTEGER NOT NULL, version INTEGER NOT NULL,
    grain_minutes INTEGER NOT NULL, hours BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (project_id, figure, day)
) WITHOUT ROWID;
CREATE INDEX expired_files_by_project ON expired_files (project_id, day);
""",
    """
CREATE INDEX rollups_by_grain ON rollups (grain_minutes, day);
CREATE INDEX figure_rollups_by_grain ON figure_rollups (grain_minutes, day);
""",
)


def upgrade(connection: sqlite3.Connection) -> None:
    """Take the steps that this manifest has not taken yet, in the transaction that is open."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    require_known(version)
    for statements in STEPS[version:]:
        for statement in statements.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def require_known(version: int) -> None:
    """BrokenData where a newer program has made the manifest."""
    if version > len(STEPS):
        raise BrokenData(f"The manifest has schema {version}; this program knows {len(STEPS)}.")


def columns_of(kind: type[Stored | ExpiredFile]) -> str:
    """The columns of a kind's table that are its fields, as SQL."""
    return ", ".join(field.name for field in fields(kind))


def values_of(item: Stored | ExpiredFile) -> list[Any]:
    """The values of those columns."""
    return [getattr(item, field.name) for field in fields(item)]


def select_live(
    connection: sqlite3.Connection, kind: type[Kind], condition: str = "true", *values: object, order: str = "path"
) -> tuple[Kind, ...]:
    """The rows of one kind that count and meet a condition (SQL of the caller's own, values as parameters)."""
    rows = connection.execute(
        f"SELECT {columns_of(kind)} FROM {kind.table} "  # noqa: S608 - all names are the program's own
        f"WHERE removed_version IS NULL AND {condition} ORDER BY {order}",
        values,
    )
    return tuple(kind(*row) for row in rows)
