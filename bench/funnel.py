"""A funnel of five stages in seven days, over 90 days of events: the engine against a DuckDB scan of the same columns.

The engine answers as for the API (`count_funnel`: persons, times, who waits, warm). The scan reads person, time and
type of every event from the same files with as many threads and adds up their hashes: about what any answer from these
files must cost. By the clock, because both use all threads.
"""

from __future__ import annotations

import tempfile
from binascii import hexlify
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.ratios import Row, compare, interleave, wall_of
from iafa_api import clock
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import TimeRange
from iafa_api.lake import layout, parquet
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.manifest_schema import DataFile

DAYS = 90
START_US = 20_454 * layout.DAY_US  # 2026-01-01
STAGES = ("page_view", "product_view", "add_to_cart", "checkout_started", "purchase")
STAGE_SHARES = (0.34, 0.16, 0.06, 0.03, 0.015)
TYPES = (*STAGES, *(f"feature_{number:02}_used" for number in range(25)))
EVENTS_A_PERSON = 25
EVENTS_A_VISIT = 6
DAYS_A_FILE_SET = 10  # of events in memory at once
THREADS = 2
MEMORY_BYTES = 2 << 30
SCAN = """
SELECT count(*), sum(hash(coalesce(user_id, anonymous_id))), sum(epoch_us(created_at)), sum(hash(event_type))
FROM read_parquet($files)
"""


def run(*, quick: bool) -> list[Row]:
    rows = []
    for count in (200_000,) if quick else (1_000_000, 5_000_000):
        with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
            files = [file.path for file in write_journeys(Path(directory), count)]
            rows.append(_measure(Path(directory), files, count, rounds=3 if quick else 7))
    return rows


def _measure(root: Path, files: list[str], count: int, *, rounds: int) -> Row:
    source = EventSource(tuple(root / file for file in files), parquet.empty_table(), 1, {})
    stages = [{"event_type": name} for name in STAGES]
    window = {"value": 7, "unit": "day"}
    end_us = START_US + DAYS * layout.DAY_US
    question = FunnelQuestion(
        funnel_from_json({"stages": stages, "conversion_window": window}, least_stages=2),
        TimeRange(START_US, end_us, "", ""),
        None,
        now_us=end_us,
    )
    engine = DuckdbEngine(
        events_dir=root / layout.EVENTS, memory_bytes=MEMORY_BYTES, threads=THREADS, timeout_seconds=120
    )
    database = duckdb.connect(config={"threads": THREADS, "memory_limit": f"{MEMORY_BYTES}B"})
    names = {"files": [str(path) for path in source.files]}
    try:
        counts = count_funnel(engine, source, question)
        if counts.events != count or not counts.stages[-1].persons:
            raise RuntimeError(f"the funnel counts {counts}")
        ours, scan = interleave(
            rounds,
            lambda: wall_of(lambda: count_funnel(engine, source, question)),
            lambda: wall_of(lambda: database.execute(SCAN, names).fetchall()),
        )
    finally:
        engine.close()
        database.close()
    what = f"funnel of 5 stages, 7 days, {count / 1e6:g} M events: time, warm"
    return compare(what, ours, scan, note="DuckDB scan of the columns")


def write_journeys(
    root: Path, count: int, change: Callable[[Any], Any] = lambda table: table, *, project_id: str | None = None
) -> list[DataFile]:
    """Write about a quarter year of made-up visits as files by day below `root`.

    A few people come often and most seldom, a few types are most of the events, and a visit's events lie minutes apart.
    `change` is given each table before it is written.
    """
    dice = np.random.default_rng(7)
    project_id = project_id or clock.new_id()
    people = max(1, count // EVENTS_A_PERSON)
    visits = count // EVENTS_A_VISIT + 1
    # Squared: half of the visits are those of a quarter of the people.
    visitor = (people * dice.random(visits) ** 2).astype(np.int64)
    begins = np.sort(dice.integers(0, DAYS * layout.DAY_US, visits))
    shares = np.concatenate([STAGE_SHARES, 1 / np.arange(1, len(TYPES) - len(STAGES) + 1)])
    shares[len(STAGES) :] *= (1 - sum(STAGE_SHARES)) / shares[len(STAGES) :].sum()
    type_of = dice.choice(len(TYPES), size=count, p=shares)
    visit_of = np.arange(count) // EVENTS_A_VISIT
    gaps = dice.exponential(90e6, count).astype(np.int64)
    time_of = begins[visit_of] + np.arange(count) % EVENTS_A_VISIT * 60 * clock.MICROSECONDS + gaps
    time_of = START_US + np.minimum(time_of, DAYS * layout.DAY_US - 1)
    day_of = (time_of - START_US) // layout.DAY_US
    files: list[DataFile] = []
    for first in range(0, DAYS, DAYS_A_FILE_SET):
        chosen = np.flatnonzero((day_of >= first) & (day_of < first + DAYS_A_FILE_SET))
        table = _table(project_id, type_of[chosen], visitor[visit_of[chosen]], visit_of[chosen], time_of[chosen], dice)
        files += parquet.write_events(root, project_id, change(table))
    return files


def _table(project_id: str, types: Any, visitors: Any, visits: Any, times: Any, dice: np.random.Generator) -> Any:
    count = len(types)
    ids = np.frombuffer(hexlify(dice.bytes(16 * count)), dtype="S32")
    names = pc.binary_join_element_wise("person-", pc.cast(pa.array(visitors), pa.string()), "")
    is_known = pa.array(visitors % 10 < 7)
    missing = pa.nulls(count, pa.string())
    keys = pa.array(np.tile(["plan", "product"], count))
    values = pc.binary_join_element_wise("v", pc.cast(pa.array(dice.integers(0, 50, 2 * count)), pa.string()), "")
    columns = {
        "id": pa.array(ids, pa.binary()).cast(pa.string()),
        "project_id": _repeated(project_id, count),
        "event_type": pa.DictionaryArray.from_arrays(pa.array(types), pa.array(TYPES)).cast(pa.string()),
        "user_id": pc.if_else(is_known, names, missing),
        "anonymous_id": pc.if_else(is_known, missing, names),
        "session_id": pc.binary_join_element_wise("visit-", pc.cast(pa.array(visits), pa.string()), ""),
        "properties": pa.MapArray.from_arrays(
            pa.array(np.arange(count + 1, dtype=np.int32) * 2), keys.cast(pa.string()), values
        ),
        "url": _repeated("https://shop.example/products", count),
        "created_at": pa.array(times).cast(parquet.TIME),
        "client_timestamp": pa.array(times).cast(parquet.TIME),
        "ingested_at": pa.array(times).cast(parquet.TIME),
        "segment": _repeated("0000000000000000-00000000", count),
        "place": pa.array(np.arange(count)),
        "person_ordinal": pa.array(visitors.astype(np.int32)),
    }
    arrays = [columns.get(field.name, missing) for field in parquet.SCHEMA]
    return pa.Table.from_arrays(arrays, schema=parquet.SCHEMA)


def _repeated(text: str, count: int) -> Any:
    return pa.repeat(pa.scalar(text, pa.string()), count)
