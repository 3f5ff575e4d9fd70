"""The funnel of `bench.funnel` where a million visitors are joined with users, against the same without a link.

Each event names its visitor, and four in ten their user as well; one visitor in twenty has had two users. Beside it
what it takes to resolve the links at first, and again after a hundred new ones, each against reading them as a table.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench import funnel
from bench.ratios import Row, compare, cpu_of, interleave
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import TimeRange
from iafa_api.lake import layout, parquet
from iafa_api.lake import parquet_identities as log
from iafa_api.lake.event_source import EventSource

LINKS, NEW_LINKS = 1_000_000, 100
SECOND_USERS = 20  # one visitor in so many has had two


def run(*, quick: bool) -> list[Row]:
    links = 50_000 if quick else LINKS
    with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
        root = Path(directory)
        files = _write_visits(root, 200_000 if quick else 5_000_000, links)
        table = log.join_tables([_links(0, links), _links(0, links, every=SECOND_USERS, user="second")])
        persons = log.resolve(table)
        source = EventSource(tuple(root / file for file in files), parquet.empty_table(), 1, {})
        joined = replace(source, owners=persons.owners)
        return [_measure_funnel(root, source, joined, 3 if quick else 7), *_measure_resolving(table, persons, links)]


def _measure_funnel(root: Path, source: EventSource, joined: EventSource, rounds: int) -> Row:
    stages = [{"event_type": name} for name in funnel.STAGES]
    end_us = funnel.START_US + funnel.DAYS * layout.DAY_US
    question = FunnelQuestion(
        funnel_from_json({"stages": stages, "conversion_window": {"value": 7, "unit": "day"}}, least_stages=2),
        TimeRange(funnel.START_US, end_us, "", ""),
        None,
        now_us=end_us,
    )
    engine = DuckdbEngine(
        events_dir=root / layout.EVENTS,
        memory_bytes=funnel.MEMORY_BYTES,
        threads=funnel.THREADS,
        timeout_seconds=120,
    )
    try:
        ours, plain = interleave(
            rounds,
            lambda: cpu_of(lambda: count_funnel(engine, joined, question)),
            lambda: cpu_of(lambda: count_funnel(engine, source, question)),
        )
    finally:
        engine.close()
    rows = joined.owners.num_rows
    return compare(f"funnel of 5 stages, {rows / 1e6:g} M visitors joined", ours, plain, note="no link", most=1.2)


def _measure_resolving(table: Any, persons: log.Persons, links: int) -> list[Row]:
    new = _links(links, NEW_LINKS)
    first, again, read = interleave(
        3,
        lambda: cpu_of(lambda: log.resolve(table)),
        lambda: cpu_of(lambda: log.resolve_more(table, persons, new)),
        lambda: cpu_of(lambda: table.column("anonymous_id").combine_chunks().dictionary_encode()),
    )
    note = "a dictionary of the visitors"
    return [
        compare(f"who is whom by {table.num_rows / 1e6:g} M calls", first, read, note=note),
        compare(f"the same after {NEW_LINKS} more", again, read, note=note),
    ]


def _links(first: int, count: int, *, every: int = 1, user: str = "user") -> Any:
    numbers = np.arange(first, first + count, every)
    missing = pa.nulls(len(numbers), pa.string())
    at_us = pa.array(funnel.START_US + numbers + (user != "user") * 45 * layout.DAY_US).cast(parquet.TIME)
    columns = {
        "user_id": _names(f"{user}-", numbers),
        "anonymous_id": _names("0b1da89c-d177-4d6a-9f6b-", numbers),
        "traits": pa.nulls(len(numbers), log.TRAITS),
        "at": at_us,
        "door": pa.repeat(pa.scalar("identify"), len(numbers)),
        "ingested_at": at_us,
        "segment": pa.repeat(pa.scalar("0000000000000000-00000000"), len(numbers)),
        "place": pa.array(np.zeros(len(numbers), dtype=np.int64)),
    }
    return pa.Table.from_arrays([columns.get(field.name, missing) for field in log.SCHEMA], schema=log.SCHEMA)


def _write_visits(root: Path, count: int, visitors: int) -> list[str]:
    """The visits of `bench.funnel`, each by one of the visitors."""

    def visitors_of(table: Any) -> Any:
        visits = pc.utf8_replace_slice(table.column("session_id"), 0, len("visit-"), "").cast(pa.int64())
        numbers = visits.to_numpy() * 7919 % visitors  # a prime: neighbours in time are not neighbours by name
        users = pc.if_else(pa.array(np.arange(len(numbers)) % 10 < 4), _names("user-", numbers), None)
        columns = {
            "user_id": users,
            "anonymous_id": _names("0b1da89c-d177-4d6a-9f6b-", numbers),
            "person_ordinal": pa.array(numbers.astype(np.int32)),
        }
        return pa.Table.from_arrays(
            [columns.get(name, table.column(name)) for name in table.column_names], schema=table.schema
        )

    return [file.path for file in funnel.write_journeys(root, count, change=visitors_of)]


def _names(prefix: str, numbers: Any) -> Any:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")
