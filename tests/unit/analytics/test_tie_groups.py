"""What events of one instant can fill: against trying every way to give different events to the stages."""

from __future__ import annotations

import time
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from iafa_api.analytics.tie_groups import needs_of_distinct, needs_of_many, needs_of_one

STAGES = 4


def needs_by_trying(masks: list[int]) -> tuple[int | None, ...]:
    def can_fill(first: int, last: int) -> bool:
        stages = range(first, last + 1)
        return any(
            all(mask >> stage & 1 for mask, stage in zip(chosen, stages, strict=True))
            for chosen in permutations(masks, len(stages))
        )

    return tuple(next((i for i in range(k + 1) if can_fill(i, k)), None) for k in range(STAGES))


@given(st.lists(st.integers(1, 2**STAGES - 1), min_size=1, max_size=5))
def test_many_events_fill_what_trying_finds(masks: list[int]) -> None:
    classes = [(mask, masks.count(mask)) for mask in sorted(set(masks))]
    assert needs_of_many(classes, STAGES) == needs_by_trying(masks)


@given(st.integers(1, 2**STAGES - 1))
def test_one_event_and_events_of_one_stage_each_are_special_cases(mask: int) -> None:
    assert needs_of_one(mask, STAGES) == needs_of_many([(mask, 1)], STAGES)
    single = [(1 << bit, 3) for bit in range(STAGES) if mask >> bit & 1]
    assert needs_of_distinct(mask, STAGES) == needs_of_many(single, STAGES)


def test_one_event_for_two_stages_fills_one_of_them() -> None:
    assert needs_of_many([(0b11, 1)], 2) == (0, 1)
    assert needs_of_many([(0b11, 2)], 2) == (0, 0)
    assert needs_of_many([(0b01, 1), (0b11, 1)], 2) == (0, 0)


def test_a_crowd_of_events_that_meet_every_stage_does_not_blow_up() -> None:
    started = time.perf_counter()
    assert needs_of_many([((1 << 20) - 1, 30), *((1 << bit | 1, 1) for bit in range(1, 20))], 20) == (0,) * 20
    assert time.perf_counter() - started < 1
