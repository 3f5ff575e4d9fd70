"""The roll-ups in the manifest: of each project and UTC day, how many events there were, up to a version.

Beside them are those of the figures that projects define (`FigureDay`), each with a version of its own.

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
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from iafa_api.domain.amounts import Amount
from iafa_api.domain.rollups import HOUR_MINUTES, DayRollup, FigureDay, coarsened, coarsened_figure
from iafa_api.errors import BrokenData, Conflict, Unavailable
from iafa_api.lake import layout
from iafa_api.lake.manifest import BUSY_SECONDS
from iafa_api.lake.manifest_schema import DataFile, select_live

UNKNOWN_VERSION: Final = 1  # of a segment that no flush has named: a file that a person has put back
NAMES_AT_ONCE: Final = 500  # SQLite's limit of variables in one statement is 999 in old builds
TABLES: Final = ("rollups", "figure_rollups")
INT64: Final = 1 << 63

Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class StoredRollup:
    """A roll-up and the version up to which it has the events of its day."""

    version: int
    rollup: DayRollup


@dataclass(frozen=True, slots=True)
class StoredFigure:
    """The same of a defined figure."""

    version: int
    rollup: FigureDay


@dataclass(frozen=True, slots=True)
class RollupState:
    """What is known of a project's days at one version of the manifest.

    `files` are those of events that count (archived ones do not), `added` has the version that each came by; `gone` are
    the days of which events have expired. `figures` has the days of each figure that was asked for, by its key.
    """

    version: int
    rollups: Mapping[int, StoredRollup]
    files: tuple[DataFile, ...]
    added: Mapping[str, int]
    gone: frozenset[int]
    figures: Mapping[str, Mapping[int, StoredFigure]] = field(default_factory=dict)


def read_rollup_state(
    root: Path,
    project_id: str,
    first_day: int,
    last_day: int,
    *,
    figures: Collection[str] = (),
    with_events: bool = True,
    by_hour: bool = False,
) -> RollupState:
    """Of these days, both included. `by_hour`: where that is kept, in steps of an hour, which takes much less time;
    without `with_events` no `rollups` at all."""
    days = (project_id, first_day, last_day)
    with _reading(root) as connection:
        (version,) = connection.execute("SELECT coalesce(max(version), 0) FROM commits").fetchone()
        rollups = connection.execute(
            f"SELECT day, version, {'coalesce(hours, body)' if by_hour else 'body'} FROM rollups"  # noqa: S608
            " WHERE project_id = ? AND day BETWEEN ? AND ? AND ?",
            (*days, with_events),
        ).fetchall()
        kept = {
            key: connection.execute(
                f"SELECT day, version, {'hours' if by_hour else 'body'} FROM figure_rollups"  # noqa: S608
                " WHERE project_id = ? AND figure = ? AND day BETWEEN ? AND ?",
                (project_id, key, first_day, last_day),
            ).fetchall()
            for key in set(figures)
        }
        live = "project_id = ? AND day BETWEEN ? AND ? AND NOT is_archived"
        files = select_live(connection, DataFile, live, *days)
        added = connection.execute(
            f"SELECT path, added_version FROM files WHERE removed_version IS NULL AND {live}",  # noqa: S608
            days,
        ).fetchall()
        gone = connection.execute(
            "SELECT DISTINCT day FROM expired_files WHERE project_id = ? AND day BETWEEN ? AND ?", days
        ).fetchall()
    found = {day: StoredRollup(made_at, _decode(body, DayRollup)) for day, made_at, body in rollups}
    told = {
        key: {day: StoredFigure(made_at, _decode_figure(body)) for day, made_at, body in rows}
        for key, rows in kept.items()
    }
    return RollupState(version, found, files, dict(added), frozenset(day for (day,) in gone), told)


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


def list_pending_days(root: Path, project_id: str, figure: str) -> list[int]:
    """The days with files which the roll-up of a figure has not seen; not those that it cannot have whole any more."""
    with _reading(root) as connection:
        rows = connection.execute(
            "SELECT DISTINCT f.day FROM files AS f LEFT JOIN figure_rollups AS r"
            " ON r.project_id = f.project_id AND r.figure = ? AND r.day = f.day"
            " WHERE f.project_id = ? AND f.removed_version IS NULL AND NOT f.is_archived"
            " AND f.added_version > coalesce(r.version, 0) AND (r.version IS NOT NULL OR NOT EXISTS"
            " (SELECT 1 FROM expired_files AS x WHERE x.project_id = f.project_id AND x.day = f.day))",
            (figure, project_id),
        ).fetchall()
    return [day for (day,) in rows]


def list_finer(root: Path, before_day: int, grain_minutes: int) -> list[tuple[str, int, str | None]]:
    """The projects and days before one whose roll-ups (of a figure, or None) have finer steps."""
    with _reading(root) as connection:
        return connection.execute(
            "SELECT project_id, day, NULL FROM rollups WHERE day < :day AND grain_minutes < :grain"
            " UNION ALL SELECT project_id, day, figure FROM figure_rollups WHERE day < :day AND grain_minutes < :grain",
            {"day": before_day, "grain": grain_minutes},
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
            "INSERT OR REPLACE INTO rollups (project_id, day, version, grain_minutes, body, hours)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    project_id,
                    day,
                    one.version,
                    one.rollup.grain_minutes,
                    _encode(one.rollup),
                    _encode(coarsened(one.rollup, HOUR_MINUTES)),
                )
                for day, one in written.items()
            ],
        )


def write_figure(root: Path, project_id: str, figure: str, day: int, expected: int, written: StoredFigure) -> None:
    """Conflict where the day is not at the version `expected` (0: not there) any more."""
    with _writing(root) as connection:
        row = connection.execute(
            "SELECT version FROM figure_rollups WHERE project_id = ? AND figure = ? AND day = ?",
            (project_id, figure, day),
        ).fetchone()
        if (row[0] if row else 0) != expected:
            raise Conflict("The roll-up has changed in between.")
        rollup = written.rollup
        bodies = _encode_figure(coarsened_figure(rollup, HOUR_MINUTES)), _encode_figure(rollup)
        connection.execute(
            "INSERT OR REPLACE INTO figure_rollups (project_id, figure, day, version, grain_minutes, hours, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (project_id, figure, day, written.version, rollup.grain_minutes, *bodies),
        )


def forget_rollups(root: Path, before_day: int | None, deleted: Collection[str]) -> int:
    """Drop those before a day that have no events any more, and all of deleted projects; how many went."""
    count = 0
    with _writing(root) as connection:
        for table in TABLES:
            if before_day is not None:
                count += connection.execute(
                    f"DELETE FROM {table} WHERE day < ? AND NOT EXISTS (SELECT 1 FROM files AS f WHERE"  # noqa: S608
                    f" f.project_id = {table}.project_id AND f.day = {table}.day AND f.removed_version IS NULL"
                    " AND NOT f.is_archived)",
                    (before_day,),
                ).rowcount
            for project_id in deleted:
                count += connection.execute(
                    f"DELETE FROM {table} WHERE project_id = ?",  # noqa: S608
                    (project_id,),
                ).rowcount
    return count


def forget_figures(root: Path, defined: Mapping[str, Collection[str]]) -> int:
    """Drop the figures that no project defines any more, on days that have all their events: they can be counted anew.

    How many days went.
    """
    with _reading(root) as connection:
        kept = connection.execute(  # the condition has them read from an index, and not past all bodies
            "SELECT DISTINCT project_id, figure FROM figure_rollups WHERE grain_minutes > 0"
        ).fetchall()
    going = [(project_id, key) for project_id, key in kept if key not in defined.get(project_id, ())]
    if not going:
        return 0
    with _writing(root) as connection:
        return connection.executemany(
            "DELETE FROM figure_rollups WHERE project_id = ? AND figure = ? AND NOT EXISTS"
            " (SELECT 1 FROM expired_files AS x"
            " WHERE x.project_id = figure_rollups.project_id AND x.day = figure_rollups.day)",
            going,
        ).rowcount


def forget_stale_figures(root: Path, project_id: str, day: int, defined: Collection[str]) -> None:
    """Before events of a day go: drop the figures that nobody counts any more and that have not seen all of them."""
    with _writing(root) as connection:
        connection.execute(
            "DELETE FROM figure_rollups WHERE project_id = ? AND day = ?"
            " AND figure NOT IN (SELECT value FROM json_each(?))"
            " AND version < (SELECT max(added_version) FROM files AS f WHERE f.project_id = figure_rollups.project_id"
            " AND f.day = figure_rollups.day AND f.removed_version IS NULL AND NOT f.is_archived)",
            (project_id, day, msgspec.json.encode(list(defined)).decode()),
        )


@dataclass(frozen=True, slots=True)
class _FigureBody:
    """A `FigureDay` as it is stored: what is no number of 64 bits stands there as text, `has_texts` if any does."""

    grain_minutes: int
    cells: dict[str, dict[int, tuple[int, int | str]]]
    rest: dict[int, tuple[int, int | str]]
    has_texts: bool


def _encode_figure(day: FigureDay) -> bytes:
    cells = {value: _told(minutes) for value, minutes in day.cells.items()}
    rest = _told(day.rest)
    has_texts = any(isinstance(total, str) for minutes in (*cells.values(), rest) for _, total in minutes.values())
    return _encode(_FigureBody(day.grain_minutes, cells, rest, has_texts))


def _decode_figure(body: bytes) -> FigureDay:
    stored = _decode(body, _FigureBody)
    if not stored.has_texts:
        return FigureDay(stored.grain_minutes, stored.cells, stored.rest)  # type: ignore[arg-type]  # there are none
    cells = {value: _read(minutes) for value, minutes in stored.cells.items()}
    return FigureDay(stored.grain_minutes, cells, _read(stored.rest))


def _told(minutes: Mapping[int, Amount]) -> dict[int, tuple[int, int | str]]:
    return {
        minute: (count, total if isinstance(total, int) and abs(total) < INT64 else str(total))
        for minute, (count, total) in minutes.items()
    }


def _read(minutes: Mapping[int, tuple[int, int | str]]) -> dict[int, Amount]:
    found: dict[int, Amount] = {}
    for minute, (count, total) in minutes.items():
        read = Fraction(total)
        found[minute] = count, read.numerator if read.denominator == 1 else read
    return found


def _encode(rollup: DayRollup | _FigureBody) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(rollup))


def _decode(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=kind)
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
