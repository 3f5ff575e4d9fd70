"""Answers questions with DuckDB, exactly, from Parquet files and the tail that no file holds yet.

Promises: every event of the source counts once; values of a question reach SQL as parameters only; DuckDB reads
nothing outside `events_dir`, writes nothing, and takes no more than `memory_bytes` for all questions at once. Errors:
`QueryTimeout` past `timeout_seconds`, `Unavailable` where the memory does not suffice, `InvalidInput` for a pattern
that is none, `FileNotFoundError` where a file of the source is gone (ask again with a new snapshot). Threads may share
one engine. Not for: rates and tables, which `analytics.funnels` makes of the counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb

from iafa_api import clock
from iafa_api.analytics import event_list_sql, funnel_sql
from iafa_api.analytics.event_sql import TAIL, Parameters, count_sql, events_sql, looked_at_sql
from iafa_api.analytics.tie_groups import Needs, needs_of_distinct, needs_of_many, needs_of_one
from iafa_api.domain.faults import Faults
from iafa_api.domain.filters import Filter, conditions
from iafa_api.domain.funnel import FunnelCounts, FunnelQuestion, StageCounts
from iafa_api.domain.stored_event import StoredEvent
from iafa_api.errors import BrokenData, QueryTimeout, Unavailable
from iafa_api.lake.event_source import EventSource

# A statement may begin between two interrupts; the next one meets it.
INTERRUPT_EVERY_SECONDS: Final = 0.05
RETRY_AFTER_SECONDS: Final = 10.0


class DuckdbEngine:
    """One in-memory database for the life of the process; each question gets a cursor of its own."""

    def __init__(self, *, events_dir: Path, memory_bytes: int, threads: int, timeout_seconds: float) -> None:
        self._events_dir = events_dir
        self._timeout_seconds = timeout_seconds
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
        self._database.execute("SET allowed_directories = ?", [[str(events_dir)]])
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def close(self) -> None:
        self._database.close()

    def count_funnel(self, source: EventSource, question: FunnelQuestion) -> FunnelCounts:
        """The counts of an ordered funnel; `funnels.require_answerable` says which those are."""
        self.require_patterns([question.filter, *(stage.filter for stage in question.definition.stages)])
        with self._asking(source) as ask:
            return _FunnelRun(ask, question).counts()

    def list_newest(self, source: EventSource, *, offset: int, limit: int) -> list[StoredEvent]:
        """The events of the source after the `offset` that arrived last, newest first."""
        with self._asking(source) as ask:
            parameters = Parameters()
            events = ask.events(parameters, with_file=True)
            return self._shown(ask.run(event_list_sql.newest_sql(events, offset, limit), parameters.values))

    def list_since(self, source: EventSource, since_us: int) -> list[StoredEvent]:
        """The events of the source that arrived at this moment or later, oldest first."""
        with self._asking(source) as ask:
            parameters = Parameters()
            sql = event_list_sql.since_sql(ask.events(parameters, with_file=True), parameters.name(since_us))
            return self._shown(ask.run(sql, parameters.values))

    def find_event(self, source: EventSource, event_id: str) -> StoredEvent | None:
        """The event of the source with this id."""
        with self._asking(source) as ask:
            parameters = Parameters()
            sql = event_list_sql.by_id_sql(ask.events(parameters, with_file=True), parameters.name(event_id))
            return next(iter(self._shown(ask.run(sql, parameters.values))), None)

    def _shown(self, rows: list[tuple[Any, ...]]) -> list[StoredEvent]:
        return [event_list_sql.event_of(row, self._events_dir.parent) for row in rows]

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
    def _asking(self, source: EventSource) -> Iterator[_Ask]:
        with self._lock:
            cursor = self._database.cursor()
        done = threading.Event()
        watch = threading.Thread(target=_interrupt_late, args=(cursor, self._timeout_seconds, done), daemon=True)
        watch.start()
        try:
            yield _Ask(cursor, source, deadline=clock.monotonic() + self._timeout_seconds)
        finally:
            done.set()
            watch.join()
            cursor.close()


class _Ask:
    """A cursor, the events it reads, and the time by which it must be done."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, source: EventSource, *, deadline: float) -> None:
        self._cursor = cursor
        self._source = source
        self._deadline = deadline
        # A source of nothing still has columns to ask for.
        self._has_tail = bool(source.tail.num_rows) or not source.files
        if self._has_tail:
            cursor.register(TAIL, source.tail)

    def events(self, parameters: Parameters, *, with_file: bool = False) -> str:
        """All events of the source, as a query."""
        return events_sql(self._source.files, has_tail=self._has_tail, parameters=parameters, with_file=with_file)

    def require_time(self) -> None:
        if clock.monotonic() > self._deadline:
            raise QueryTimeout("The question takes too long; ask for a shorter range or fewer stages.")

    def run(self, sql: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement to its end: an open result would own the cursor."""
        self.require_time()
        try:
            return self._cursor.execute(sql, values or None).fetchall()
        except duckdb.InterruptException:
            raise QueryTimeout("The question takes too long; ask for a shorter range or fewer stages.") from None
        except duckdb.OutOfMemoryException as error:
            raise Unavailable(
                "The question needs more memory than questions may take now; ask for a shorter range, or later.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            ) from error
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.InternalException) as error:
            gone = [str(file) for file in self._source.files if not file.exists()]
            if gone:
                raise FileNotFoundError(f"gone since the snapshot: {', '.join(gone)}") from error
            raise BrokenData(f"A file of events cannot be read: {error}") from error


class _FunnelRun:
    """One ordered funnel, step by step; what the steps do and why is told in `funnel_sql`."""

    def __init__(self, ask: _Ask, question: FunnelQuestion) -> None:
        self._ask = ask
        self._question = question
        self._stage_count = len(question.definition.stages)
        window = question.definition.window
        self._window_us = None if window is None else window.microseconds

    def counts(self) -> FunnelCounts:
        run = self._ask.run
        parameters = Parameters()
        run(funnel_sql.matched(self._question, self._ask.events(parameters), parameters), parameters.values)
        run(funnel_sql.PERSONS)
        run(funnel_sql.INSTANTS)
        needs = self._make_groups()
        self._go_up(needs)
        run(funnel_sql.DEPTHS)
        reached = self._at_least(dict(run(funnel_sql.COUNTS)))
        pending = self._pending()
        times = self._walk_forward(deepest=sum(1 for persons in reached if persons))
        stages = []
        for index, persons in enumerate(reached):
            average, median = times.get(index + 1, (None, None))
            stages.append(StageCounts(persons, average, median, pending[index]))
        return FunnelCounts(tuple(stages), self._events_looked_at())

    def _make_groups(self) -> list[Needs]:
        """Makes the tie groups; answers the needs that occur among them."""
        run, count = self._ask.run, self._stage_count
        kinds: list[int] = []
        codes: list[int] = []
        found: list[Needs] = []
        for kind, mask in run(funnel_sql.MASKS):
            kinds.append(kind)
            codes.append(mask)
            found.append(needs_of_one(mask, count) if kind == 1 else needs_of_distinct(mask, count))
        [(has_crowds,)] = run(funnel_sql.HAS_CROWDS)
        run(funnel_sql.CROWDS if has_crowds else funnel_sql.NO_CROWDS)
        for code, classes in run(funnel_sql.CLASSES) if has_crowds else ():
            self._ask.require_time()
            kinds.append(3)
            codes.append(code)
            found.append(needs_of_many(_classes(classes), count))
        columns = {f"need{k + 1}": [needs[k] for needs in found] for k in range(count)}
        run(funnel_sql.needs(count), {"kinds": kinds, "codes": codes, **columns})
        run("DROP TABLE matched")
        run(funnel_sql.groups(count))
        for name in ("instants", "crowds", "persons"):
            run(f"DROP TABLE {name}")
        return found

    def _go_up(self, found: list[Needs]) -> None:
        self._ask.run(funnel_sql.ENDS)
        needed = [{need for needs in found if (need := needs[k]) is not None} for k in range(self._stage_count)]
        kept: set[int] = set()
        for stage, wanted in enumerate(needed, start=1):
            if not wanted:
                return  # nobody meets this stage, so nobody passes it
            uses_window = self._window_us is not None and wanted != {0}
            values = {"window": self._window_us} if uses_window else None
            self._ask.run(funnel_sql.up(stage, sorted(wanted), has_window=uses_window), values)
            self._ask.run(funnel_sql.ends(stage))
            kept.add(stage)
            for spent in kept - set().union(*needed[stage:]):
                self._ask.run(f"DROP TABLE b{spent}")
                kept.remove(spent)

    def _at_least(self, by_depth: Mapping[int, int]) -> list[int]:
        return [
            sum(persons for depth, persons in by_depth.items() if depth > index) for index in range(self._stage_count)
        ]

    def _pending(self) -> list[int | None]:
        if self._window_us is None:
            return [None] * self._stage_count
        # The range's last moment belongs to it: a window that ends with the next microsecond outlives the range.
        known_until = min(self._question.time_range.end_us - 1, self._question.now_us)
        values = {"known_until": known_until, "window": self._window_us}
        by_depth = dict(self._ask.run(funnel_sql.PENDING, values))
        return [None, *(by_depth.get(stage, 0) for stage in range(1, self._stage_count))]

    def _walk_forward(self, *, deepest: int) -> dict[int, tuple[float, float]]:
        """By stage, the mean and the median of the seconds since the stage before."""
        run = self._ask.run
        found = {}
        if deepest > 1:
            run(funnel_sql.WALKED)
            run(funnel_sql.WALK)
        for stage in range(2, deepest + 1):
            run(funnel_sql.forward(stage))
            [(persons, total_us, median_us)] = run(funnel_sql.times(stage))
            run(f"DROP TABLE w{stage - 1}")
            found[stage] = (
                float(Fraction(int(total_us), persons * clock.MICROSECONDS)),
                median_us / clock.MICROSECONDS,
            )
        return found

    def _events_looked_at(self) -> int:
        parameters = Parameters()
        events = self._ask.events(parameters)
        condition = looked_at_sql(self._question.time_range, self._question.filter, parameters)
        [(count,)] = self._ask.run(count_sql(events, condition), parameters.values)
        return int(count)


def _classes(text: str) -> list[tuple[int, int]]:
    pairs = (part.split("x") for part in text.split(","))
    return [(int(mask), int(count)) for mask, count in pairs]


def _interrupt_late(cursor: duckdb.DuckDBPyConnection, timeout_seconds: float, done: threading.Event) -> None:
    wait: Callable[[float], bool] = done.wait
    if not wait(timeout_seconds):
        cursor.interrupt()
        while not wait(INTERRUPT_EVERY_SECONDS):
            cursor.interrupt()
