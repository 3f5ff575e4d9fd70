"""Trends answer what their definition says; and engines that are wrong are found out.

The histories are those of the questions about people who come back, with numbers in their properties.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iafa_api.analytics import duckdb_engine, period_sql, trends, trends_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import events_sql
from iafa_api.domain.trends import COUNTS, OF_NUMBERS, trends_from_json
from iafa_api.lake.event_source import EventSource
from tests.journeys import table, write_file
from tests.oracles.trends_oracle import trends_figures
from tests.properties.test_activity_engine_equals_oracle import FILTERS, random_case, random_events

DAY = 86_400_000_000
NUMBERS = ["0.1", "0.2", "0.3", "10", "-4.25", "007", "1e3", "1e-13", "0.1234567890123456789", "123456789012345678901"]
TEXTS = [*NUMBERS, *NUMBERS, "", "x", " 1", "1_0", "inf", "1e400", "true", None]
FORMULAS = ["A + B", "A / B", "B / A * 100", "(A - B) / (A + B)", "-A", "2 * (A - 1.5)", "B", "A / (B - B)"]
SPREADS = ["properties.c", "user.plan", "user.team", "event_type", "session_id", "user_id"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


def agree(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case = random_case(rng, directory)
    for one in case.rows:
        if (text := rng.choice(TEXTS)) is not None:
            one["properties"]["n"] = text
    source = spread_again(case.source, case.rows, rng, directory)
    case.document.pop("count_by")
    count = rng.randint(1, 3)
    measures = [*COUNTS, *COUNTS, *["first_time_users"] * 3, *(f"{kind} of properties.n" for kind in OF_NUMBERS)]
    document = {
        **case.document,
        "series": [{**random_events(rng), "measure": rng.choice(measures)} for _ in range(count)],
        "moving_average": rng.choice([None, None, 1, 3]),
        "filter": rng.choice([*FILTERS, {"properties.n": {"gt": 0}}]),
    }
    if count > 1 and rng.random() < 0.6:
        document["formulas"] = rng.sample(FORMULAS, rng.randint(1, 2))
    if rng.random() < 0.6:
        names = rng.sample(SPREADS, rng.randint(1, 3))
        document["breakdown"] = {"properties": names, "limit": rng.choice([1, 2, 25])}
    question = trends_from_json(document, **case.options)
    wanted = trends_figures(case.rows, question, case.traits)
    found = trends.trends_table(question, trends.count_trends(engine, source, question))
    if question.moving_average or any(one.measure.kind in ("median", "p90") for one in question.series):
        found = same(found, wanted)
    assert {name: found[name] for name in wanted} == wanted, f"seed {seed}: {question.asked}"
    return any(line["total"] for line in wanted["series"])


def spread_again(source: EventSource, rows: list[Any], rng: random.Random, directory: Path) -> EventSource:
    """The source with these rows, in files and a tail."""
    parts: list[list[Any]] = [[], [], []]
    for one in rows:
        rng.choice(parts).append(one)
    files = [write_file(part, directory / f"{number}.parquet") for number, part in enumerate(parts[1:]) if part]
    return replace(source, files=tuple(files), tail=table(parts[0]))


def same(found: Any, wanted: Any) -> Any:
    """What was found, with every float that is near the wanted one replaced by it: means and quantiles are rounded."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return {name: same(value, wanted.get(name)) for name, value in found.items()}
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return [same(*pair) for pair in zip(found, wanted, strict=True)]
    if isinstance(found, float) and isinstance(wanted, (int, float)):
        return wanted if found == pytest.approx(wanted, rel=1e-12, abs=1e-15) else found
    return found


def test_random_questions_agree(engine: DuckdbEngine, tmp_path: Path) -> None:
    assert sum(agree(engine, seed, tmp_path) for seed in range(150)) > 50, "too many questions about nothing"


@pytest.mark.soak
def test_ten_thousand_random_questions_agree(engine: DuckdbEngine, tmp_path: Path) -> None:
    for seed in range(1000, 11_000):
        agree(engine, seed, tmp_path)


def _same_names(*asked: Any, **more: Any) -> str:
    return events_sql(*asked, **more).replace("'u' || ", "").replace("'a' || ", "")


def _changed(module: Any, attribute: str, old: str, new: str) -> tuple[Any, str, Any]:
    """A maker of SQL, or a text of it, with something else in it."""
    right = getattr(module, attribute)
    if isinstance(right, str):
        return module, attribute, right.replace(old, new)
    return module, attribute, lambda *asked, **more: right(*asked, **more).replace(old, new)


def _summed_up(figures: Any, line: Any, count: int, measure: Any) -> Any:
    right = _line(figures, line, count, measure)
    return trends.Line(right.data, sum(one or 0 for one in right.data))


_line = trends._line
WRONG: dict[str, tuple[Any, str, Any]] = {
    "a user and a visitor of one name are one": (duckdb_engine, "events_sql", _same_names),
    "a total is the sum of its periods": (trends, "_line", _summed_up),
    "first times are those of two days": (
        trends_sql,
        "looked_at_until_sql",
        lambda start_us, end_us, *more: period_sql.looked_at_until_sql(end_us - 2 * DAY, end_us, *more),
    ),
    "of first times the last value counts": _changed(trends_sql, "atoms", "arg_min(value", "arg_max(value"),
    "of one instant the last to arrive is the first": (trends_sql, "ARRIVAL", "created_at, -epoch_us(ingested_at)"),
    "who came before the range comes first in it": _changed(
        trends_sql, "atoms", "HAVING min(created_at) >=", "HAVING max(created_at) >="
    ),
    "events outside the range count in its first and last period": (
        trends_sql,
        "looked_at_sql",
        lambda time_range, tree, parameters: period_sql.looked_at_until_sql(
            time_range.start_us - DAY, time_range.end_us, tree, parameters
        ),
    ),
    "events without a session are one session": _changed(
        trends_sql, "atoms", "AND unit IS NOT NULL", "AND coalesce(unit, '') IS NOT NULL"
    ),
    "persons of a period are counted by their events": _changed(trends_sql, "figures", "DISTINCT ", ""),
    "a text that begins like a number is one": _changed(trends_sql, "atoms", "regexp_full_match", "regexp_matches"),
    "a missing value is none": _changed(trends_sql, "atoms", ", '')", ", 'none')"),
    "values are ranked by name": (trends, "_rank", sorted),
    "values that tie are ranked backwards": (
        trends,
        "_rank",
        lambda totals: sorted(totals, key=lambda one: (totals[one] is None, -(totals[one] or 0), -one)),
    ),
    "what has no figure ranks as nothing": (
        trends,
        "_rank",
        lambda totals: sorted(totals, key=lambda one: (-(totals[one] or 0), one)),
    ),
    "the rest of the values is left out": _changed(
        trends_sql, "lines", "AS BIGINT)) AS line", "AS BIGINT) + 1) AS line"
    ),
    "sums are of decimals alone": _changed(trends_sql, "EXACT", "exact IS NULL AND", "false AND"),
    "the median is one of the numbers": _changed(trends_sql, "lines", "quantile_cont", "quantile_disc"),
    "what is missing at the start counts as nothing": (
        trends,
        "_averaged",
        lambda data, length: _averaged([0] * ((length or 1) - 1) + list(data), length)[(length or 1) - 1 :],
    ),
}
_averaged = trends._averaged


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_engine_is_found_out_by_the_same_questions(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module, attribute, wrong = WRONG[name]
    assert getattr(module, attribute) != wrong
    monkeypatch.setattr(module, attribute, wrong)
    with pytest.raises(AssertionError, match="seed"):
        assert [agree(engine, seed, tmp_path) for seed in range(400)] == "all agree"
