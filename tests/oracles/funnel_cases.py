"""Funnels asked of histories that are made to be difficult: by chance, or written in one line each.

Few event types, few instants and few values, so that ties, repeats, stages that accept the same events and windows that
end exactly on an event are common. Each person (each session, each value counted by) has at most eight events.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from iafa_api.domain.filters import Filter, parse_filter
from iafa_api.domain.funnel import FIRST_MATCHING, Breakdown, FunnelQuestion, Span
from iafa_api.domain.funnel_json import funnel_from_json
from iafa_api.domain.time_range import TimeRange
from tests.journeys import START, row
from tests.oracles.funnel_oracle import SECOND, Period, Unit

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
EVENTS_OF_ONE = 8
FILTERS = [None, None, None, {"properties.c": ["0", "1"]}, {"properties.c": {"ne": "1"}}]
ASKED_FILTERS = [*[None] * 6, {"properties.c": {"ne": "2"}}, {"event_type": ["a", "b", "c"]}]
TRAITS = ["free", "paid", "", None]


@dataclass(frozen=True)
class Case:
    """`periods` are the hours of the range, where the question is about hours."""

    rows: list[dict[str, Any]]
    question: FunnelQuestion
    traits: dict[Unit, dict[str, str | None]]
    periods: list[Period]


def random_case(rng: random.Random, *, persons: int) -> Case:
    types = rng.choice(["ab", "abc", "abc", "abcd"])
    tick = rng.choice([SECOND, 20 * MINUTE])
    ticks = rng.choice([1, 3, 6, 12, 30])
    rows = _rows(rng, types, tick, ticks, persons)
    start = START + rng.choice([-100 * tick, 0, 0, tick, 2 * tick])
    end = START + rng.choice([ticks // 2 + 1, ticks + 1, ticks + 1, ticks + 2, 100]) * tick + rng.choice([0, 1])
    question = FunnelQuestion(
        funnel_from_json(random_definition(rng, types, tick), least_stages=1),
        TimeRange(start, max(start + 1, end), "", ""),
        parse_filter(rng.choice(ASKED_FILTERS)),
        START + rng.randint(-3, ticks + 3) * tick,
        rng.choice([None, None, None, None, "session_id", "properties.s"]),
    )
    if question.definition.window is not None and rng.random() < 0.25:
        question = replace(question, completion="in_window")
    traits = {
        (kind, f"p{number}"): {"plan": rng.choice(TRAITS)} if rng.random() < 0.9 else {}
        for kind in ("user", "anonymous")
        for number in range((persons + 1) // 2)
    }
    stage_count = len(question.definition.stages)
    periods = []
    if tick != SECOND and end - start <= 40 * tick:
        periods = [(hour, hour + HOUR) for hour in range(start // HOUR * HOUR, question.time_range.end_us, HOUR)]
        first, last = sorted((rng.randint(1, stage_count), rng.randint(1, stage_count)))
        question = replace(question, interval="hour", span=rng.choice([None, Span(first, last)]))
    if stage_count > 1:
        first, last = sorted(rng.sample(range(1, stage_count + 1), 2))
        question = replace(question, time_to_convert=Span(first, last, rng.choice([1, 3, 10])))
    if rng.random() < 0.6:
        question = replace(question, breakdown=random_breakdown(rng, question))
    return Case(rows, question, traits, periods)


def random_definition(rng: random.Random, types: str, tick: int) -> dict[str, Any]:
    order = rng.choice(["ordered", "ordered", "strict", "unordered"])
    count = rng.randint(1, 5)
    stages = [
        {
            "event_type": rng.choice([*types, *types, *types, None]),
            "filter": rng.choice(FILTERS),
            "optional": order != "unordered" and 0 < k < count - 1 and rng.random() < 0.45,
            "first_time_only": rng.choice([False] * 8 + [True, FIRST_MATCHING]),
        }
        for k in range(count)
    ]
    ticks = rng.choice([None, 1, 2, 3, 5, 8, 20])
    exclusions = []
    for _ in range(rng.choice([0, 0, 1, 1, 2]) if count > 1 else 0):
        first, last = (1, count) if order == "unordered" else sorted(rng.sample(range(1, count + 1), 2))
        one = {"event_type": rng.choice(["x", "x", *types, None]), "filter": rng.choice(FILTERS)}
        exclusions.append({**one, "from_stage": first, "to_stage": last})
    return {
        "stages": stages,
        "order": order,
        "conversion_window": ticks and {"value": ticks * tick // SECOND, "unit": "second"},
        "exclusions": exclusions,
        "exclusion_policy": rng.choice(["leave", "leave", "stop"]),
    }


def random_breakdown(rng: random.Random, question: FunnelQuestion) -> Breakdown:
    names = [["properties.c"], ["properties.c"], ["properties.c", "properties.d"], ["event_type"]]
    if question.count_by is None:  # a session has no traits: it may be of two persons
        names += [["user.plan"], ["user.plan", "properties.c"]]
    chosen = rng.choice(names)
    attribution = rng.choice(["first_touch", "last_touch", "all_events", "stage"])
    stage = rng.randint(1, len(question.definition.stages)) if attribution == "stage" else None
    return Breakdown(tuple(chosen), attribution, stage, rng.choice([1, 2, 25]))


def _rows(rng: random.Random, types: str, tick: int, ticks: int, persons: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number in range(persons):
        # Two numbers share a name: a user and a visitor of one name are two persons, one user from two devices is one.
        name = f"p{number // 2}"
        who: dict[str, Any] = rng.choice(
            [{"user_id": name, "anonymous_id": f"q{number}"}, {"anonymous_id": name}, {"user_id": name}]
        )
        for _ in range(rng.randint(1, EVENTS_OF_ONE // 2)):
            properties: dict[str, str | None] = {}
            if rng.random() < 0.9:
                properties["c"] = rng.choice(["0", "1", "1", "2", "", None])
            if rng.random() < 0.5:
                properties["d"] = rng.choice(["", "x", "y"])
            if rng.random() < 0.8:
                properties["s"] = name
            time_us = START + rng.randint(0, ticks) * tick + rng.choice([0, 0, 0, 0, 1, -1])
            session = rng.choice([f"{name}-1", f"{name}-1", f"{name}-2", None])
            event_type = rng.choice([*types, *types, "x"])
            made.append(row(event_type, time_us, properties=properties, session_id=session, **who))
    rng.shuffle(made)
    for arrival, one in enumerate(made):  # in order of arrival the time of receipt never falls
        one |= {
            "id": f"e{arrival}",
            "place": arrival,
            "segment": rng.choice(["s1", "s2"]),
            "ingested_at": START + arrival // 3,
        }
    rng.shuffle(made)
    return made


def asked(
    stages: str,
    *,
    window: int | None = None,
    exclusions: list[tuple[str, int, int]] | None = None,
    span: tuple[int, int] = (0, 1000),
    filter: Filter | Mapping[str, Any] | None = None,
    now: int = 10_000,
    breakdown: Breakdown | None = None,
    completion: str = "in_range",
    count_by: str | None = None,
    **more: Any,
) -> FunnelQuestion:
    """A question in a line: `a b? c! d!! *` are stages, one optional, one for the first a person did, one for the
    first that matches, one for any event; `a{c=1}` has a filter. Times are seconds from START."""
    excluded = exclusions or []
    document = {
        "stages": [_stage(text) for text in stages.split()],
        "conversion_window": window and {"value": window, "unit": "second"},
        "exclusions": [{"event_type": name, "from_stage": a, "to_stage": b} for name, a, b in excluded],
        **more,
    }
    return FunnelQuestion(
        funnel_from_json(document, least_stages=1),
        TimeRange(START + span[0] * SECOND, START + span[1] * SECOND, "", ""),
        parse_filter(filter),
        START + now * SECOND,
        count_by,
        completion,
        breakdown,
    )


def _stage(text: str) -> dict[str, Any]:
    name, _, condition = text.rstrip("?!").rstrip("}").partition("{")
    key, _, value = condition.partition("=")
    marks = text[len(text.rstrip("?!")) :]
    return {
        "event_type": None if name == "*" else name,
        "filter": {f"properties.{key}": value} if key else None,
        "optional": "?" in marks,
        "first_time_only": {0: False, 1: True, 2: FIRST_MATCHING}[marks.count("!")],
    }
