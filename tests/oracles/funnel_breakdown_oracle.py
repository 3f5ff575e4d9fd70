"""What a funnel answers by the values of properties, slowly; from the funnel's rules 10 and 11 and nothing else.

Each value gets the histories that it counts, the chains are found as in a funnel of their own, and the values past the
limit are counted together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from iafa_api.domain.funnel import OTHER, Breakdown, FunnelQuestion, StageCounts
from tests.oracles.funnel_chain_oracle import Chain, Moment, rank
from tests.oracles.funnel_oracle import (
    Period,
    Row,
    Seen,
    Unit,
    Walk,
    histories,
    moments,
    person_of,
    stage_counts,
    trend_point,
    value_of,
    walks_of,
)

Value = tuple[str, ...]
Traits = Mapping[Unit, Mapping[str, str | None]]
NO_TRAITS: Traits = {}


@dataclass(frozen=True)
class BreakdownRow:
    """A value, its persons' walks and the counts over them; the trend where periods were asked for."""

    value: Value
    walks: Mapping[Unit, Walk]
    stages: tuple[StageCounts, ...]
    trend: list[tuple[int, int]]


def breakdown(
    rows: Iterable[Row],
    question: FunnelQuestion,
    traits: Traits = NO_TRAITS,
    periods: Sequence[Period] = (),
    span: tuple[int, int] | None = None,
) -> list[BreakdownRow]:
    """The rows in their order; `traits` are what is known of each person now."""
    asked = question.breakdown
    assert asked is not None
    runs: dict[Value, dict[Unit, list[Moment]]] = defaultdict(dict)
    for unit, seen in histories(rows, question).items():
        for value, history in _runs(seen, asked, question, traits).items():
            runs[value][unit] = history
    found = {}
    for value, by_unit in runs.items():
        found[value] = walks_of(by_unit, question)
        if asked.attribution == "stage" and _of_events(asked):  # a trait has no attribution
            stage = (asked.stage or 0) - 1
            found[value] = {unit: walk for unit, walk in found[value].items() if stage in walk.stages}
            runs[value] = {unit: by_unit[unit] for unit in found[value]}
    ranked = sorted((value for value in found if found[value]), key=lambda value: (-len(found[value]), value))
    answer = []
    for value in ranked[: asked.limit]:
        points = [trend_point(walks_of(runs[value], question, period).values(), question, span) for period in periods]
        answer.append(BreakdownRow(value, found[value], stage_counts(found[value].values(), question), points))
    rest = ranked[asked.limit :]
    if rest:
        together = _together([found[value] for value in rest], question)
        points = [
            trend_point(
                _together([walks_of(runs[value], question, period) for value in rest], question).values(),
                question,
                span,
            )
            for period in periods
        ]
        answer.append(
            BreakdownRow((OTHER,) * len(asked.properties), together, stage_counts(together.values(), question), points)
        )
    return answer


def _runs(
    seen: Sequence[Seen], asked: Breakdown, question: FunnelQuestion, traits: Traits
) -> dict[Value, list[Moment]]:
    """The histories of one unit by the values under which it may be counted."""
    of_events = _of_events(asked)
    values = [_value(one.row, asked, traits) for one in seen]
    matching = [(value, one) for value, one in zip(values, seen, strict=True) if one.moment.stages]
    if not matching:
        return {}
    if not of_events:
        return {values[0]: moments(seen)}
    if asked.attribution in ("first_touch", "last_touch"):
        having = [(value, one) for value, one in matching if any(value_of(one.row, name) for name in of_events)]
        # Where no event has a value, any of them tells that all are missing.
        touches = having or matching
        return {touches[0 if asked.attribution == "first_touch" else -1][0]: moments(seen)}
    runs = {}
    if asked.attribution == "all_events":
        is_strict = question.definition.order == "strict"
        for value in {value for value, _ in matching}:
            runs[value] = [
                one.moment
                for its, one in zip(values, seen, strict=True)
                if its == value or (is_strict and not one.moment.stages)
            ]
        return runs
    assert asked.stage is not None
    stage = asked.stage - 1
    for value in {value for value, one in matching if stage in one.moment.stages}:
        runs[value] = [
            one.moment if its == value else replace(one.moment, stages=one.moment.stages - {stage})
            for its, one in zip(values, seen, strict=True)
        ]
    return runs


def _of_events(asked: Breakdown) -> list[str]:
    return [name for name in asked.properties if not name.startswith("user.")]


def _value(row: Row, asked: Breakdown, traits: Traits) -> Value:
    """What an event says of the properties and its person of the traits; what is missing is the empty text."""
    known: Mapping[str, Any] = traits.get(person_of(row), {})
    return tuple(
        (known.get(name.removeprefix("user.")) if name.startswith("user.") else value_of(row, name)) or ""
        for name in asked.properties
    )


def _together(found: Iterable[Mapping[Unit, Walk]], question: FunnelQuestion) -> dict[Unit, Walk]:
    """Each unit once, by its furthest chain among several values, with the entries of all of them."""
    by_unit: dict[Unit, list[Walk]] = defaultdict(list)
    for walked in found:
        for unit, walk in walked.items():
            by_unit[unit].append(walk)
    together = {}
    for unit, several in by_unit.items():
        best = min(several, key=lambda walk: rank(Chain(walk.times, walk.stages), question.definition))
        together[unit] = replace(best, entries=tuple(entry for walk in several for entry in walk.entries))
    return together
