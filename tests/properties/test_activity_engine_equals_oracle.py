"""Retention, lifecycle and stickiness answer what their definitions say; and engines that are wrong are found out.

Random histories around changes of clocks: ties, users and visitors of one name, joined users, traits, sessions, late
events (they arrived long after they happened), and events spread over files and a tail.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from iafa_api.analytics import duckdb_engine, event_sql, lifecycle, period_sql, retention, retention_sql, stickiness
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import events_sql
from iafa_api.analytics.funnels import percent
from iafa_api.domain.lifecycle import lifecycle_from_json
from iafa_api.domain.periods import Period
from iafa_api.domain.retention import COHORT_RULES, retention_from_json
from iafa_api.domain.stickiness import CRITERIA, stickiness_from_json
from iafa_api.lake.event_source import EventSource
from tests.journeys import row, table, write_file
from tests.oracles.activity import unit_of
from tests.oracles.lifecycle_oracle import lifecycle_figures
from tests.oracles.retention_oracle import retention_figures
from tests.oracles.stickiness_oracle import stickiness_figures

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
# A local noon, and what happens to the clock within a day of it.
MOMENTS = [
    ("UTC", 1_767_268_800, "2026-01-01"),
    ("Europe/Berlin", 1_774_782_000, "2026-03-29"),  # forward
    ("Europe/Berlin", 1_792_926_000, "2026-10-25"),  # back
    ("America/Sao_Paulo", 1_541_340_000, "2018-11-04"),  # midnight is skipped
    ("America/Havana", 1_762_102_800, "2025-11-02"),  # midnight comes twice
    ("Pacific/Apia", 1_325_282_400, "2011-12-31"),  # yesterday was skipped
    ("Australia/Lord_Howe", 1_775_352_600, "2026-04-05"),  # half an hour
]
SPREAD = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 30 * DAY}
FILTERS = [
    None,
    None,
    None,
    {"properties.c": ["0", "1"]},
    {"properties.c": {"ne": 1}},
    {"session_id": "s1"},
    {"user.plan": "pro"},
]
TRAITS = {"plan": ["free", "pro", ""], "team": ["red", "blue"]}


@dataclass
class Case:
    rows: list[dict[str, Any]]
    source: EventSource
    traits: dict[Any, dict[str, str]]
    document: dict[str, Any]
    options: dict[str, Any]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


def random_case(rng: random.Random, directory: Path, *, joins_users: bool = False) -> Case:
    """Events around a change of clocks, and what all three questions have in common."""
    timezone, noon_seconds, day = rng.choice(MOMENTS)
    interval = rng.choice(list(SPREAD))
    noon = noon_seconds * SECOND
    rows: list[dict[str, Any]] = []
    for number in range(rng.randint(0, 14)):
        name = f"p{number // 2}"
        who = rng.choice([{"user_id": name, "anonymous_id": f"p{number}"}, {"anonymous_id": name}, {"user_id": name}])
        rhythm = [rng.randint(-6, 3) for _ in range(3)]
        for _ in range(rng.randint(1, 7)):
            time_us = noon + rng.choice(rhythm) * SPREAD[interval] // rng.choice([1, 1, 2])
            time_us += rng.choice([0, 0, 12 * HOUR, -12 * HOUR, 13 * HOUR, -12 * HOUR - 1, rng.randint(-HOUR, HOUR)])
            properties = {"c": rng.choice(["0", "1", "2", "", None])} if rng.random() < 0.8 else {}
            event = row(rng.choice("aabc"), time_us, place=len(rows), properties=properties, **who)
            event["session_id"] = rng.choice([None, "s1", "s2", "s3"])
            event["ingested_at"] = time_us + rng.choice([0, 1, DAY, 40 * DAY])
            event["segment"] = rng.choice(["s1", "s2"])
            rows.append(event)
    rng.shuffle(rows)
    aliases = {"p1": "p0", "p3": "p9"} if joins_users and rng.random() < 0.3 else {}
    for one in rows:
        if one["user_id"] in aliases:
            one["joined_to"] = aliases[one["user_id"]]
    persons = {unit_of(one, None) for one in rows}
    traits = {
        person: {name: rng.choice(values) for name, values in TRAITS.items() if rng.random() < 0.8}
        for person in sorted(persons)
        if rng.random() < 0.7
    }
    for one in rows:
        one["traits"] = traits.get(unit_of(one, None))
    document = {
        "interval": interval,
        "filter": rng.choice(FILTERS),
        "count_by": rng.choice([None, "users", "users", "sessions", "properties.c"]),
    }
    start, end = rng.choice(_ranges(day, interval, rng))
    if start is not None:
        document |= {"start_date": start, "end_date": end}
    now_us = noon + rng.randint(-3, 4) * SPREAD[interval]
    options = {"timezone": timezone, "week_start": rng.choice(["monday", "sunday"]), "now_us": now_us}
    joined = {"user_id": list(aliases), "person": [f"u{user}" for user in aliases.values()]}
    source = spread(rows, traits, rng, directory)
    source = dataclasses.replace(source, aliases=pa.table(joined) if aliases else None)
    return Case(rows, source, traits, document, options)


def _ranges(day: str, interval: str, rng: random.Random) -> list[tuple[str | None, str | None]]:
    year, month, date = day.split("-")
    before = {"hour": day, "day": f"{year}-{month}-01", "week": f"{int(year) - (month == '01')}-{month}-01"}.get(
        interval, f"{int(year) - 1}-{month}-{date}"
    )
    return [
        (day, day),
        (None, None),
        (before if before <= day else day, day),
        (f"{day}T{rng.randint(0, 3):02}:30:00", f"{day}T{rng.randint(4, 23):02}:15:00"),
    ]


def spread(rows: list[dict[str, Any]], traits: Any, rng: random.Random, directory: Path) -> EventSource:
    parts: list[list[dict[str, Any]]] = [[], [], []]
    for one in rows:
        rng.choice(parts).append(one)
    files = [write_file(part, directory / f"{number}.parquet") for number, part in enumerate(parts[1:]) if part]
    known = {
        "person": pa.array([f"{kind[0]}{name}" for kind, name in traits], pa.string()),
        "traits": pa.array([list(one.items()) for one in traits.values()], pa.map_(pa.string(), pa.string())),
    }
    return EventSource(tuple(files), table(parts[0]), 1, {}, traits=pa.table(known))


def random_events(rng: random.Random) -> dict[str, Any]:
    return {"event_type": rng.choice(["a", "a", "b", None]), "filter": rng.choice(FILTERS)}


def retention_agrees(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case = random_case(rng, directory, joins_users=True)
    day = case.document.pop("start_date", None)
    case.document.pop("end_date", None)
    document = {
        **case.document,
        "cohort_event": random_events(rng),
        "return_event": random_events(rng),
        "cohort_rule": rng.choice(COHORT_RULES),
        "periods": rng.choice([1, 2, 4, 7, 9]),
        "cumulative": rng.random() < 0.4,
        "minimum_occurrences": rng.choice([1, 1, 2, 3]),
    }
    if day is not None:
        document["last_period_contains"] = day
    if rng.random() < 0.5:
        names = rng.sample(["properties.c", "user.plan", "user.team", "event_type", "session_id"], rng.randint(1, 3))
        document["breakdown"] = {"properties": names, "limit": rng.choice([1, 2, 25])}
    question = retention_from_json(document, **case.options)
    wanted = retention_figures(case.rows, question, case.traits)
    counts = retention.count_retention(engine, case.source, question)
    found = retention.retention_table(question, counts)
    assert {name: found[name] for name in wanted} == wanted, f"seed {seed}: {question.asked}"
    assert found["periods"] == [period.label for period in question.periods]
    return any(row[0] for row in found["matrix"])


def lifecycle_agrees(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case = random_case(rng, directory, joins_users=True)
    question = lifecycle_from_json({**case.document, "event": random_events(rng)}, **case.options)
    wanted = lifecycle_figures(case.rows, question)
    found = lifecycle.lifecycle_table(question, lifecycle.count_lifecycle(engine, case.source, question))
    assert {name: found[name] for name in wanted} == wanted, f"seed {seed}: {question.asked}"
    return any(wanted["returning"]) or any(wanted["resurrecting"])


def stickiness_agrees(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case = random_case(rng, directory, joins_users=True)
    document = {
        **case.document,
        "event": random_events(rng),
        "period_length": rng.choice([1, 1, 2, 3]),
        "cumulative": rng.random() < 0.4,
    }
    if rng.random() < 0.6:
        document["criteria"] = {"operator": rng.choice(CRITERIA), "value": rng.choice([0, 1, 2, 3])}
    question = stickiness_from_json(document, **case.options)
    wanted = stickiness_figures(case.rows, question)
    found = stickiness.stickiness_table(question, stickiness.count_stickiness(engine, case.source, question))
    assert found == wanted, f"seed {seed}: {question.asked}"
    return bool(wanted["persons"])


AGREES: dict[str, Callable[[DuckdbEngine, int, Path], bool]] = {
    "retention": retention_agrees,
    "lifecycle": lifecycle_agrees,
    "stickiness": stickiness_agrees,
}


def ask_all(engine: DuckdbEngine, name: str, seeds: range, directory: Path) -> int:
    """Raises where the two differ; answers how many questions were about something."""
    return sum(AGREES[name](engine, seed, directory) for seed in seeds)


@pytest.mark.parametrize("name", AGREES)
def test_three_hundred_random_questions_agree(engine: DuckdbEngine, tmp_path: Path, name: str) -> None:
    assert ask_all(engine, name, range(300), tmp_path) > 90


@pytest.mark.soak
@pytest.mark.parametrize("name", AGREES)
def test_ten_thousand_random_questions_agree(engine: DuckdbEngine, tmp_path: Path, name: str) -> None:
    assert ask_all(engine, name, range(1000, 11_000), tmp_path) > 3000


def _swapped(make: Callable[..., str], old: str, new: str) -> Callable[..., str]:
    def wrong(*args: Any, **kwargs: Any) -> str:
        text = make(*args, **kwargs)
        assert old in text, "the wrong engine looks for what is not there"
        return text.replace(old, new)

    return wrong


def _same_names(*asked: Any, **more: Any) -> str:
    return events_sql(*asked, **more).replace("'u' || ", "").replace("'a' || ", "")


def _starting(start: Callable[[Any], int | None]) -> Callable[..., str]:
    """As `retention_sql.looked_at`, from another moment on."""
    return lambda question, parameters: period_sql.looked_at_until_sql(
        start(question), question.periods[-1].end_us, question.filter, parameters
    )


def _without_history(start_us: int | None, end_us: int, tree: Any, parameters: Any) -> str:
    return period_sql.looked_at_until_sql(end_us - 40 * DAY, end_us, tree, parameters)


def _equal_days(events: str, periods: Any, parameters: Any, *, first: int = 0) -> str:
    """Periods as fixed seconds from the first one's start."""
    length = periods[0].end_us - periods[0].start_us
    start = periods[0].start_us
    fixed = [Period(start + n * length, start + (n + 1) * length, "") for n in range(len(periods))]
    return period_sql.in_period_sql(events, fixed, parameters, first=first)


def _whole_periods(time_range: Any, tree: Any, parameters: Any) -> str:
    day = 31 * DAY
    return period_sql.looked_at_until_sql(time_range.start_us - day, time_range.end_us + day, tree, parameters)


def _nobody_is_one(count_by: str | None, parameters: Any) -> str:
    return "person" if count_by is None else f"coalesce({event_sql.property_sql(count_by, parameters)}, '')"


_average = retention._weighted_average
retention_sql_seen = retention_sql.seen

WRONG: dict[str, tuple[str, Any, str, Any]] = {
    "a user and a visitor of one name are one": ("retention", duckdb_engine, "events_sql", _same_names),
    "a period begins after its first moment": (
        "lifecycle",
        lifecycle,
        "in_period_sql",
        _swapped(period_sql.in_period_sql, "b.start_us <=", "b.start_us <"),
    ),
    "every period is as long as the first": ("lifecycle", lifecycle, "in_period_sql", _equal_days),
    "first times are those of the periods shown": (
        "retention",
        retention_sql,
        "looked_at",
        _starting(lambda question: question.periods[0].start_us),
    ),
    "the first in range is the first of all history": (
        "retention",
        retention_sql,
        "looked_at",
        _starting(lambda question: None),
    ),
    "a return in the period of the cohort is a return": (
        "retention",
        retention_sql,
        "RETURNS",
        retention_sql.RETURNS.replace("s.period > m.period", "s.period >= m.period"),
    ),
    "one return event is enough": (
        "retention",
        retention_sql,
        "seen",
        lambda question, *more: retention_sql_seen(dataclasses.replace(question, minimum_occurrences=1), *more),
    ),
    "cumulative counts who came back for the last time": ("retention", retention, "_or_later", lambda row: row),
    "cumulative counts any return": (
        "retention",
        retention_sql,
        "LAST_RETURNS",
        retention_sql.LAST_RETURNS.replace("max(period)", "min(period)"),
    ),
    "the value is that of the last cohort event": (
        "retention",
        retention_sql,
        "FIRSTS",
        retention_sql.FIRSTS.replace("min(first_at)", "max(first_at)"),
    ),
    "of one instant the last to arrive is the first": (
        "retention",
        retention_sql,
        "ARRIVAL",
        "created_at, -epoch_us(ingested_at)",
    ),
    "values are ranked by name": (
        "retention",
        retention_sql,
        "RANKED",
        retention_sql.RANKED.replace("count(*) DESC, value", "value"),
    ),
    "values are ranked by name backwards where they tie": (
        "retention",
        retention_sql,
        "RANKED",
        retention_sql.RANKED.replace("count(*) DESC, value", "count(*) DESC, value DESC"),
    ),
    "incomplete periods weigh": (
        "retention",
        retention,
        "_weighted_average",
        lambda matrix, incomplete: _average(matrix, [False] * len(incomplete)),
    ),
    "the average is over the rows": (
        "retention",
        retention,
        "_weighted_average",
        lambda matrix, incomplete: _average(
            [[100 * cell // max(row[0], 1) for cell in row] for row in matrix], incomplete
        ),
    ),
    "a rate of nothing is zero": (
        "retention",
        retention,
        "_rate",
        percent,
    ),
    "history begins forty days ago": ("lifecycle", lifecycle, "looked_at_until_sql", _without_history),
    "who was ever there returns": (
        "lifecycle",
        lifecycle,
        "_STANDING",
        lifecycle._STANDING.replace("earlier = period - 1", "earlier <= period - 1"),
    ),
    "who comes back later does not fall silent": (
        "lifecycle",
        lifecycle,
        "_STANDING",
        lifecycle._STANDING.replace("later IS NULL OR later > period + 1", "later IS NULL"),
    ),
    "who was there before the range is new": (
        "lifecycle",
        lifecycle,
        "_STANDING",
        lifecycle._STANDING.replace("FROM active", "FROM active WHERE period > -2"),
    ),
    "events of a cut period outside the range count": ("stickiness", stickiness, "looked_at_sql", _whole_periods),
    "any number of events is enough": (
        "stickiness",
        stickiness,
        "_by_periods",
        _swapped(stickiness._by_periods, "GROUP BY ALL HAVING", "GROUP BY ALL HAVING true OR"),
    ),
    "events without a session are one session": ("lifecycle", lifecycle, "unit_sql", _nobody_is_one),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_engine_is_found_out_by_the_same_questions(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    question, module, attribute, wrong = WRONG[name]
    assert getattr(module, attribute) != wrong
    monkeypatch.setattr(module, attribute, wrong)
    with pytest.raises(AssertionError, match="seed"):
        ask_all(engine, question, range(300), tmp_path)
