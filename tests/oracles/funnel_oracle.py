"""What a funnel answers, slowly: who is counted by which chain, and the figures over them.

From the funnel's rules 5 to 9 and 11 to 13 and from nothing that an engine does; `funnel_chain_oracle` finds a person's
chain, `funnel_breakdown_oracle` asks by values. For histories of about ten events a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.funnel import FIRST_MATCHING, FunnelCounts, FunnelQuestion, Stage, StageCounts
from tests.oracles.funnel_chain_oracle import Moment, Times, chain_that_counts

SECOND = 1_000_000
Row = Mapping[str, Any]
Unit = tuple[str, str]  # ("user", id), ("anonymous", id), or (what is counted by, its value)
Period = tuple[int, int]  # the end does not belong to it


@dataclass(frozen=True)
class Seen:
    """An event that the question looks at, and what it is to the funnel."""

    row: Row
    moment: Moment


@dataclass(frozen=True)
class Walk:
    """The chain that counts: a time for each stage reached, the stages it holds, and all entries there were."""

    times: Times
    stages: frozenset[int]
    entries: tuple[int, ...]


def walks(rows: Iterable[Row], question: FunnelQuestion) -> dict[Unit, Walk]:
    """Per person (or session, or value) that counts, the chain that counts."""
    return walks_of({unit: moments(seen) for unit, seen in histories(rows, question).items()}, question)


def funnel_counts(rows: Iterable[Row], question: FunnelQuestion) -> FunnelCounts:
    rows = list(rows)
    passed = [row for row in rows if _is_in_range(row, question) and matches(question.filter, row)]
    return FunnelCounts(stage_counts(walks(rows, question).values(), question), len(passed))


def stage_counts(walked: Iterable[Walk], question: FunnelQuestion) -> tuple[StageCounts, ...]:
    listed = list(walked)
    return tuple(_counts_of_stage(listed, k, question) for k in range(len(question.definition.stages)))


def trend(
    rows: Iterable[Row], question: FunnelQuestion, periods: Sequence[Period], span: tuple[int, int] | None = None
) -> list[tuple[int, int]]:
    """(entered, converted) per period. `span` numbers its two stages from 1; all of the funnel is the default."""
    by_unit = {unit: moments(seen) for unit, seen in histories(rows, question).items()}
    return [trend_point(walks_of(by_unit, question, period).values(), question, span) for period in periods]


def trend_point(walked: Iterable[Walk], question: FunnelQuestion, span: tuple[int, int] | None) -> tuple[int, int]:
    first, last = span or _whole_span(question)
    held = [walk.times for walk in walked]
    return sum(times[first - 1] is not None for times in held), sum(times[last - 1] is not None for times in held)


def seconds_to_convert(rows: Iterable[Row], question: FunnelQuestion, span: tuple[int, int]) -> dict[Unit, Fraction]:
    """Seconds between two stages (numbered from 1), per person who reached both."""
    taken = {}
    for unit, walk in walks(rows, question).items():
        start, end = walk.times[span[0] - 1], walk.times[span[1] - 1]
        if start is not None and end is not None:
            taken[unit] = Fraction(end - start, SECOND)
    return taken


def time_to_convert(rows: Iterable[Row], question: FunnelQuestion, span: tuple[int, int]) -> dict[str, Any]:
    taken = list(seconds_to_convert(rows, question, span).values())
    return {
        "persons": len(taken),
        "average_seconds": float(sum(taken) / len(taken)) if taken else None,
        "median_seconds": _quantile(taken, Fraction(1, 2)),
        "p90_seconds": _quantile(taken, Fraction(9, 10)),
    }


def is_histogram(histogram: Sequence[Mapping[str, Any]], seconds: Iterable[Fraction], bins: int) -> bool:
    """Whether these are equal bins, side by side, that hold everybody where they belong (at an edge: either side)."""
    listed = sorted(seconds)
    if not listed:
        return all(one["count"] == 0 for one in histogram)
    edges = [histogram[0]["from_seconds"], *(one["to_seconds"] for one in histogram)]
    width = (edges[-1] - edges[0]) / bins
    near = 1e-6 * max(1.0, float(listed[-1]))
    below = 0
    for number, one in enumerate(histogram):
        below += one["count"]
        surely = sum(second < edges[number + 1] - near for second in listed)
        perhaps = sum(second <= edges[number + 1] + near for second in listed)
        if one["from_seconds"] != edges[number] or abs(one["to_seconds"] - one["from_seconds"] - width) > near:
            return False
        if not surely <= below <= perhaps:
            return False
    return len(histogram) == bins and below == len(listed) and edges[0] <= listed[0] + near


def users_behind(
    rows: Iterable[Row], question: FunnelQuestion, stage: int, which: str
) -> dict[Unit, tuple[int, float]]:
    """Who reached a stage (numbered from 1), or was dropped there: when, and how many seconds from their entry.

    Dropped is dated by the previous required stage, the last that counts towards this one.
    """
    found = {}
    for unit, walk in walks(rows, question).items():
        at = walk.times[stage - 1]
        if which == "dropped":
            at = walk.times[previous_required(stage - 1, question)] if at is None else None
        if at is not None and walk.times[0] is not None:
            found[unit] = (at, (at - walk.times[0]) / SECOND)
    return found


def histories(rows: Iterable[Row], question: FunnelQuestion) -> dict[Unit, list[Seen]]:
    """What the question looks at, by unit, in the order of time and then of arrival."""
    stages, exclusions = question.definition.stages, question.definition.exclusions
    passed = sorted((row for row in rows if matches(question.filter, row)), key=order_of_arrival)
    firsts = [_firsts(passed, stage) for stage in stages]
    found: dict[Unit, list[Seen]] = defaultdict(list)
    for index, row in enumerate(passed):
        unit = unit_of(row, question)
        if unit is None or not _is_looked_at(row, question):
            continue
        moment = Moment(
            row["created_at"],
            frozenset(k for k, stage in enumerate(stages) if _accepts(stage, row) and firsts[k](index)),
            frozenset(
                k for k, one in enumerate(exclusions) if _is_of(one.event_type, row) and matches(one.filter, row)
            ),
            _is_in_range(row, question),
        )
        found[unit].append(Seen(row, moment))
    return dict(found)


def moments(seen: Iterable[Seen]) -> list[Moment]:
    return [one.moment for one in seen]


def walks_of(
    by_unit: Mapping[Unit, Sequence[Moment]], question: FunnelQuestion, period: Period | None = None
) -> dict[Unit, Walk]:
    """The walks by the chains whose entries lie in a period."""
    found = {}
    for unit, history in by_unit.items():
        chain = chain_that_counts(
            history, question.definition, lambda time: period is None or period[0] <= time < period[1]
        )
        if chain is not None:
            found[unit] = Walk(chain.times, chain.stages, _entries(history, question))
    return found


def order_of_arrival(row: Row) -> tuple[Any, ...]:
    return (row["created_at"], row["ingested_at"], row["segment"], row["place"])


def person_of(row: Row) -> Unit:
    return ("user", row["user_id"]) if row["user_id"] is not None else ("anonymous", row["anonymous_id"])


def unit_of(row: Row, question: FunnelQuestion) -> Unit | None:
    if question.count_by is None:
        return person_of(row)
    value = value_of(row, question.count_by)
    return None if value is None else (question.count_by, value)


def value_of(row: Row, name: str) -> str | None:
    value = row["properties"].get(name.removeprefix("properties.")) if name.startswith("properties.") else row[name]
    return None if value is None else str(value)


def previous_required(k: int, question: FunnelQuestion) -> int:
    """The required stage before stage k (both 0-based)."""
    return max(j for j in range(k) if not question.definition.stages[j].is_optional)


def _entries(history: Iterable[Moment], question: FunnelQuestion) -> tuple[int, ...]:
    is_unordered = question.definition.order == "unordered"
    return tuple(one.time for one in history if one.is_in_range and (0 in one.stages or (is_unordered and one.stages)))


def _firsts(passed: Sequence[Row], stage: Stage) -> Callable[[int], bool]:
    """Whether an event is the person's first of the stage's type in all history, where the stage asks for that.

    `passed` is all history that passes the question's own filter, in order.
    """
    if not stage.first_time_only:
        return lambda index: True
    first: dict[Unit, int] = {}
    for index, row in enumerate(passed):
        counts = _accepts(stage, row) if stage.first_time_only == FIRST_MATCHING else _is_of(stage.event_type, row)
        if counts:
            first.setdefault(person_of(row), index)
    return lambda index: first.get(person_of(passed[index])) == index


def _accepts(stage: Stage, row: Row) -> bool:
    return _is_of(stage.event_type, row) and matches(stage.filter, row)


def _is_of(event_type: str | None, row: Row) -> bool:
    return event_type in (None, row["event_type"])


def _is_in_range(row: Row, question: FunnelQuestion) -> bool:
    return bool(question.time_range.start_us <= row["created_at"] < question.time_range.end_us)


def _is_looked_at(row: Row, question: FunnelQuestion) -> bool:
    """In the range; or after it, where chains may end in their window and an entry's window may reach as far."""
    if question.completion == "in_range" or row["created_at"] < question.time_range.end_us:
        return _is_in_range(row, question)
    window = question.definition.window
    # Without a window the whole range is the window.
    return window is not None and row["created_at"] < question.time_range.end_us + window.microseconds


def _whole_span(question: FunnelQuestion) -> tuple[int, int]:
    return 1, len(question.definition.stages)


def _counts_of_stage(walked: Sequence[Walk], k: int, question: FunnelQuestion) -> StageCounts:
    reached = [walk for walk in walked if walk.times[k] is not None]
    if k == 0:
        return StageCounts(len(reached))
    before = previous_required(k, question)
    taken = [Fraction((walk.times[k] or 0) - (walk.times[before] or 0), SECOND) for walk in reached]
    average = float(sum(taken) / len(taken)) if taken else None
    return StageCounts(len(reached), average, _quantile(taken, Fraction(1, 2)), _pending(walked, k, before, question))


def _pending(walked: Sequence[Walk], k: int, before: int, question: FunnelQuestion) -> int | None:
    window = question.definition.window
    if window is None:
        return None
    # The range's last moment belongs to it, so a window that ends with the next microsecond outlives it.
    known_until = min(question.time_range.end_us - 1, question.now_us)
    return sum(
        any(entry + window.microseconds > known_until for entry in walk.entries)
        for walk in walked
        if walk.times[before] is not None and walk.times[k] is None
    )


def _quantile(values: Iterable[Fraction], share: Fraction) -> float | None:
    """With linear interpolation: the median of an even number is the mean of the middle two."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
