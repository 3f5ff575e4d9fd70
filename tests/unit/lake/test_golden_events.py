"""Files of events that earlier versions wrote: each stays readable, and answers what it answered."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import parse_range
from iafa_api.lake import parquet
from iafa_api.lake.event_source import EventSource

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = {
    "events_v1.parquet": "4e857b645f632eea6a65a8717629b7d94fabc9f2eb0523d672df55efb6f66b72",
    "events_v2.parquet": "158dccef1190b76693488ff7392dc4bfc5c5859e6b323086dfbd3ef85d27a818",
    "events_v3.parquet": "65432dc19f20def3308efef65342611a90dc22b9dce213b03c9033459cc24b48",
}
DEFINITION = {"stages": [{"event_type": "view"}, {"event_type": "cart"}, {"event_type": "buy"}]}


def test_each_file_is_the_one_that_was_written_then() -> None:
    assert {path.name for path in GOLDEN.glob("events_*.parquet")} == set(FILES)
    for name, digest in FILES.items():
        assert hashlib.sha256((GOLDEN / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("names", [*[[name] for name in FILES], list(FILES)], ids=[*FILES, "together"])
def test_the_funnel_of_every_version_has_the_same_persons(names: list[str]) -> None:
    engine = DuckdbEngine(events_dir=GOLDEN, memory_bytes=1 << 28, threads=1, timeout_seconds=30)
    source = EventSource(tuple(GOLDEN / name for name in names), parquet.empty_table(), 1, {})
    now_us = 1_800_000_000_000_000
    time_range = parse_range("2026-01-15", "2026-01-15", timezone="UTC", now_us=now_us)
    counts = count_funnel(
        engine, source, FunnelQuestion(funnel_from_json(DEFINITION, least_stages=1), time_range, None, now_us)
    )
    assert [stage.persons for stage in counts.stages] == [4, 2, 1]
    engine.close()
