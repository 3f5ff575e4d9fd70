"""A month of a metric by day from roll-ups, against the same answer from the events.

Two data directories hold the same events of a quarter year, each with an amount and one of twenty plans; the scheduler
has rolled up those of one. Ours and the peer are the same question over either, put as the API puts it, without HTTP.
What they answer must be the same to the last digit. By the clock, because the engine uses all threads.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench import funnel
from bench.ratios import Row, compare, interleave, wall_of
from iafa_api import clock
from iafa_api.answers.metrics import answer_metric
from iafa_api.bootstrap import bootstrap
from iafa_api.lake.layout import DAY_US
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.events import Actor, Cause
from iafa_api.metadata.saved import METRIC_DEFINITION
from iafa_api.services import Services
from iafa_api.settings import Settings
from iafa_api.upkeep.rollup_care import run_rollups

PLANS = 20
BUDGET_SECONDS = 600.0
START_DAY, MONTH_DAYS = 30, 30  # of the quarter
PROJECT = {
    "name": "Bench",
    "domain": None,
    "allowed_origins": [],
    "timezone": "UTC",
    "week_start": "monday",
    "retention_days": 0,
}
REVENUE = {
    "name": "revenue",
    "description": None,
    "event_type": None,
    "measure": "sum of properties.amount",
    "filter": None,
    "unit": None,
    "dimensions": ["properties.plan"],
}
TARGET = 0.2  # of what the answer from the events takes
QUESTIONS = (
    ("events", None, "events a day"),
    ("events", "event_type", "events a day by type"),
    ("revenue", None, "sums a day"),
    ("revenue", "properties.plan", "sums a day by property"),
)


def run(*, quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="iafa-bench-") as directory:
        return _measure(Path(directory), 100_000 if quick else 3_000_000, rounds=3 if quick else 5)


def _measure(root: Path, count: int, *, rounds: int) -> list[Row]:
    project_id = _fill(root / "rolled", count)
    shutil.copytree(root / "rolled", root / "plain")
    rolled, plain = (_open(root / name) for name in ("rolled", "plain"))
    try:
        now_us = funnel.START_US + 2 * funnel.DAYS * DAY_US
        run_rollups(rolled, now_us=now_us, keep_days=0, budget_seconds=BUDGET_SECONDS)
        rows = []
        for name, dimension, what in QUESTIONS:
            ours, events = (_answer(one, project_id, name, dimension) for one in (rolled, plain))
            if ours.pop("rolled_up_days") != MONTH_DAYS or events.pop("rolled_up_days") or ours != events:
                raise RuntimeError(f"roll-ups and events disagree about {what}")
            taken = interleave(
                rounds,
                *(
                    lambda one=one, name=name, dimension=dimension: wall_of(
                        lambda: _answer(one, project_id, name, dimension)
                    )
                    for one in (rolled, plain)
                ),
            )
            label = f"a month of {what}, {count * MONTH_DAYS / funnel.DAYS / 1e6:.2g} M events"
            rows.append(compare(label, *taken, note="from the events", most=TARGET))
        return rows
    finally:
        rolled.close()
        plain.close()


def _answer(services: Services, project_id: str, name: str, dimension: str | None) -> dict[str, Any]:
    project = Catalog(services.store.current()).find_project(project_id)
    if project is None:
        raise RuntimeError("the project is gone")
    first_us = funnel.START_US + START_DAY * DAY_US
    days = [clock.format_time(first_us + day * DAY_US)[:10] for day in (0, MONTH_DAYS - 1)]
    answer = answer_metric(
        services, project, name, metadata_position=0, start_time=days[0], end_time=days[1], dimension=dimension
    )
    return {key: answer[key] for key in ("points", "total", "rolled_up_days", "breakdown") if key in answer}


def _fill(root: Path, count: int) -> str:
    """A data directory with a project, a metric that it defines, and its events; the project's id."""
    services = _open(root)
    try:
        cause, organization_id = Cause(Actor("operator"), clock.new_id()), clock.new_id()
        project, _ = services.projects.create(cause, organization_id, PROJECT)
        services.saved(METRIC_DEFINITION).create(cause, organization_id, project.id, REVENUE)
        dice = np.random.default_rng(11)
        files = funnel.write_journeys(root, count, lambda table: _with_amounts(table, dice), project_id=project.id)
        services.manifest.commit(added=files)
        return project.id
    finally:
        services.close()


def _with_amounts(table: Any, dice: np.random.Generator) -> Any:
    count = table.num_rows
    values = np.empty(2 * count, dtype=object)
    values[0::2] = (dice.integers(100, 30_000, count) / 100).astype(str)
    values[1::2] = np.char.add("plan ", dice.integers(0, PLANS, count).astype(str))
    keys = pa.array(np.tile(["amount", "plan"], count), pa.string())
    place = table.schema.get_field_index("properties")
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * 2)
    properties = pa.MapArray.from_arrays(offsets, keys, pa.array(values, pa.string()))
    return table.set_column(place, table.schema.field(place), properties.cast(table.schema.field(place).type))


def _open(root: Path) -> Services:
    return bootstrap(_settings(root))


def _settings(root: Path) -> Settings:
    return Settings(data_dir=root, query_memory=funnel.MEMORY_BYTES, query_threads=funnel.THREADS, query_timeout=120.0)
