"""Cohorts by month of real orders: the engine answers what a plain count over years and months does."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.retention import count_retention, retention_table
from iafa_api.clock import to_us
from iafa_api.domain.retention import retention_from_json
from iafa_api.lake.event_source import EventSource
from tests.journeys import row, table

MONTHS = 18  # January 1997 to June 1998
ORDER = {"event_type": "order"}
CUSTOMERS = 23_570
NOW_US = to_us(datetime(1998, 7, 1, tzinfo=UTC))


@pytest.mark.skipif("IAFA_TEST_DATA" not in os.environ, reason="needs IAFA_TEST_DATA, a directory of event data")
@pytest.mark.parametrize("rule", ["first_time", "recurring"])
def test_cohorts_of_customers_by_month(tmp_path: Path, rule: str) -> None:
    orders = pq.read_table(Path(os.environ["IAFA_TEST_DATA"]) / "cdnow_orders.parquet").to_pylist()
    days = [datetime.fromisoformat(str(order["date"])[:10]).replace(tzinfo=UTC) for order in orders]
    months_of = defaultdict(set)
    rows = []
    for place, (order, day) in enumerate(zip(orders, days, strict=True)):
        customer = str(order["customer_id"])
        months_of[customer].add((day.year - 1997) * 12 + day.month - 1)
        rows.append(row("order", to_us(day), place=place, user_id=customer))
    wanted = [[0] * (MONTHS - month) for month in range(MONTHS)]
    for months in months_of.values():
        for cohort in months if rule == "recurring" else [min(months)]:
            for month in months:
                if month >= cohort:
                    wanted[cohort][month - cohort] += 1
    source = EventSource((), table(rows), 1, {})
    document = {
        "cohort_event": ORDER,
        "return_event": ORDER,
        "cohort_rule": rule,
        "interval": "month",
        "periods": MONTHS,
        "last_period_contains": "1998-06-30",
    }
    question = retention_from_json(document, timezone="UTC", week_start="monday", now_us=NOW_US)
    engine = DuckdbEngine(events_dir=tmp_path, memory_bytes=10**9, threads=2, timeout_seconds=60)
    found = retention_table(question, count_retention(engine, source, question))
    engine.close()
    assert found["matrix"] == wanted
    assert len(months_of) == CUSTOMERS
    if rule == "first_time":
        assert sum(line[0] for line in wanted) == CUSTOMERS
