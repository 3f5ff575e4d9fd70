"""Answers questions with DuckDB, exactly, from Parquet files and the tail that no file holds yet.

Promises: every event of the source counts once; values of a question reach SQL as parameters only; DuckDB reads
nothing outside `events_dir` and `archive_dir`, writes nothing, and takes no more than `memory_bytes` for all questions
at once. Errors: `QueryTimeout` past `timeout_seconds`, `Unavailable` where the memory does not suffice, `InvalidInput`
for a pattern that is none, `FileNotFoundError` where a file of the source is gone (ask again with a new snapshot).
Threads may share one engine. Not for what a question is: each has modules of its own, which ask through `asking`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from iafa_api import clock
from iafa_api.analytics.cohort_sql import members_sql
from iafa_api.analytics.event_sql import (
    ALIASES,
    MEMBERS,
    OWNERS,
    TAIL,
    TRAITS,
    Parameters,
    Relations,
    asks_traits,
    count_sql,
    events_sql,
    looked_at_sql,
)
from iafa_api.analytics.query_gate import QueryGate
from iafa_api.domain.faults import Faults, refuse
from iafa_api.domain.filters import Filter, conditions
from iafa_api.domain.time_range import TimeRange
from iafa_api.errors import BrokenData, QueryTimeout, TooLarge, Unavailable
from iafa_api.lake.event_source import EventSource

# A statement may begin between two interrupts; the next one meets it.
INTERRUPT_EVERY_SECONDS: Final = 0.05
RETRY_AFTER_SECONDS: Final = 10.0
STREAMED_ROWS: Final = 2000  # at a time: between two of them the time-out is looked at


class DuckdbEngine:
    """One in-memory database for the life of the process; each question gets a cursor of its own."""

    def __init__(
        self,
        *,
        events_dir: Path,
        memory_bytes: int,
        threads: int,
        timeout_seconds: float,
        archive_dir: Path | None = None,
        at_once: int = 4,
        row_limit: int = 5_000_000,
    ) -> None:
        """`at_once`: how many questions may run; `row_limit`: how many rows one may take out of the engine."""
        self._timeout_seconds = timeout_seconds
        self._row_limit = row_limit
        self._gate = QueryGate(at_once, wait_seconds=timeout_seconds)
        self._lock = threading.Lock()
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory_bytes}B",
                "threads": threads,
                "temp_directory": "",  # without one, what does not fit in memory is refused and not written to disk
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "python_enable_replacements": False,
                # It takes a file for unchanged whose time of change is the same second; the page cache knows better.
                "enable_external_file_cache": False,
            },
        )
        self._database.execute("SET TimeZone = 'UTC'")
        self._database.execute("SET allowed_directories = ?", [[str(one) for one in (events_dir, archive_dir) if one]])
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def close(self) -> None:
        self._database.close()

    def require_patterns(self, trees: Iterable[Filter | None]) -> None:
        """DuckDB's patterns are RE2: what it cannot compile, the caller hears of by field, before anything is read."""
        patterns = [condition for tree in trees for condition in conditions(tree) if condition.operator == "regex"]
        if not patterns:
            return
        faults = Faults()
        with self._lock:
            cursor = self._database.cursor()
        for condition in patterns:
            for pattern in condition.values:
                try:
                    cursor.execute("SELECT regexp_matches('', $pattern)", {"pattern": pattern}).fetchall()
                except duckdb.InvalidInputException:
                    faults.add(condition.path, "Must be a regular expression that RE2 accepts.")
        cursor.close()
        faults.require_none()

    @contextmanager
    def asking(self, source: EventSource) -> Iterator[Asking]:
        """A cursor over the events of a source, for one question; it is ended when its time is over."""
        with self._gate.admit(source.project_id):
            yield from self._ask_alone(source)

    def _ask_alone(self, source: EventSource) -> Iterator[Asking]:
        with self._lock:
            cursor = self._database.cursor()
        done = threading.Event()
        watch = threading.Thread(target=_interrupt_late, args=(cursor, self._timeout_seconds, done), daemon=True)
        watch.start()
        try:
            yield Asking(cursor, source, deadline=clock.monotonic() + self._timeout_seconds, row_limit=self._row_limit)
        finally:
            done.set()
            watch.join()
            cursor.close()


class Asking:
    """A cursor, the events it reads, and the time by which it must be done."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, source: EventSource, *, deadline: float, row_limit: int
    ) -> None:
        self._cursor = cursor
        self._source = source
        self._deadline = deadline
        self._row_limit = row_limit
        cursor.register(TAIL, source.tail)
        beside = {OWNERS: source.owners, ALIASES: source.aliases, TRAITS: source.traits}
        for name, table in beside.items():
            if table is not None:
                cursor.register(name, table)
        self._relations = Relations(*(table is not None for table in beside.values()))
        if source.cohorts:
            parameters = Parameters()
            self.run(members_sql(source.cohorts, self.events(parameters), parameters), parameters.values)

    def events(self, parameters: Parameters, *, with_file: bool = False) -> str:
        """All events of the source, as a query: `event_sql.events_sql`."""
        return self._events(self._relations, parameters, with_file=with_file)

    def count_events(self, time_range: TimeRange, tree: Filter | None) -> int:
        """How many events lie in a range and pass a filter; nobody is joined for it who is not asked for."""
        parameters = Parameters()
        events = self._events(self._relations if asks_traits(tree) else Relations(), parameters)
        [(count,)] = self.run(count_sql(events, looked_at_sql(time_range, tree, parameters)), parameters.values)
        return int(count)

    def _events(self, relations: Relations, parameters: Parameters, *, with_file: bool = False) -> str:
        source = self._source
        return events_sql(
            source.files,
            relations,
            parameters,
            unseen=source.unseen,
            with_file=with_file,
            with_bots=source.with_bots,
        )

    def require_rows(self, count: int) -> None:
        """Refuse to take so many rows out of the engine: they would fill the memory of the process."""
        if count > self._row_limit:
            raise TooLarge(
                f"The question has to look at {count:,} events one by one, and may look at {self._row_limit:,}: "
                "ask for a shorter range, or with a filter."
            )

    def require_time(self) -> None:
        if clock.monotonic() > self._deadline:
            raise QueryTimeout("The question takes too long; ask for a shorter range or fewer stages.")

    def run(self, sql: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement to its end: an open result would own the cursor."""
        with self._told():
            return self._cursor.execute(sql, values or None).fetchall()

    def stream(self, sql: str, values: Mapping[str, object] | None = None) -> Iterator[list[tuple[Any, ...]]]:
        """The same, some rows at a time: for more than should be in memory. Nothing else may be run meanwhile."""
        with self._told():
            self._cursor.execute(sql, values or None)
        while True:
            with self._told():
                rows = self._cursor.fetchmany(STREAMED_ROWS)
            if not rows:
                return
            yield rows

    def columns(self, sql: str, values: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The same, as one NumPy array a column: for results of millions of rows."""
        with self._told():
            return self._cursor.execute(sql, values or None).fetchnumpy()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The engine's errors in our words."""
        self.require_time()
        try:
            yield
        except duckdb.InterruptException:
            raise QueryTimeout("The question takes too long; ask for a shorter range or fewer stages.") from None
        except duckdb.OutOfMemoryException as error:
            raise Unavailable(
                "The question needs more memory than questions may take now; ask for a shorter range, or later.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            ) from error
        except duckdb.CatalogException as error:
            if self._source.cohorts or MEMBERS not in str(error):
                raise
            raise refuse(("filter",), "Must name no cohort: this question cannot ask for them yet.") from None
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.InternalException) as error:
            gone = [str(file) for file in self._source.files if not file.exists()]
            if gone:
                raise FileNotFoundError(f"gone since the snapshot: {', '.join(gone)}") from error
            raise BrokenData(f"A file of events cannot be read: {error}") from error


def _interrupt_late(cursor: duckdb.DuckDBPyConnection, timeout_seconds: float, done: threading.Event) -> None:
    wait: Callable[[float], bool] = done.wait
    if not wait(timeout_seconds):
        cursor.interrupt()
        while not wait(INTERRUPT_EVERY_SECONDS):
            cursor.interrupt()
