"""Which events can fill which stages, each event one: small matchings, kept while stages or events come to them."""

from __future__ import annotations

from collections.abc import Sequence


def can_match(stages: Sequence[int], masks: Sequence[int]) -> bool:
    """Whether each of the stages can have an event of its own that meets it."""
    stage_of: dict[int, int] = {}
    return all(give_event(stage, masks, stage_of, set()) for stage in stages)


def give_event(stage: int, masks: Sequence[int], stage_of: dict[int, int], tried: set[int]) -> bool:
    """Find an event for the stage, moving others to other events where that helps (an augmenting path)."""
    for event, mask in enumerate(masks):
        if event in tried or not mask >> stage & 1:
            continue
        tried.add(event)
        if event not in stage_of or give_event(stage_of[event], masks, stage_of, tried):
            stage_of[event] = stage
            return True
    return False


def can_match_one_more(used: Sequence[int], mask: int, stage_count: int) -> bool:
    """Whether one event more can be paired beside those that are."""
    met = [[stage for stage in range(stage_count) if one >> stage & 1] for one in (*used, mask)]
    event_of: dict[int, int] = {}

    def pair(event: int, tried: set[int]) -> bool:
        for stage in met[event]:
            if stage in tried:
                continue
            tried.add(stage)
            if stage not in event_of or pair(event_of[stage], tried):
                event_of[stage] = event
                return True
        return False

    return all(pair(event, set()) for event in range(len(met)))
