"""A catalogue says what there is: counts, kinds and values, as an oracle counts them one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iafa_api.analytics import catalogue_sql
from iafa_api.analytics.catalogue import read_catalogue
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.domain.catalogue import Bounds, Catalogue, CatalogueQuestion, NameUse
from iafa_api.domain.time_range import parse_range
from tests.journeys import START, row
from tests.oracles.catalogue_oracle import catalogue
from tests.properties.test_activity_engine_equals_oracle import spread

DAY = 86_400_000_000
TYPES = ["view", "View", "pay", "sign up", "é", "%", "_"]
NAMES = ["plan", "Plan", "price", "a.b", "", "%", "é"]
VALUES = [
    None,
    "",
    "x",
    "true",
    "false",
    "True",
    "0",
    "-1.5e3",
    "007",
    "1_0",
    "inf",
    "{}",
    '{"a":1}',
    "[1]",
    "[",
    "y" * 200,
]
TEXTS = [*VALUES, "z" * 201, "é", "Ω" * 200]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


def random_rows(rng: random.Random) -> list[dict[str, Any]]:
    names, values = rng.sample(NAMES, rng.randint(1, 5)), rng.sample(TEXTS, rng.randint(1, 12))
    rows = []
    for place in range(rng.randint(0, 60)):
        properties = {name: rng.choice(values) for name in names if rng.random() < 0.6}
        event = row(rng.choice(TYPES[: rng.randint(1, 7)]), START + rng.randint(-DAY, 2 * DAY), place=place)
        event |= {"properties": properties, "user_id": rng.choice(["u1", "u2", None]), "anonymous_id": "a"}
        event["url"] = rng.choice([None, "/"])
        rows.append(event)
    return rows


def shown(found: Catalogue) -> dict[str, Any]:
    return {
        "types": [
            (one.event_type, one.count, one.first_us, one.last_us, one.columns, uses(one.properties), one.has_more)
            for one in found.event_types
        ],
        "has_more": found.has_more,
        "persons": found.persons,
        "traits": (uses(found.traits), found.has_more_traits),
    }


def uses(names: tuple[NameUse, ...]) -> list[Any]:
    return [(one.name, one.count, one.kinds, one.values, one.has_more) for one in names]


def test_random_histories_agree(engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = Bounds(3, 3, 3)
    monkeypatch.setattr(CatalogueQuestion, "bounds", bounds)
    time_range = parse_range("2026-01-01", "2026-01-01", timezone="UTC", now_us=START)
    for seed in range(120):
        rng = random.Random(seed)
        rows = random_rows(rng)
        people = {
            ("user", f"u{n}"): {name: rng.choice("xyz") for name in NAMES if rng.random() < 0.4} for n in range(5)
        }
        source = spread(rows, people, rng, tmp_path)
        question = CatalogueQuestion(time_range, rng.choice([None, None, *TYPES]), rng.choice(["", "", "P", "é", "%"]))
        found = shown(read_catalogue(engine, source, question))
        assert found == catalogue(rows, people, question, bounds), f"seed {seed}: {question}"


def test_of_very_many_values_those_shown_are_counted_exactly(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_sql, "MANY", 50)
    rng = random.Random(1)
    values = [f"v{number}" for number in range(500)] + ["often"] * 400 + ["also"] * 300
    rows = [row("view", START + n, place=n, properties={"p": value, "q": "1"}) for n, value in enumerate(values)]
    rng.shuffle(rows)
    time_range = parse_range("2026-01-01", "2026-01-01", timezone="UTC", now_us=START)
    source = spread(rows, {}, rng, tmp_path)
    found = read_catalogue(engine, source, CatalogueQuestion(time_range))
    p, q = found.event_types[0].properties
    assert (p.name, p.count, p.has_more) == ("p", 1200, True)
    assert p.values[:2] == (("often", 400), ("also", 300))
    assert [count for _, count in p.values[2:]] == [1, 1, 1]
    assert (q.values, q.has_more) == ((("1", 1200),), False)
