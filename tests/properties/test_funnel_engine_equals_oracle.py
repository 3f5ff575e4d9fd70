"""The engine answers what writing down every chain answers; and engines that are wrong on purpose are found out.

Random histories with many ties, repeated and overlapping stages, windows that end exactly on an event, users and
visitors of one name, clocks that change, and events spread over files and tail.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iafa_api.analytics import duckdb_engine, funnel_sql, ordered_funnel
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, events_sql, filter_sql
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.analytics.tie_groups import needs_of_distinct, needs_of_one
from iafa_api.domain.filters import OPERATORS, matches, parse_filter
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import TimeRange, parse_range
from iafa_api.lake.event_source import EventSource
from tests.journeys import START, row, table, write_file
from tests.oracles.funnel_oracle import funnel_counts

SECOND = 1_000_000
MOST_EVENTS = 8  # of one person: the oracle tries every chain
FILTERS = [
    None,
    None,
    {"properties.c": ["0", "1"]},
    {"properties.c": {"gte": 2}},
    {"properties.c": {"ne": 1}},
    {"any": [{"properties.c": 0}, {"event_type": "a"}]},
]
CLOCK_CHANGES = [  # the hour before a clock goes forward, goes back, or midnight itself is skipped
    ("Europe/Berlin", 1_774_745_995, ("2026-03-29T01:59:57", "2026-03-29T03:00:04")),
    ("Europe/Berlin", 1_792_889_990, ("2026-10-25T02:59:55", "2026-10-25T02:00:03")),
    ("America/Sao_Paulo", 1_541_300_395, ("2018-11-04", "2018-11-04")),
    ("UTC", START // SECOND, ("2026-01-01T00:00:02", None)),
]

Case = tuple[list[dict[str, Any]], FunnelQuestion]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


def random_case(rng: random.Random, *, persons: int) -> Case:
    """One question about many persons, small enough for the oracle and full of ties."""
    types = rng.choice(["ab", "abc", "abcd"])
    stages = [
        {"event_type": rng.choice([*types, *types, None]), "filter": rng.choice(FILTERS)}
        for _ in range(rng.randint(1, 6))
    ]
    seconds = rng.choice([None, 1, 2, 3, 5, 8, 20])
    window = None if seconds is None else {"value": seconds, "unit": "second"}
    definition = funnel_from_json({"stages": stages, "conversion_window": window}, least_stages=1)
    span = rng.choice([1, 3, 6, 12, 30])
    rows: list[dict[str, Any]] = []
    for number in range(persons):
        name = f"p{number // 2}"
        who = rng.choice([{"user_id": name, "anonymous_id": f"p{number}"}, {"anonymous_id": name}, {"user_id": name}])
        for _ in range(rng.randint(1, MOST_EVENTS // 2)):
            time_us = START + rng.randint(0, span) * SECOND + rng.choice([0, 0, 0, 1, -1])
            properties = {"c": rng.choice(["0", "1", "2", "3", None])} if rng.random() < 0.9 else {}
            rows.append(row(rng.choice(types), time_us, place=len(rows), properties=properties, **who))
    rng.shuffle(rows)
    start = START + rng.choice([-100, 0, 1, SECOND])
    end = START + rng.choice([span, span + 1, span + 2, 1000]) * SECOND + rng.choice([1, 2])
    now = START + rng.randint(-3, span + 3) * SECOND
    question = FunnelQuestion(definition, TimeRange(start, end, "", ""), parse_filter(rng.choice(FILTERS)), now)
    return rows, question


def spread(rows: list[dict[str, Any]], rng: random.Random, directory: Path) -> EventSource:
    parts: list[list[dict[str, Any]]] = [[], [], []]
    for one in rows:
        rng.choice(parts).append(one)
    files = [write_file(part, directory / f"{number}.parquet") for number, part in enumerate(parts[1:]) if part]
    return EventSource(tuple(files), table(parts[0]), 1, {})


def agree(engine: DuckdbEngine, seeds: range, directory: Path, *, persons: int = 120) -> int:
    """Raises where the two differ; answers how many persons entered."""
    entered = 0
    for seed in seeds:
        rng = random.Random(seed)
        rows, question = random_case(rng, persons=persons)
        wanted = funnel_counts(rows, question)
        assert count_funnel(engine, spread(rows, rng, directory), question) == wanted, f"seed {seed}: {question}"
        entered += wanted.stages[0].persons
    return entered


def test_two_thousand_persons_agree(engine: DuckdbEngine, tmp_path: Path) -> None:
    assert agree(engine, range(70), tmp_path) > 2000


@pytest.mark.soak
def test_fifty_thousand_persons_agree(engine: DuckdbEngine, tmp_path: Path) -> None:
    assert agree(engine, range(1000, 2500), tmp_path) > 50_000


EVENTS = st.tuples(
    st.sampled_from("abc"), st.integers(0, 12), st.sampled_from([0, 0, 0, 1, -1]), st.sampled_from([*"0123", None])
)
PEOPLE = st.sampled_from([("x", None), (None, "x"), ("y", "x"), (None, "y"), ("z", None), ("z", "z")])
STAGES = st.lists(
    st.fixed_dictionaries({"event_type": st.sampled_from(["a", "b", "c", None]), "filter": st.sampled_from(FILTERS)}),
    min_size=1,
    max_size=5,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stages=STAGES,
    seconds=st.sampled_from([None, 1, 2, 3, 5]),
    histories=st.lists(st.tuples(PEOPLE, st.lists(EVENTS, min_size=1, max_size=4)), min_size=1, max_size=6),
    change=st.sampled_from(CLOCK_CHANGES),
    asked=st.sampled_from(FILTERS),
    now=st.integers(-2, 15),
    rng=st.randoms(use_true_random=False),
)
def test_any_history_agrees(
    engine: DuckdbEngine, tmp_path: Path, stages: Any, seconds: Any, histories: Any, change: Any, asked: Any, now: int,
    rng: random.Random,
) -> None:  # fmt: skip
    timezone, start_seconds, (start, end) = change
    start_us = start_seconds * SECOND
    window = None if seconds is None else {"value": seconds, "unit": "second"}
    definition = funnel_from_json({"stages": stages, "conversion_window": window}, least_stages=1)
    now_us = start_us + now * SECOND
    question = FunnelQuestion(
        definition, parse_range(start, end, timezone=timezone, now_us=now_us), parse_filter(asked), now_us
    )
    counted: Counter[Any] = Counter()
    rows = []
    for (user, visitor), events in histories:
        for event_type, second, shift, value in events:
            counted[user, visitor if user is None else None] += 1
            if counted[user, visitor if user is None else None] <= MOST_EVENTS:
                time_us = start_us + second * SECOND + shift
                properties = {"c": value}
                rows.append(
                    row(event_type, time_us, properties=properties, user_id=user, anonymous_id=visitor, place=len(rows))
                )
    assert count_funnel(engine, spread(rows, rng, tmp_path), question) == funnel_counts(rows, question)


TEXTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["", "a", "A", "ÄÖ", "äö", "İ", "Σας", "10", "10.0", "1e1", "-0", " 1", "1_0", "inf", "nan", "٣"]),
    st.integers(-20, 20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
)
NAMES = st.sampled_from(["properties.a", "properties.b", "properties.A", "url", "event_type", "user_id"])
NUMBERS = st.one_of(st.integers(-20, 20), st.floats(-1e6, 1e6), st.sampled_from(["10", "1e1", "-0.5"]))


@st.composite
def condition(draw: st.DrawFn) -> dict[str, Any]:
    operator = draw(st.sampled_from([name for name in OPERATORS if name != "regex"]))
    value: Any = True
    if operator in ("gt", "gte", "lt", "lte"):
        value = draw(st.one_of(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=2)))
    elif operator not in ("is_set", "is_not_set"):
        one = st.one_of(TEXTS, st.booleans(), st.integers(-20, 20), *([st.none()] if len(operator) < 7 else []))
        value = draw(st.one_of(one, st.lists(one, min_size=1, max_size=3)))
    return {"property": draw(NAMES), "operator": operator, "value": value}


TREES = st.recursive(
    condition(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
    ),
    max_leaves=5,
)
ROWS = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("aAb"), st.one_of(TEXTS, st.none())), st.one_of(TEXTS, st.none())),
    min_size=1,
    max_size=12,
)


@settings(max_examples=250, deadline=None)
@given(document=TREES, values=ROWS)
def test_a_filter_in_sql_means_what_it_says(document: Any, values: Any) -> None:
    tree = parse_filter(document)
    rows = [
        row("10", START, place=place, user_id="ÄÖ", url=url, properties=properties)
        for place, (properties, url) in enumerate(values)
    ]
    parameters = Parameters()
    with duckdb.connect() as database:
        database.register("tail", table(rows))
        sql = f"SELECT place FROM tail WHERE {filter_sql(tree, parameters)} ORDER BY place"
        found = database.execute(sql, parameters.values or None).fetchall()
    assert [place for (place,) in found] == [one["place"] for one in rows if matches(tree, one)]


def _swapped(make: Callable[..., str], old: str, new: str) -> Callable[..., str]:
    return lambda *args, **kwargs: make(*args, **kwargs).replace(old, new)


def _presence(classes: Any, stage_count: int) -> Any:
    met = 0
    for mask, _ in classes:
        met |= mask
    return needs_of_distinct(met, stage_count)


def _one_stage_an_instant(classes: Any, stage_count: int) -> Any:
    return needs_of_one(
        sum(1 << k for k in range(stage_count) if any(mask >> k & 1 for mask, _ in classes)), stage_count
    )


_up = funnel_sql.up


def _first_entry(*args: Any, **kwargs: Any) -> str:
    parts = _up(*args, **kwargs).split(" UNION ALL ")
    joined = [
        part.replace("ASOF JOIN", "JOIN").replace("before.entry\n", "min(before.entry) AS entry\n") + " GROUP BY ALL"
        if "ASOF" in part
        else part
        for part in parts
    ]
    return " UNION ALL ".join(joined)


def _same_names(*asked: Any, **more: Any) -> str:
    return events_sql(*asked, **more).replace("'u' || ", "").replace("'a' || ", "")


WRONG: dict[str, tuple[Any, str, Any]] = {
    "the end of the window is outside": (funnel_sql, "up", _swapped(funnel_sql.up, "<= CAST", "< CAST")),
    "no window": (funnel_sql, "up", _swapped(funnel_sql.up, "<= CAST($window", "<= 1 + 1000 * CAST($window")),
    "ties are walked in order, one stage an instant": (ordered_funnel, "needs_of_distinct", needs_of_one),
    "crowds fill one stage": (ordered_funnel, "needs_of_many", _one_stage_an_instant),
    "presence in place of different events": (ordered_funnel, "needs_of_many", _presence),
    "one event fills several stages": (ordered_funnel, "needs_of_one", needs_of_distinct),
    "a chain may stay where it is": (
        funnel_sql,
        "up",
        _swapped(funnel_sql.up, "> before.time_us", ">= before.time_us"),
    ),
    "the last end for the first": (
        funnel_sql,
        "ends",
        _swapped(funnel_sql.ends, "min(time_us), arg_min(entry", "max(time_us), arg_max(entry"),
    ),
    "the first entry for the latest": (funnel_sql, "up", _first_entry),
    "times step forward at every stage": (
        funnel_sql,
        "forward",
        _swapped(funnel_sql.forward, "<= filled, false)", "< 0, false)"),
    ),
    "a user and a visitor of one name are one": (duckdb_engine, "events_sql", _same_names),
    "who waits is counted a moment too long": (
        funnel_sql,
        "PENDING",
        funnel_sql.PENDING.replace("last_entry >", "last_entry >="),
    ),
    "who waits is judged by the first entry": (
        funnel_sql,
        "DEPTHS",
        funnel_sql.DEPTHS.replace("arg_min(last_time_us", "arg_min(time_us"),
    ),
    "the median is a discrete one": (
        funnel_sql,
        "times",
        _swapped(funnel_sql.times, "median(taken)", "quantile_disc(taken, 0.5)"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_engine_is_found_out_by_the_same_cases(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module, attribute, wrong = WRONG[name]
    monkeypatch.setattr(module, attribute, wrong)
    with pytest.raises(AssertionError, match="seed"):
        agree(engine, range(45), tmp_path)


def test_a_range_ends_with_its_last_microsecond(engine: DuckdbEngine) -> None:
    rows, question = random_case(random.Random(3), persons=40)
    for shift in itertools.chain(range(-2, 3), (SECOND - 1, SECOND)):
        moved = replace(question.time_range, end_us=START + SECOND + shift)
        asked = replace(question, time_range=moved)
        assert count_funnel(engine, EventSource((), table(rows), 1, {}), asked) == funnel_counts(rows, asked)
