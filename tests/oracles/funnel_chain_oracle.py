"""Which chain of one history counts, slowly: all its chains are written down, then the rules are applied.

From the funnel's rules 1 to 7 and from nothing that an engine does. A history is the events of one person (or session)
in the order of their times, those of one instant in the order of arrival. For histories of about ten events.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from iafa_api.domain.funnel import Exclusion, FunnelDefinition

Times = tuple[int | None, ...]  # a time for each stage held, None for the others


@dataclass(frozen=True)
class Moment:
    """An event: the stages (0-based) that accept it, the exclusions it is an event of, and whether a chain may begin
    with it, being in the range."""

    time: int
    stages: frozenset[int] = frozenset()
    excluded_by: frozenset[int] = frozenset()
    is_in_range: bool = True


@dataclass(frozen=True)
class Chain:
    """`times` by stage of the answer; `stages` are those that the chain's events fill, in an unordered chain the
    stages paired (its times are those at which the first, second, … pair was complete)."""

    times: Times
    stages: frozenset[int]

    @property
    def entry(self) -> int:
        assert self.times[0] is not None
        return self.times[0]

    @property
    def end(self) -> int:
        return max(time for time in self.times if time is not None)


def chain_that_counts(
    history: Sequence[Moment], definition: FunnelDefinition, is_entry: Callable[[int], bool] = lambda time: True
) -> Chain | None:
    """Rules 6 and 7 over the chains whose entry's time is one of those asked for; None where no chain counts.

    Unordered chains of one rank may pair different stages: the answer's `stages` are all that any of them pairs.
    """
    chains = [chain for chain in all_chains(history, definition) if is_entry(chain.entry)]
    clean = [chain for chain in chains if not is_void(chain, history, definition)]
    if definition.order == "unordered":
        candidates = clean or [chain for chain in chains if _held(chain) == 1]
    elif definition.exclusion_policy == "stop":
        candidates = clean
    else:
        depth = max((_depth(chain, definition) for chain in chains), default=None)
        candidates = [chain for chain in clean if _depth(chain, definition) == depth]
    if not candidates:
        return None
    first = min(rank(chain, definition) for chain in candidates)
    best = [chain for chain in candidates if rank(chain, definition) == first]
    return Chain(best[0].times, frozenset().union(*(chain.stages for chain in best)))


def rank(chain: Chain, definition: FunnelDefinition) -> Any:
    """Rule 7, the least of which counts: furthest, ends first, latest entry, then stage by stage as early as can be."""
    required, optional = _depth(chain, definition)
    by_stage = tuple(math.inf if time is None else time for time in chain.times)
    return (-required, -optional, chain.end, -chain.entry, by_stage)


def all_chains(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    """Every chain of every depth, by its times."""
    return {"ordered": _ordered, "strict": _strict, "unordered": _unordered}[definition.order](history, definition)


def is_void(chain: Chain, history: Iterable[Moment], definition: FunnelDefinition) -> bool:
    return any(
        index in moment.excluded_by and _lies_between(moment.time, chain, exclusion, definition)
        for index, exclusion in enumerate(definition.exclusions)
        for moment in history
    )


def _lies_between(time: int, chain: Chain, exclusion: Exclusion, definition: FunnelDefinition) -> bool:
    start = chain.times[exclusion.from_stage - 1]
    if start is None or time <= start:
        return False
    held_from_b_on = [held for held in chain.times[exclusion.to_stage - 1 :] if held is not None]
    if held_from_b_on:
        return time < held_from_b_on[0]
    return _is_within_window(time, chain.entry, definition)


def _is_within_window(time: int, entry: int, definition: FunnelDefinition) -> bool:
    return definition.window is None or time <= entry + definition.window.microseconds


def _depth(chain: Chain, definition: FunnelDefinition) -> tuple[int, int]:
    """How many required stages are held, and how many optional ones."""
    held = [stage.is_optional for stage, time in zip(definition.stages, chain.times, strict=True) if time is not None]
    return held.count(False), held.count(True)


def _held(chain: Chain) -> int:
    return len(chain.stages)


def _ordered(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    """Different events, never back in time: those of one instant in whichever order, so only times are compared."""

    def may_follow(index: int, used: tuple[int, ...]) -> bool:
        return index not in used and history[index].time >= history[used[-1]].time

    return _in_stages_order(history, definition, may_follow)


def _strict(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    """Each event is the neighbour of the one before."""

    def may_follow(index: int, used: tuple[int, ...]) -> bool:
        return index == used[-1] + 1

    return _in_stages_order(history, definition, may_follow)


def _in_stages_order(
    history: Sequence[Moment], definition: FunnelDefinition, may_follow: Callable[[int, tuple[int, ...]], bool]
) -> set[Chain]:
    """Stage by stage: every way so far that is still open goes on with every event that may follow it."""
    stage_count = len(definition.stages)
    chains: set[Chain] = set()
    # Ways of equal times that used the same events go on alike.
    open_ways: dict[Any, tuple[Times, tuple[int, ...]]] = {
        ((moment.time,), frozenset({index})): ((moment.time,), (index,))
        for index, moment in enumerate(history)
        if 0 in moment.stages and moment.is_in_range
    }
    for k in range(1, stage_count + 1):
        for times, _ in open_ways.values():
            held = frozenset(stage for stage, time in enumerate(times) if time is not None)
            chains.add(Chain(times + (None,) * (stage_count - k), held))
        if k == stage_count:
            break
        further: dict[Any, tuple[Times, tuple[int, ...]]] = {}
        for times, used in open_ways.values():
            for index, moment in enumerate(history):
                if k not in moment.stages or not may_follow(index, used):
                    continue
                if _is_within_window(moment.time, history[used[0]].time, definition):
                    longer = ((*times, moment.time), (*used, index))
                    further[longer[0], frozenset(longer[1])] = longer
            if definition.stages[k].is_optional:
                further[(*times, None), frozenset(used)] = ((*times, None), used)
        open_ways = further
    return chains


def _unordered(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    """From every entry, every pairing of stages with different events at or after it and within its window."""
    chains: set[Chain] = set()
    for entry in history:
        if not entry.stages or not entry.is_in_range:
            continue
        pairings: set[tuple[tuple[int, ...], frozenset[int]]] = {((), frozenset())}
        for moment in history:
            if moment.time >= entry.time and _is_within_window(moment.time, entry.time, definition):
                pairings |= {
                    ((*times, moment.time), paired | {stage})
                    for times, paired in pairings
                    for stage in moment.stages - paired
                }
        for times, paired in pairings:
            if times and times[0] == entry.time:
                chains.add(Chain(times + (None,) * (len(definition.stages) - len(times)), paired))
    return chains
