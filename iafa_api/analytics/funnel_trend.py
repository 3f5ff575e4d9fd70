"""A funnel by the period of the entry: rule 11 of a funnel in docs/semantics.md."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence

from iafa_api.analytics.funnel_chains import find_chain, find_entries, rules_of
from iafa_api.analytics.funnel_walks import LOOK_EVERY, UnitJourney
from iafa_api.domain.funnel import FunnelQuestion, Span


def count_by_period(
    question: FunnelQuestion,
    span: Span,
    units: Sequence[UnitJourney],
    starts_us: Sequence[int],
    require_time: Callable[[], None],
) -> list[tuple[int, int]]:
    """For each period (told by its start) how many units entered the span and how many converted.

    A unit counts once in every period that holds one of its entries, by the best chain among those alone; one that is
    listed more than once, by the best of all.
    """
    rules = rules_of(question.definition)
    entered: dict[int, set[str]] = defaultdict(set)
    converted: dict[int, set[str]] = defaultdict(set)
    for number, unit in enumerate(units):
        if number % LOOK_EVERY == 0:
            require_time()
        by_period: dict[int, list[int]] = {}
        for entry in find_entries(rules, unit.journey, question.time_range.end_us):
            by_period.setdefault(bisect_right(starts_us, unit.journey.times[entry]) - 1, []).append(entry)
        for period, entries in by_period.items():
            times = find_chain(rules, unit.journey, entries, require_time)
            if times is not None:
                entered[period] |= {unit.unit} if times[span.from_stage - 1] is not None else set()
                converted[period] |= {unit.unit} if times[span.to_stage - 1] is not None else set()
    return [(len(entered[period]), len(converted[period])) for period in range(len(starts_us))]
