"""Single events of a source: the newest, those since a moment, the one with an id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from iafa_api.analytics import event_list_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.domain.stored_event import StoredEvent
from iafa_api.lake.event_source import EventSource


class StoredEvents:
    """The events of one source, for who looks at single ones; files are named as they lie under `root`."""

    def __init__(self, engine: DuckdbEngine, source: EventSource, root: Path) -> None:
        self._engine = engine
        self._source = source
        self._root = root

    def newest(self, *, offset: int, limit: int) -> list[StoredEvent]:
        """The events after the `offset` that arrived last, newest first."""
        return self._ask(lambda events, parameters: event_list_sql.newest_sql(events, offset, limit))

    def since(self, since_us: int) -> list[StoredEvent]:
        """The events that arrived at this moment or later, oldest first."""
        return self._ask(lambda events, parameters: event_list_sql.since_sql(events, parameters.name(since_us)))

    def find(self, event_id: str) -> StoredEvent | None:
        """The event with this id."""
        found = self._ask(lambda events, parameters: event_list_sql.by_id_sql(events, parameters.name(event_id)))
        return found[0] if found else None

    def _ask(self, make_sql: Callable[[str, Parameters], str]) -> list[StoredEvent]:
        with self._engine.asking(self._source) as ask:
            parameters = Parameters()
            rows = ask.run(make_sql(ask.events(parameters, with_file=True), parameters), parameters.values)
        return [event_list_sql.event_of(row, self._root) for row in rows]
