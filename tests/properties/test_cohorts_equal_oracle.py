"""A cohort holds whom its definition says, around changes of clocks too; and engines that are wrong are found out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from iafa_api.analytics import cohort_sql, event_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.domain.cohort import cohort_from_json, freeze, reach, to_json
from iafa_api.domain.filters import matches, parse_filter
from iafa_api.domain.time_range import TimeRange
from tests.oracles.activity import unit_of
from tests.oracles.cohort_oracle import members
from tests.properties.test_activity_engine_equals_oracle import FILTERS, Case, random_case

EVER = TimeRange(0, 4 * 10**15, "", "")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


def random_definition(rng: random.Random, today: date, depth: int = 0) -> dict[str, Any]:
    how = rng.choice(["all", "any", "not", None, None]) if depth < 3 else None
    if how == "not":
        return {"not": random_definition(rng, today, depth + 1)}
    if how is not None:
        return {how: [random_definition(rng, today, depth + 1) for _ in range(rng.randint(1, 3))]}
    definition: dict[str, Any] = {"event_type": rng.choice(["a", "b", None]), "at_least": rng.choice([1, 1, 2, 3])}
    if rng.random() < 0.4:
        definition["filter"] = rng.choice([tree for tree in FILTERS if tree])
    day = today + timedelta(days=rng.randint(-4, 2))
    when = [
        {},
        {"last_days": rng.choice([1, 2, 3, 30])},
        {"start_date": str(day)},
        {"start_date": str(day), "end_date": str(day + timedelta(days=rng.randint(0, 3)))},
    ]
    return definition | rng.choice(when)


def agrees(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case = random_case(rng, directory, joins_users=True)
    time = {"timezone": case.options["timezone"], "now_us": case.options["now_us"]}
    today = date.fromisoformat(case.document.get("end_date", "2026-01-01")[:10])
    wanted, cohorts = {}, {}
    for name in ("one", "two"):
        definition = random_definition(rng, today)
        cohorts[name] = freeze(cohort_from_json(definition, **time), **time)
        wanted[name] = members(case.rows, definition, **time)
        # what a receipt says reads as the same cohort, whenever and wherever it is read
        again = freeze(cohort_from_json(to_json(cohorts[name]), timezone="UTC", now_us=0), timezone="UTC", now_us=0)
        assert (to_json(again), reach(again)) == (to_json(cohorts[name]), reach(cohorts[name]))
    return found_members(engine, case, cohorts) == wanted and counts_agree(engine, case, cohorts, wanted, rng)


def found_members(engine: DuckdbEngine, case: Case, cohorts: dict[str, Any]) -> dict[str, set[Any]]:
    kinds = {"u": "user", "a": "anonymous"}
    found: dict[str, set[Any]] = {name: set() for name in cohorts}
    with engine.asking(replace(case.source, cohorts=cohorts)) as ask:
        for cohort, person in ask.run(f"SELECT cohort, person FROM {event_sql.MEMBERS}"):
            assert (kinds[person[0]], person[1:]) not in found[cohort]
            found[cohort].add((kinds[person[0]], person[1:]))
    return found


def counts_agree(engine: DuckdbEngine, case: Case, cohorts: Any, wanted: Any, rng: random.Random) -> bool:
    ids = rng.choice([["one"], ["two"], ["one", "two"]])
    tree = parse_filter([{"property": "cohort", "operator": rng.choice(["in", "not_in"]), "value": ids}])
    for event in case.rows:
        event["cohorts"] = {name for name, persons in wanted.items() if unit_of(event, None) in persons}
    with engine.asking(replace(case.source, cohorts=cohorts)) as ask:
        return ask.count_events(EVER, tree) == sum(matches(tree, event) for event in case.rows)


@pytest.mark.parametrize("seeds", range(8))
def test_a_cohort_holds_whom_its_definition_says(engine: DuckdbEngine, tmp_path: Path, seeds: int) -> None:
    for seed in range(seeds * 25, seeds * 25 + 25):
        assert agrees(engine, seed, tmp_path), seed


def more_often(did: Any) -> Any:
    return replace(did, at_least=did.at_least + 1)


def of_any_type(did: Any) -> Any:
    return replace(did, events=replace(did.events, event_type=None))


def without_filter(did: Any) -> Any:
    return replace(did, events=replace(did.events, filter=None))


def ever(did: Any) -> Any:
    return replace(did, start=None, end=None)


@pytest.mark.parametrize("mistake", [more_often, of_any_type, without_filter, ever])
def test_a_condition_that_is_read_wrongly_is_found_out(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: Any
) -> None:
    right = cohort_sql._who_did
    monkeypatch.setattr(cohort_sql, "_who_did", lambda did, *others: right(mistake(did), *others))
    assert not all(agrees(engine, seed, tmp_path) for seed in range(60))


@pytest.mark.parametrize("combination", ["INTERSECT", "UNION"])
def test_a_wrong_combination_is_found_out(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, combination: str
) -> None:
    monkeypatch.setattr(cohort_sql, "_COMBINES", dict.fromkeys(("all", "any"), combination))
    assert not all(agrees(engine, seed, tmp_path) for seed in range(60))
