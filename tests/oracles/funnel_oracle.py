"""What an ordered funnel answers, slowly: every chain of every person is written down, then the rules are applied.

From the rules 1, 2, 7, 8 and 9 of the funnel's meaning, and from nothing that the engine does. Exponential in the
events of one person: for histories of about ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.funnel import FunnelCounts, FunnelQuestion, StageCounts

SECOND = 1_000_000
Moment = tuple[int, frozenset[int]]  # a time, and the stages (0-based) that the event of that time meets


@dataclass(frozen=True)
class Walk:
    """The chain that counts for a person: a time for each stage reached."""

    times: tuple[int, ...]
    entries: tuple[int, ...]


def funnel_walks(rows: Iterable[Mapping[str, Any]], question: FunnelQuestion) -> dict[tuple[str, str], Walk]:
    """Per person with at least an entry, the chain that counts."""
    histories: dict[tuple[str, str], list[Moment]] = defaultdict(list)
    for event in _events_looked_at(rows, question):
        person = ("user", event["user_id"]) if event["user_id"] is not None else ("anonymous", event["anonymous_id"])
        histories[person].append((event["created_at"], _stages_met(event, question)))
    window = question.definition.window
    limit = None if window is None else window.microseconds
    walks = {}
    for person, history in histories.items():
        times = best_chain(history, len(question.definition.stages), limit)
        if times:
            walks[person] = Walk(times, tuple(time for time, stages in history if 0 in stages))
    return walks


def funnel_counts(rows: Iterable[Mapping[str, Any]], question: FunnelQuestion) -> FunnelCounts:
    rows = list(rows)
    walks = list(funnel_walks(rows, question).values())
    stages = tuple(_stage_counts(walks, k, question) for k in range(len(question.definition.stages)))
    return FunnelCounts(stages, sum(1 for _ in _events_looked_at(rows, question)))


def best_chain(history: list[Moment], stage_count: int, window: int | None) -> tuple[int, ...]:
    """The times of the chain that counts (rule 7), () where nothing meets the first stage."""
    chains = set(_chains(history, stage_count, window))
    if not chains:
        return ()
    depth = max(map(len, chains))
    furthest = [chain for chain in chains if len(chain) == depth]
    first_end = min(chain[-1] for chain in furthest)
    ending_first = [chain for chain in furthest if chain[-1] == first_end]
    latest_entry = max(chain[0] for chain in ending_first)
    return min(chain for chain in ending_first if chain[0] == latest_entry)


def _chains(history: list[Moment], stage_count: int, window: int | None) -> Iterator[tuple[int, ...]]:
    """The times of every chain of every depth: different events, never back in time, within the window."""

    def extended(used: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if used:
            yield tuple(history[index][0] for index in used)
        if len(used) == stage_count:
            return
        for index, (time, stages) in enumerate(history):
            if index in used or len(used) not in stages:
                continue
            if used and time < history[used[-1]][0]:
                continue
            if used and window is not None and time > history[used[0]][0] + window:
                continue
            yield from extended((*used, index))

    return extended(())


def _events_looked_at(rows: Iterable[Mapping[str, Any]], question: FunnelQuestion) -> Iterator[Mapping[str, Any]]:
    for event in rows:
        in_range = question.time_range.start_us <= event["created_at"] < question.time_range.end_us
        if in_range and matches(question.filter, event):
            yield event


def _stages_met(event: Mapping[str, Any], question: FunnelQuestion) -> frozenset[int]:
    return frozenset(
        index
        for index, stage in enumerate(question.definition.stages)
        if stage.event_type in (None, event["event_type"]) and matches(stage.filter, event)
    )


def _stage_counts(walks: list[Walk], k: int, question: FunnelQuestion) -> StageCounts:
    reached = [walk for walk in walks if len(walk.times) > k]
    if k == 0:
        return StageCounts(len(reached))
    taken = sorted(walk.times[k] - walk.times[k - 1] for walk in reached)
    average = median = pending = None
    if taken:
        middle = (taken[(len(taken) - 1) // 2], taken[len(taken) // 2])
        average = float(Fraction(sum(taken), len(taken) * SECOND))
        median = float(Fraction(sum(middle), 2 * SECOND))
    window = question.definition.window
    if window is not None:
        # The range's last moment belongs to it, so a window that ends with the next microsecond outlives it.
        known_until = min(question.time_range.end_us - 1, question.now_us)
        waiting = (walk for walk in walks if len(walk.times) == k)
        pending = sum(any(entry + window.microseconds > known_until for entry in walk.entries) for walk in waiting)
    return StageCounts(len(reached), average, median, pending)
