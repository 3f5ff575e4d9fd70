"""The roll-ups in the manifest: of each project and UTC day, how many events there were, up to a version.

Promises: a roll-up at version V has every event of its day that a flush had committed up to V, each once, those that
have expired since included. It is changed only where it still is at the version that the change was made from. Whether
an event is in one is told by its segment, whatever file holds it now: `segment_versions` says by which version each was
flushed. So roll-ups, files and tail of one version make up all events, and none twice.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from iafa_api.domain.rollups import DayRollup
from iafa_api.errors import BrokenData, Conflict, Unavailable
from iafa_api.lake import layout
from iafa_api.lake.manifest import BUSY_SECONDS
from iafa_api.lake.manifest_schema import DataFile, select_live

UNKNOWN_VERSION: Final = 1  # of a segment that no flush has named: a file that a person has put back
NAMES_AT_ONCE: Final = 500  # SQLite's limit of variables in one statement is 999 in old builds


@dataclass(frozen=True, slots=True)
class StoredRollup:
    """A roll-up and the version up to which it has the events of its day."""

    version: int
    rollup: DayRollup


@dataclass(frozen=True, slots=True)
class RollupState:
    """What is known of a project's days at one version of the manifest.

    `files` are those of events that count (archived ones do not), `added` has the version that each came by; `gone` are
    the days of which events have expired.
    """

    version: int
    rollups: Mapping[int, StoredRollup]
    files: tuple[DataFile, ...]
    added: Mapping[str, int]
    gone: frozenset[int]


def read_rollup_state(root: Path, project_id: str, first_day: int, last_day: int) -> RollupState:
    """Of these days, both included."""
    days = (project_id, first_day, last_day)
    with _reading(root) as connection:
        (version,) = connection.execute("SELECT coalesce(max(version), 0) FROM commits").fetchone()
        rollups = connection.execute(
            "SELECT day, version, body FROM rollups WHERE project_id = ? AND day BETWEEN ? AND ?", days
        ).fetchall()
        live = "project_id = ? AND day BETWEEN ? AND ? AND NOT is_archived"
        files = select_live(connection, DataFile, live, *days)
        added = connection.execute(
            f"SELECT path, added_version FROM files WHERE removed_version IS NULL AND {live}",  # noqa: S608
            days,
        ).fetchall()
        gone = connection.execute(
            "SELECT DISTINCT day FROM expired_files WHERE project_id = ? AND day BETWEEN ? AND ?", days
        ).fetchall()
    found = {day: StoredRollup(made_at, _decode(body)) for day, made_at, body in rollups}
    return RollupState(version, found, files, dict(added), frozenset(day for (day,) in gone))


def segment_versions(root: Path, names: Collection[str]) -> dict[str, int]:
    """By which version each of these segments was flushed."""
    found = dict.fromkeys(names, UNKNOWN_VERSION)
    listed = list(names)
    with _reading(root) as connection:
        for start in range(0, len(listed), NAMES_AT_ONCE):
            some = listed[start : start + NAMES_AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(
                connection.execute(
                    f"SELECT name, version FROM flushed_segments WHERE name IN ({marks})",  # noqa: S608 - only marks
                    some,
                )
            )
    return found


def list_pending(root: Path) -> list[tuple[str, int]]:
    """The projects and days that have files which their roll-up has not seen."""
    with _reading(root) as connection:
        return connection.execute(
            "SELECT DISTINCT f.project_id, f.day FROM files AS f LEFT JOIN rollups AS r USING (project_id, day)"
            " WHERE f.removed_version IS NULL AND NOT f.is_archived AND f.added_version > coalesce(r.version, 0)"
            " ORDER BY f.project_id, f.day DESC"
        ).fetchall()


def list_finer(root: Path, before_day: int, grain_minutes: int) -> list[tuple[str, int]]:
    """The projects and days before one whose roll-ups have finer steps."""
    with _reading(root) as connection:
        return connection.execute(
            "SELECT project_id, day FROM rollups WHERE day < ? AND grain_minutes < ?", (before_day, grain_minutes)
        ).fetchall()


def write_rollups(
    root: Path, project_id: str, expected: Mapping[int, int], written: Mapping[int, StoredRollup]
) -> None:
    """All of `written`, or nothing: Conflict where a day is not at the version `expected` (0: not there) any more."""
    with _writing(root) as connection:
        for day, version in expected.items():
            row = connection.execute(
                "SELECT version FROM rollups WHERE project_id = ? AND day = ?", (project_id, day)
            ).fetchone()
            if (row[0] if row else 0) != version:
                raise Conflict("The roll-up has changed in between.")
        connection.executemany(
            "INSERT OR REPLACE INTO rollups (project_id, day, version, grain_minutes, body) VALUES (?, ?, ?, ?, ?)",
            [
                (project_id, day, one.version, one.rollup.grain_minutes, _encode(one.rollup))
                for day, one in written.items()
            ],
        )


def forget_rollups(root: Path, before_day: int | None, deleted: Collection[str]) -> int:
    """Drop those before a day that have no events any more, and all of deleted projects; how many went."""
    count = 0
    with _writing(root) as connection:
        if before_day is not None:
            count += connection.execute(
                "DELETE FROM rollups WHERE day < ? AND NOT EXISTS (SELECT 1 FROM files AS f WHERE"
                " f.project_id = rollups.project_id AND f.day = rollups.day AND f.removed_version IS NULL"
                " AND NOT f.is_archived)",
                (before_day,),
            ).rowcount
        for project_id in deleted:
            count += connection.execute("DELETE FROM rollups WHERE project_id = ?", (project_id,)).rowcount
    return count


def _encode(rollup: DayRollup) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(rollup))


def _decode(body: bytes) -> DayRollup:
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=DayRollup)
    except (zlib.error, msgspec.DecodeError) as error:
        raise BrokenData(f"A roll-up in the manifest cannot be read: {error}.") from error


@contextmanager
def _reading(root: Path) -> Iterator[sqlite3.Connection]:
    """One read transaction."""
    with _connection(root) as connection:
        connection.execute("BEGIN")
        yield connection


@contextmanager
def _writing(root: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, durable at its end: of expired events this is all that is left."""
    with _connection(root) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


@contextmanager
def _connection(root: Path) -> Iterator[sqlite3.Connection]:
    try:
        address = f"{(root / layout.MANIFEST).resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        raise Unavailable("The manifest cannot be used now.", retry_after_seconds=5.0) from error
    except sqlite3.DatabaseError as error:
        raise BrokenData(f"The manifest refuses: {error}.") from error
