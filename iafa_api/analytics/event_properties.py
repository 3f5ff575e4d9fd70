"""The properties of the events of one type: event by event, and as a whole."""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final

from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, looked_at_sql
from iafa_api.domain.schema_draft import ENUM_MAX, NAME_LENGTH_MAX, NAMES_MAX, TYPES, PropertyUse, TypeUse
from iafa_api.domain.time_range import TimeRange
from iafa_api.lake.event_source import EventSource

# What a value's text reads as: the letters of the JSON that the flush writes, and of no other spelling of it. Of texts
# in brackets it is not looked whether they are JSON.
_WHOLE: Final = "-?(0|[1-9][0-9]*)"
_FRACTION: Final = rf"{_WHOLE}\.([0-9]*[1-9]|0)|-?[1-9](\.[0-9]*[1-9])?e-?[1-9][0-9]*"
_TYPE: Final = f"""
    CASE WHEN value IS NULL THEN 'null' WHEN value IN ('true', 'false') THEN 'boolean'
        WHEN value <> '-0' AND regexp_full_match(value, '{_WHOLE}') THEN 'integer'
        WHEN regexp_full_match(value, '{_FRACTION}') THEN 'number'
        WHEN starts_with(value, '{{') AND ends_with(value, '}}') THEN 'object'
        WHEN starts_with(value, '[') AND ends_with(value, ']') THEN 'array' ELSE 'string' END"""


Batch = list[tuple[str, Mapping[str, str | None]]]


@contextmanager
def reading_properties(
    engine: DuckdbEngine, source: EventSource, time_range: TimeRange, event_type: str, sample: int | None
) -> Iterator[tuple[int, Iterator[Batch]]]:
    """How many events of the type there are, and their ids with their properties, some at a time.

    Of all, or of a `sample` of so many: those with the lowest hashes of their ids, the same ones for the same events.
    """
    with _asking(engine, source) as ask:
        parameters = Parameters()
        events = _events(ask, time_range, event_type, parameters)
        [(count,)] = ask.run(f"SELECT count(*) FROM ({events})", parameters.values)
        chosen = "" if sample is None else f"ORDER BY hash(id), id LIMIT {sample:d}"
        yield count, ask.stream(f"SELECT id, properties FROM ({events}) {chosen}", parameters.values)


def read_type_use(engine: DuckdbEngine, source: EventSource, time_range: TimeRange, event_type: str) -> TypeUse:
    """What is seen of the properties of a type, the most frequent first."""
    with _asking(engine, source) as ask:
        parameters = Parameters()
        events = _events(ask, time_range, event_type, parameters)
        values = parameters.values
        [(event_count,)] = ask.run(f"SELECT count(*) FROM ({events})", values)
        pairs = f"""
            SELECT pair.key AS name, pair.value AS value
            FROM (SELECT unnest(map_entries(properties)) AS pair FROM ({events}))"""
        types = ", ".join(f"count(*) FILTER (WHERE type = '{name}')" for name in TYPES)
        found = ask.run(
            f"""SELECT name, count(*) AS events, [{types}], approx_count_distinct(value)
                FROM (SELECT name, value, {_TYPE} AS type FROM ({pairs}) WHERE length(name) <= {NAME_LENGTH_MAX})
                GROUP BY name ORDER BY events DESC, name LIMIT {NAMES_MAX + 1}""",
            values,
        )
        few = [name for name, _, _, about in found if about <= 2 * ENUM_MAX]
        by_name: dict[str, dict[str, int]] = defaultdict(dict)
        counted = f"SELECT name, value, count(*) FROM ({pairs}) WHERE name IN (SELECT unnest({parameters.name(few)}))"
        for name, value, count in ask.run(f"{counted} GROUP BY name, value ORDER BY name, value", values):
            by_name[name][value] = count
    uses = [
        PropertyUse(name, count, {kind: n for kind, n in zip(TYPES, kinds, strict=True) if n}, by_name[name])
        for name, count, kinds, _ in found[:NAMES_MAX]
    ]
    return TypeUse(event_count, uses, len(found) > NAMES_MAX)


def _asking(engine: DuckdbEngine, source: EventSource) -> AbstractContextManager[Asking]:
    # Whose an event is matters to nobody here, and to find out costs a join.
    return engine.asking(replace(source, owners=None, aliases=None, traits=None))


def _events(ask: Asking, time_range: TimeRange, event_type: str, parameters: Parameters) -> str:
    condition = looked_at_sql(time_range, None, parameters)
    return f"SELECT * FROM ({ask.events(parameters)}) WHERE {condition} AND event_type = {parameters.name(event_type)}"
