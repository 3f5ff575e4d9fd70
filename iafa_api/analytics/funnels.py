"""A funnel's counts as the table that people read: rates of the first stage and of the one before, times, who waits.

A percentage has two digits; a rate of nothing is 0, so an empty range answers zeros. A step's conversion and its
drop-off add up to 100. "The stage before" is the required one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iafa_api.domain.funnel import FunnelDefinition, Stage, StageCounts


def funnel_table(definition: FunnelDefinition, counts: Sequence[StageCounts]) -> dict[str, Any]:
    """`stages` and `overall_conversion_rate` of the answer."""
    rows = []
    required = 0  # the last required stage before
    for index, (stage, counted) in enumerate(zip(definition.stages, counts, strict=True)):
        rows.append(
            _row(stage, counted, first=counts[0].persons, previous=counts[required].persons, is_first=index == 0)
        )
        required = required if stage.is_optional else index
    return {"stages": rows, "overall_conversion_rate": percent(counts[-1].persons, counts[0].persons)}


def percent(part: int, whole: int) -> float:
    """Two digits, halves upwards; of nothing 0. In integers, because a float rounds 0.125 as it likes."""
    return 0.0 if whole == 0 else (20_000 * part + whole) // (2 * whole) / 100


def _row(stage: Stage, counted: StageCounts, *, first: int, previous: int, is_first: bool) -> dict[str, Any]:
    step = percent(counted.persons, previous)
    return {
        "stage_name": stage.name,
        "order": stage.order,
        "users": counted.persons,
        "conversion_rate": percent(counted.persons, first),
        "step_conversion_rate": step,
        "drop_off_rate": 0.0 if is_first or previous == 0 else round(100 - step, 2),
        "average_seconds_from_previous": counted.average_seconds,
        "median_seconds_from_previous": counted.median_seconds,
        "pending": counted.pending,
    }
