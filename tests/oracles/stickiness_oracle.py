"""What stickiness answers, slowly: for every unit and period the events are counted, by the words of the definition."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.stickiness import StickinessQuestion
from tests.oracles.activity import Event, is_one_of, lies_in, unit_of

MEETS: dict[str, Any] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def stickiness_figures(rows: Sequence[Event], question: StickinessQuestion) -> dict[str, Any]:
    """`data` and `persons`."""
    asked_range = question.time_range
    looked_at = [
        one
        for one in rows
        if asked_range.start_us <= one["created_at"] < asked_range.end_us
        and matches(question.filter, one)
        and is_one_of(one, question.event)
    ]
    active_in = []
    for unit in {unit_of(one, question.count_by) for one in looked_at} - {None}:
        own = [one for one in looked_at if unit_of(one, question.count_by) == unit]
        counts = [sum(1 for one in own if lies_in(one, period)) for period in question.periods]
        meets = MEETS[question.criteria.operator]
        active_in.append(sum(1 for count in counts if count > 0 and meets(count, question.criteria.value)))
    numbers = range(1, len(question.periods) + 1)
    if question.cumulative:
        data = [sum(1 for periods in active_in if periods >= number) for number in numbers]
    else:
        data = [sum(1 for periods in active_in if periods == number) for number in numbers]
    return {"data": data, "persons": sum(1 for periods in active_in if periods > 0)}
