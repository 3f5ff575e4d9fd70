"""The engine's promises beside the figures: its walls, its limits, its errors, and cases whose figures one can see."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.ordered_funnel import count_funnel
from iafa_api.domain.filters import parse_filter
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import TimeRange
from iafa_api.errors import InvalidInput, QueryTimeout, Unavailable
from iafa_api.lake.event_source import EventSource
from tests.journeys import START, journeys, row, table, write_file

DAY = 86_400_000_000


def make_engine(tmp_path: Path, **changes: Any) -> DuckdbEngine:
    plain: dict[str, Any] = {"memory_bytes": 500_000_000, "threads": 2, "timeout_seconds": 30.0, "at_once": 64}
    return DuckdbEngine(events_dir=tmp_path, **{**plain, **changes})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckdbEngine]:
    made = make_engine(tmp_path)
    yield made
    made.close()


def question(*stages: Any, seconds: int | None = None, filter: Any = None, now_us: int = START) -> FunnelQuestion:
    named = [stage if isinstance(stage, dict) else {"event_type": stage} for stage in stages]
    window = None if seconds is None else {"value": seconds, "unit": "second"}
    definition = funnel_from_json({"stages": named, "conversion_window": window}, least_stages=1)
    return FunnelQuestion(definition, TimeRange(START, START + 30 * DAY, "", ""), parse_filter(filter), now_us)


def source(rows: list[dict[str, Any]], *files: Path) -> EventSource:
    return EventSource(files, table(rows), 1, {})


def persons(engine: DuckdbEngine, text: str, asked: FunnelQuestion) -> list[int]:
    return [stage.persons for stage in count_funnel(engine, source(journeys(text)), asked).stages]


def test_files_and_tail_are_one_history(engine: DuckdbEngine, tmp_path: Path) -> None:
    rows = journeys("ann: view@0 cart@5m buy@9m; bob: view@0 buy@1m; ~ann: cart@6m")
    file = write_file(rows[:2], tmp_path / "a.parquet")
    counts = count_funnel(engine, source(rows[2:], file), question("view", "cart", "buy"))
    assert [stage.persons for stage in counts.stages] == [2, 1, 1]
    assert [stage.average_seconds for stage in counts.stages] == [None, 300.0, 240.0]
    assert counts.events == 6


def test_a_source_of_nothing_answers_zeros(engine: DuckdbEngine) -> None:
    counts = count_funnel(engine, source([]), question("view", "buy", seconds=5))
    assert [(stage.persons, stage.average_seconds, stage.pending) for stage in counts.stages] == [
        (0, None, None),
        (0, None, 0),
    ]
    assert counts.events == 0


def test_a_user_and_a_visitor_of_one_name_are_two(engine: DuckdbEngine) -> None:
    assert persons(engine, "x: view@0; ~x: buy@1; ~x: view@0", question("view", "buy")) == [2, 1]


def test_a_cohort_that_nobody_found_for_a_question_is_refused_and_not_empty(engine: DuckdbEngine) -> None:
    tree = [{"property": "cohort", "operator": "not_in", "value": ["c"]}]
    with pytest.raises(InvalidInput, match="Must name no cohort"):
        count_funnel(engine, source(journeys("ann: view@0")), question("view", filter=tree))


def test_the_end_of_the_window_counts(engine: DuckdbEngine) -> None:
    assert persons(engine, "x: a@0 b@5s; y: a@0 b@5000001us", question("a", "b", seconds=5)) == [2, 1]


def test_events_of_one_instant_serve_in_any_order_and_once_each(engine: DuckdbEngine) -> None:
    assert persons(engine, "x: c@1 b@1 a@1; y: a@1 c@1", question("a", "b", "c", seconds=1)) == [2, 1, 1]
    assert persons(engine, "x: a@1; y: a@1 a@1; z: a@1 a@2", question("a", "a")) == [3, 2]
    assert persons(engine, "x: a@1 b@1 b@1", question(None, None, "a", "b")) == [1, 1, 1, 0]


def test_the_chain_that_counts_ends_first_and_enters_last(engine: DuckdbEngine) -> None:
    rows = journeys("x: a@0 a@3 b@5 a@6 b@20 c@21 b@22 c@23")
    counts = count_funnel(engine, source(rows), question("a", "b", "c", seconds=60))
    assert [stage.average_seconds for stage in counts.stages] == [None, 14.0, 1.0]


def test_pending_are_those_whose_window_is_still_open(engine: DuckdbEngine) -> None:
    text = "x: a@0; y: a@10; z: a@0 a@10; done: a@10 b@11"
    for now, pending in ((4, 3), (5, 2), (14, 2), (15, 0)):
        asked = question("a", "b", seconds=5, now_us=START + now * 1_000_000)
        assert count_funnel(engine, source(journeys(text)), asked).stages[1].pending == pending


def test_thirty_events_at_one_instant_and_twenty_stages_are_quick(engine: DuckdbEngine) -> None:
    stages = [{"event_type": None, "filter": {f"properties.k{bit}": True}} for bit in range(20)]
    rows = [
        row("x", START, place=place, user_id="u", properties={f"k{(place * bit) % 20}": "true" for bit in range(7)})
        for place in range(30)
    ]
    started = time.perf_counter()
    count_funnel(engine, source(rows), question(*stages, seconds=5))
    assert time.perf_counter() - started < 30  # to its end it takes minutes


def test_a_file_that_is_gone_is_told_apart(engine: DuckdbEngine, tmp_path: Path) -> None:
    kept = write_file(journeys("x: a@0"), tmp_path / "kept.parquet")
    with pytest.raises(FileNotFoundError, match=r"gone\.parquet"):
        count_funnel(engine, source([], kept, tmp_path / "gone.parquet"), question("a"))


def test_files_elsewhere_cannot_be_read(engine: DuckdbEngine, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write_file(journeys("x: a@0"), tmp_path_factory.mktemp("elsewhere") / "a.parquet")
    with pytest.raises(Exception, match="Permission"):
        count_funnel(engine, source([], file), question("a"))


@pytest.mark.parametrize("pattern", ["((", "a{1000}{1000}", "(?=x)", "\\"])
def test_a_pattern_that_is_none_is_refused_by_field(engine: DuckdbEngine, pattern: str) -> None:
    stage = {"event_type": "a", "filter": {"any": [{"url": "x"}, {"url": {"regex": ["ok", pattern]}}]}}
    with pytest.raises(InvalidInput) as caught:
        count_funnel(engine, source([]), question("a", stage))
    assert "RE2" in str(caught.value.errors["stages"]["1"]["filter"]["any"]["1"]["url"])  # type: ignore[index]
    with pytest.raises(InvalidInput) as caught:
        count_funnel(engine, source([]), question("a", filter={"url": {"regex": pattern}}))
    assert "RE2" in str(caught.value.errors["filter"]["url"])  # type: ignore[index]


def test_what_is_asked_is_never_read_as_sql(engine: DuckdbEngine) -> None:
    nasty = "'; DROP TABLE tail; --"
    rows = [row(nasty, START, user_id=nasty, properties={nasty: nasty + "\0$v0 ?"})]
    stage = {"event_type": nasty, "filter": {f"properties.{nasty}": nasty + "\0$v0 ?"}}
    asked = question(stage, filter={"user_id": {"starts_with": nasty}})
    assert count_funnel(engine, source(rows), asked).stages[0].persons == 1


def test_a_question_past_its_time_is_stopped(tmp_path: Path) -> None:
    rows = [row("a", START + place, place=place, user_id=f"u{place % 7}") for place in range(20_000)]
    engine = make_engine(tmp_path, timeout_seconds=0.02)
    started = time.perf_counter()
    with pytest.raises(QueryTimeout):
        count_funnel(engine, source(rows * 20), question(*["a"] * 20))
    assert time.perf_counter() - started < 30  # to its end it takes minutes


def test_too_little_memory_is_said_and_does_not_harm_the_next(tmp_path: Path) -> None:
    rows = [row("a", START + place, place=place, user_id=f"person-{place}" * 4) for place in range(40_000)]
    engine = make_engine(tmp_path, memory_bytes=12_000_000)
    with pytest.raises(Unavailable):
        count_funnel(engine, source(rows * 10), question("a", "a"))
    assert persons(engine, "x: a@0", question("a")) == [1]


def test_threads_may_share_an_engine(engine: DuckdbEngine) -> None:
    def ask(number: int) -> list[int]:
        text = ";".join(f"u{person}: a@0 b@1" for person in range(number)) + "; last: a@0"
        return persons(engine, text, question("a", "b", seconds=5))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(1, 33))) == [[number + 1, number] for number in range(1, 33)]
