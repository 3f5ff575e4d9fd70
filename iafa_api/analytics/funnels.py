"""A funnel's counts as the table that people read: rates of the first stage and of the one before, times, who waits.

A percentage has two digits; a rate of nothing is 0, so an empty range answers zeros. A step's conversion and its
drop-off add up to 100. `require_answerable` names what this version cannot count yet, before anything is counted.
"""

from __future__ import annotations

from typing import Any

from iafa_api.domain.faults import Faults
from iafa_api.domain.funnel import FunnelCounts, FunnelDefinition, Stage, StageCounts


def require_answerable(definition: FunnelDefinition) -> None:
    faults = Faults()
    if definition.order != "ordered":
        faults.add(("order",), f"Only ordered funnels can be answered yet; this one is {definition.order}.")
    for index, stage in enumerate(definition.stages):
        for name, is_asked in (("optional", stage.is_optional), ("first_time_only", stage.first_time_only)):
            if is_asked:
                faults.add(("stages", str(index), name), "Cannot be answered yet; leave it out.")
    if definition.exclusions:
        faults.add(("exclusions",), "Exclusions cannot be answered yet; ask without them.")
    faults.require_none()


def funnel_table(definition: FunnelDefinition, counts: FunnelCounts) -> dict[str, Any]:
    """`stages` and `overall_conversion_rate` of the answer."""
    persons = [stage.persons for stage in counts.stages]
    rows = [
        _row(stage, counted, first=persons[0], previous=persons[max(index - 1, 0)], is_first=index == 0)
        for index, (stage, counted) in enumerate(zip(definition.stages, counts.stages, strict=True))
    ]
    return {"stages": rows, "overall_conversion_rate": percent(persons[-1], persons[0])}


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
