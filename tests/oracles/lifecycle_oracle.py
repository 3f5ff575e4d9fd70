"""What lifecycle answers, slowly: every unit is looked at in every period, by the words of the definition."""

from __future__ import annotations

from collections.abc import Sequence

from iafa_api.domain.filters import matches
from iafa_api.domain.lifecycle import LifecycleQuestion
from tests.oracles.activity import Event, is_one_of, lies_in, unit_of


def lifecycle_figures(rows: Sequence[Event], question: LifecycleQuestion) -> dict[str, list[int]]:
    """`new`, `returning`, `resurrecting` and `dormant` (negative), a figure a period."""
    history = [one for one in rows if matches(question.filter, one) and is_one_of(one, question.event)]
    units = {unit_of(one, question.count_by) for one in history} - {None}
    found: dict[str, list[int]] = {"new": [], "returning": [], "resurrecting": [], "dormant": []}
    before = question.before
    for period in question.periods:
        counted = dict.fromkeys(found, 0)
        for unit in units:
            own = [one for one in history if unit_of(one, question.count_by) == unit]
            is_active = any(lies_in(one, period) for one in own)
            was_active = before is not None and any(lies_in(one, before) for one in own)
            had_been = any(one["created_at"] < period.start_us for one in own)
            if is_active and not had_been:
                counted["new"] += 1
            elif is_active and was_active:
                counted["returning"] += 1
            elif is_active:
                counted["resurrecting"] += 1
            elif was_active:
                counted["dormant"] -= 1
        for name, figure in counted.items():
            found[name].append(figure)
        before = period
    return found
