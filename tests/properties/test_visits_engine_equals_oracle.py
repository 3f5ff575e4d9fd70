"""Sessions and paths answer what their definitions say; and engines that are wrong are found out.

The histories are those of the questions about people who come back, and around each event what else somebody did then:
at once, within the gap, at its very end, and a microsecond later.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from iafa_api.analytics import duckdb_engine, path_sql, paths, session_sql, sessions
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import events_sql
from iafa_api.domain.path_question import paths_from_json
from iafa_api.domain.session_question import MINUTE_US, person_sessions_from_json, sessions_from_json
from tests.oracles.activity import unit_of
from tests.oracles.paths_oracle import paths_figures
from tests.oracles.sessions_oracle import person_sessions, sessions_figures
from tests.properties.test_activity_engine_equals_oracle import Case, random_case
from tests.properties.test_trends_engine_equals_oracle import spread_again

DAY = 86_400_000_000
URLS = [
    *("/", "/a", "/a/", "/b", "/b/c", "/b/c/", "https://shop.example", "https://shop.example/a?x=1#top", "/a?y#z"),
    *("//shop.example/b/", "HTTP://shop.example:80?q", "home", "?x", "", None),
]
GROUPS = [None, None, ["/b/*"], ["/a", "*b*"], ["*"], ["/b/*/", "/b*"], ["/*c", "/*"]]
GAPS = [1, 30, 60]


@pytest.fixture(autouse=True)
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of events are looked at part by part; here a dozen is enough for that."""
    monkeypatch.setattr(session_sql, "PART_EVENTS", 12)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbEngine]:
    made = DuckdbEngine(events_dir=tmp_path_factory.getbasetemp(), memory_bytes=10**9, threads=2, timeout_seconds=60)
    yield made
    made.close()


def random_visits(rng: random.Random, directory: Path) -> tuple[Case, int]:
    """A case, and the gap (in minutes) that its events are spaced by."""
    case = random_case(rng, directory)
    gap = rng.choice(GAPS)
    pauses = [0, 0, 1, gap * MINUTE_US // 3, gap * MINUTE_US, gap * MINUTE_US, gap * MINUTE_US + 1, 2 * gap * MINUTE_US]
    for one in list(case.rows):
        time_us = one["created_at"]
        for _ in range(rng.choice([0, 0, 1, 2, 5])):
            time_us += rng.choice(pauses)
            place = len(case.rows)
            more = {
                **one,
                "id": f"e{place}",
                "place": place,
                "created_at": time_us,
                "properties": dict(one["properties"]),
            }
            more["event_type"] = rng.choice("aabc")
            more["ingested_at"] = time_us + rng.choice([0, 1, DAY])
            more["session_id"] = rng.choice([one["session_id"], one["session_id"], None, "s4"])
            case.rows.append(more)
    aliases = rng.choice([{}, {"p1": "p0", "p3": "p9"}])
    for one in case.rows:
        one.pop("joined_to", None)
        if one["user_id"] in aliases:
            one["joined_to"] = aliases[one["user_id"]]
        one |= {"url": rng.choice(URLS), "traits": case.traits.get(unit_of(one, None))}
    joined = pa.table({"user_id": list(aliases), "person": [f"u{user}" for user in aliases.values()]})
    case.source = spread_again(replace(case.source, aliases=joined if aliases else None), case.rows, rng, directory)
    case.document.pop("count_by")
    return case, gap


def sessions_agree(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case, gap = random_visits(rng, directory)
    document = {**case.document, "by": rng.choice(["gap", "gap", "session_id"]), "gap_minutes": gap}
    if rng.random() < 0.3:
        document.pop("interval")
    question = sessions_from_json(document, **case.options)
    wanted = sessions_figures(case.rows, question)
    found = sessions.sessions_table(question, sessions.count_sessions(engine, case.source, question))
    assert found == wanted, f"seed {seed}: {question.asked}"
    return bool(wanted["sessions"])


def one_persons_sessions_agree(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case, gap = random_visits(rng, directory)
    if not case.rows:
        return False
    somebody = rng.choice(case.rows)
    name = "user_id" if somebody["user_id"] is not None else "anonymous_id"
    document = {
        **{key: value for key, value in case.document.items() if key != "interval"},
        "by": rng.choice(["gap", "gap", "session_id"]),
        "gap_minutes": gap,
        name: somebody[name],
        "item": rng.choice(["event_type", "url", "properties.c", "user.plan"]),
        "path_groups": rng.choice(GROUPS),
    }
    question = person_sessions_from_json(document, **case.options)
    wanted = person_sessions(case.rows, question.sessions, question.items, unit_of(somebody, None))
    found = sessions.list_sessions(engine, case.source, question)
    shown = [(one.start_us, one.end_us, one.events, one.entry_item, one.exit_item, one.session_id) for one in found]
    assert shown == wanted, f"seed {seed}: {document}"
    return bool(wanted)


def paths_agree(engine: DuckdbEngine, seed: int, directory: Path) -> bool:
    rng = random.Random(seed)
    case, gap = random_visits(rng, directory)
    item = rng.choice(["url", "url", "url", "event_type", "event_type", "properties.c", "user.team"])
    ends = ["/a", "/a/", "/b/*", "/b/c", "https://shop.example"] if item == "url" else ["a", "b", "0", "1"]
    document = {
        **{key: value for key, value in case.document.items() if key != "interval"},
        "item": item,
        "path_groups": rng.choice(GROUPS),
        "event_types": rng.choice([None, None, None, ["a", "b"], ["a", "b", "c", "d"]]),
        "exclude_event_types": rng.choice([None, None, None, ["b"], []]),
        "start_item": rng.choice([None, None, None, rng.choice(ends)]),
        "end_item": rng.choice([None, None, rng.choice(ends)]),
        "max_nodes": rng.choice([2, 2, 3, 5, 12]),
        "session_gap_minutes": gap,
        "edge_limit": rng.choice([1, 1, 2, 2, 3, 50]),
    }
    options = {name: case.options[name] for name in ("timezone", "now_us")}
    question = paths_from_json(document, **options)
    wanted = paths_figures(case.rows, question)
    found = paths.paths_table(paths.count_paths(engine, case.source, question))
    assert found == wanted, f"seed {seed}: {document}"
    for node in found["nodes"]:
        assert node["reached"] == node["continued"] + node["dropped"] + node["ended"]
    return bool(wanted["links"])


AGREES: dict[str, Callable[[DuckdbEngine, int, Path], bool]] = {
    "sessions": sessions_agree,
    "list": one_persons_sessions_agree,
    "paths": paths_agree,
}


def ask_all(engine: DuckdbEngine, name: str, seeds: range, directory: Path) -> int:
    """Raises where the two differ; answers how many questions were about something."""
    return sum(AGREES[name](engine, seed, directory) for seed in seeds)


@pytest.mark.parametrize("name", AGREES)
def test_random_questions_agree(engine: DuckdbEngine, tmp_path: Path, name: str) -> None:
    assert ask_all(engine, name, range(80), tmp_path) > 8, "too many questions about nothing"


@pytest.mark.soak
@pytest.mark.parametrize("name", AGREES)
def test_ten_thousand_random_questions_agree(engine: DuckdbEngine, tmp_path: Path, name: str) -> None:
    ask_all(engine, name, range(1000, 11_000), tmp_path)


def _same_names(*asked: Any, **more: Any) -> str:
    return events_sql(*asked, **more).replace("'u' || ", "").replace("'a' || ", "")


def _changed(name: str, module: Any, attribute: str, old: str, new: str) -> tuple[str, Any, str, Any]:
    """A maker of SQL, or a text of it, with something else in it."""
    right = getattr(module, attribute)
    if isinstance(right, str):
        assert old in right
        return name, module, attribute, right.replace(old, new)
    return name, module, attribute, lambda *asked, **more: right(*asked, **more).replace(old, new)


WRONG: dict[str, tuple[str, Any, str, Any]] = {
    "a user and a visitor of one name are one": ("sessions", duckdb_engine, "events_sql", _same_names),
    "a pause as long as the gap cuts": _changed("sessions", session_sql, "cut_sql", "> $", ">= $"),
    "a pause as long as the gap cuts paths": _changed("paths", path_sql, "cut_sql", "> $", ">= $"),
    "sessions are cut at the start of the range": (
        "sessions",
        session_sql,
        "marked",
        lambda *asked: f"{_marked(*asked)} WHERE e.time_us >= {asked[0].time_range.start_us}",
    ),
    "a part has all events": ("sessions", session_sql, "parts_sql", lambda column, events: ["true", "true"]),
    "a session counts where it ends": _changed(
        "sessions", session_sql, "started", "make_timestamptz(min(time_us))", "make_timestamptz(max(time_us))"
    ),
    "a bounce has no length": _changed("sessions", session_sql, "FIGURES", "events = 1", "length_us = 0"),
    "events without a session are one": (
        "sessions",
        session_sql,
        "unit_sql",
        lambda count_by, parameters: "person" if count_by is None else "coalesce(session_id, 's1')",
    ),
    "persons are counted by their sessions": _changed("sessions", session_sql, "FIGURES", "DISTINCT ", ""),
    "persons of several ids are several": _changed("sessions", session_sql, "PERSONS", "DISTINCT ", ""),
    "the first item is that of the first event": (
        "list",
        session_sql,
        "of_person",
        lambda *asked: _of_person(*asked).replace("FILTER (item IS NOT NULL)", "").replace("arg_min(", "arg_min_null("),
    ),
    "who is joined is listed alone": _changed(
        "list", session_sql, "of_person", " OR person IN (SELECT person", " OR person IN (SELECT 'u' || user_id"
    ),
    "a trailing slash stays": _changed("paths", path_sql, "item_sql", "(.+)/$", "(.+)//$"),
    "a url is itself": _changed(
        "paths", path_sql, "item_sql", "regexp_replace(regexp_replace(url", "coalesce(coalesce(url"
    ),
    "the last group that matches wins": (
        "paths",
        path_sql,
        "item_sql",
        lambda items, parameters: _item_sql(type(items)(items.source, tuple(reversed(items.groups))), parameters),
    ),
    "equal items become one at the time of the first": _changed(
        "paths", path_sql, "steps", "item IS DISTINCT FROM lead(item)", "item IS DISTINCT FROM lag(item)"
    ),
    "equal items stay": _changed(
        "paths", path_sql, "steps", "item IS DISTINCT FROM lead(item)", "true OR item > lead(item)"
    ),
    "a walk begins at the last start": _changed(
        "paths", path_sql, "steps", "place >= min(place)", "place >= max(place)"
    ),
    "a walk ends at the last end": _changed("paths", path_sql, "steps", "place <= min(place)", "place <= max(place)"),
    "who ends by themselves was cut": _changed("paths", path_sql, "steps", "(position < length OR", "(true OR"),
    "an end stops nobody": _changed(
        "paths", path_sql, "steps", "AND (position < length OR ", "AND (position < length OR false AND "
    ),
    "of one instant the order is any": ("paths", path_sql, "ARRIVAL", "created_at, place"),
    "links are cut in any order": _changed(
        "paths", path_sql, "ALL_LINKS", "count DESC, position || '_' || item", "count DESC, following"
    ),
    "persons of a link are its walks": _changed(
        "paths", path_sql, "ADD_LINKS", "count(DISTINCT person)", "count(person)"
    ),
}
_item_sql = path_sql.item_sql
_marked = session_sql.marked
_of_person = session_sql.of_person


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_engine_is_found_out_by_the_same_questions(
    engine: DuckdbEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    question, module, attribute, wrong = WRONG[name]
    assert getattr(module, attribute) != wrong
    monkeypatch.setattr(module, attribute, wrong)
    with pytest.raises(AssertionError, match="seed"):
        ask_all(engine, question, range(300), tmp_path)
