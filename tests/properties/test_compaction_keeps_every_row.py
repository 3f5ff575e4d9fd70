"""Whatever is merged, split and expired beside it, and in which pieces: the same rows, all columns, equal answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from iafa_api import clock
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.domain.funnel import FunnelCounts, FunnelQuestion
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import parse_range
from iafa_api.ingest.sweep import run_sweep
from iafa_api.ingest.tail import read_source
from iafa_api.lake import compaction, parquet, parquet_merge
from iafa_api.lake.compaction import run_compaction
from iafa_api.lake.expiry import Retention, run_expiry
from iafa_api.lake.manifest_schema import DataFile
from tests.crash.world import OTHER_PROJECT, PROJECT, World

NOW_US = clock.parse_time("2026-02-10T00:00:00Z")
events = st.lists(
    st.fixed_dictionaries(
        {
            "event_type": st.sampled_from(["view", "buy", "ürn", "a", "b"]),
            "user_id": st.sampled_from(["ann", "bob", "ü", "z" * 40]),
            "timestamp": st.builds("2026-01-{:02}T10:{:02}:00Z".format, st.integers(1, 2), st.integers(0, 5)),
        },
        optional={
            "id": st.text("abcdef", min_size=1, max_size=2),
            "properties": st.dictionaries(st.sampled_from("pq"), st.none() | st.integers(0, 3), max_size=2),
            "session_id": st.sampled_from(["s", "t"]),
        },
    ),
    min_size=1,
    max_size=5,
)
step = st.one_of(
    st.tuples(st.just("send"), st.sampled_from([PROJECT, OTHER_PROJECT]), events),
    st.tuples(st.just("send"), st.sampled_from([PROJECT, OTHER_PROJECT]), events),
    st.tuples(st.just("flush")),
    st.tuples(st.just("flush")),
    st.tuples(st.just("compact"), st.sampled_from([2, 3, 1 << 20]), st.sampled_from([1, 2, 8])),
    st.tuples(st.just("expire")),
)
FUNNEL = {
    "stages": [{"order": 1, "event_type": "view"}, {"order": 2, "event_type": "buy"}],
    "conversion_window": {"value": 1, "unit": "day"},
}


def stored(world: World) -> list[dict[str, Any]]:
    """Every row of PROJECT with every column, of files only."""
    files = world.manifest.snapshot(PROJECT).files
    tables = [parquet.pq.ParquetFile(world.root / file.path).read() for file in files]
    rows: list[dict[str, Any]] = parquet.concat_tables(tables).to_pylist()
    return sorted(rows, key=lambda row: (row["segment"], row["place"]))


def counts(world: World, engine: DuckdbEngine) -> FunnelCounts:
    days = parse_range("2026-01-01", "2026-01-31", timezone="UTC", now_us=NOW_US)
    question = FunnelQuestion(funnel_from_json(FUNNEL, least_stages=1), days, None, NOW_US)
    return count_funnel(engine, read_source(world.buffer, world.manifest, world.root, PROJECT), question)


def compact(world: World, piece_rows: int, width: int) -> None:
    def in_pieces(*args: Any, **more: Any) -> list[DataFile]:
        return merge(*args, **more, piece_rows=piece_rows)

    merge = parquet_merge.merge_files
    with (
        mock.patch.object(parquet_merge, "merge_files", in_pieces),
        mock.patch.object(compaction, "TIER_WIDTH", max(2, width)),
        mock.patch.object(compaction, "SPLIT_BYTES", 6_000 if width == 1 else 1 << 40),
        mock.patch.object(compaction, "AIM_MOST_BYTES", 3_000 if width == 1 else 1 << 30),
        mock.patch.object(parquet, "ROW_GROUP_ROWS", 3),
    ):
        assert run_compaction(world.manifest, world.root, now_us=NOW_US).refused == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(step, min_size=3, max_size=16))
def test_rows_and_answers_are_the_same_before_and_after(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        world = World(root)
        engine = DuckdbEngine(events_dir=root / "events", memory_bytes=1 << 28, threads=1, timeout_seconds=30)
        for kind, *what in [*steps, ("flush",), ("compact", 2, 2), ("expire",)]:
            if kind == "send":
                world.send(*what[1], project_id=what[0])
                continue
            if kind == "flush":
                world.flush(wait_seconds=0.0)
                continue
            before, answer = stored(world), counts(world, engine)
            if kind == "compact":
                compact(world, *what)
            else:
                known = {PROJECT: Retention(0), OTHER_PROJECT: Retention(20)}
                run_expiry(world.manifest, root, lambda known=known: known, now_us=NOW_US)  # type: ignore[misc]
                assert world.manifest.snapshot(OTHER_PROJECT).files == ()
            assert stored(world) == before
            assert counts(world, engine) == answer
            assert run_sweep(world.buffer, world.manifest, root, grace_us=-1).lost == ()
            assert stored(world) == before
            for file in world.manifest.snapshot(PROJECT).files:
                table = parquet.pq.ParquetFile(root / file.path).read()
                assert list(parquet.order_of(table)) == list(range(table.num_rows))
        engine.close()
        world.buffer.close()
        world.manifest.close()
