"""What the events of one person at one instant can do for a funnel together.

Such a tie group serves a chain in whatever order helps, but each of its events fills one stage only. The questions are
"with i stages filled before, how many can be filled within it?" and its inverse, which is all that the engine needs:
for each stage k the fewest stages that must be filled before, so that k can be filled here. The answer depends only on
how many events meet which stages, so it is found once for each such combination and not once for each group.
"""

from __future__ import annotations

from collections.abc import Iterable

from iafa_api.analytics.funnel_matching import give_event

Needs = tuple[int | None, ...]  # for stage k (at k-1): the fewest stages filled before; None: k cannot be filled here


def needs_of_one(mask: int, stage_count: int) -> Needs:
    """One event alone: it fills any stage that it meets, where all the stages before are filled."""
    return tuple(stage if mask >> stage & 1 else None for stage in range(stage_count))


def needs_of_distinct(mask: int, stage_count: int) -> Needs:
    """Events that meet one stage each (`mask`: all of them together): a run of stages is filled at once."""
    needs: list[int | None] = []
    for stage in range(stage_count):
        before = needs[-1] if needs else None
        needs.append((stage if before is None else before) if mask >> stage & 1 else None)
    return tuple(needs)


def needs_of_many(classes: Iterable[tuple[int, int]], stage_count: int) -> Needs:
    """Any events: `classes` says how many (count) meet exactly which stages (mask).

    Stages i+1 … k are filled by different events where a matching of stages to events covers them. The matching is
    kept while k moves up; where stage k finds no event, the lowest stage gives its own back, and i moves up.
    """
    # More events of one class than stages that they meet can never all be used.
    events = [mask for mask, count in classes for _ in range(min(count, mask.bit_count()))]
    stage_of: dict[int, int] = {}
    needs: list[int | None] = []
    lowest = 0
    for stage in range(stage_count):
        while lowest <= stage and not give_event(stage, events, stage_of, set()):
            stage_of = {event: filled for event, filled in stage_of.items() if filled != lowest}
            lowest += 1
        needs.append(lowest if lowest <= stage else None)
    return tuple(needs)
