"""The journeys of a funnel's units as SQL: every event that a chain may use or that may void one, unit by unit.

The steps: `first_times` finds the events that first-time stages accept, in all history; `matched` says of every event
of the range what it meets; `UNITS` are those with an entry, numbered; `journeys` are their events in order.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names and numbers of stages; values go in as parameters
from collections.abc import Sequence

from iafa_api.analytics.event_sql import Parameters, filter_sql, property_sql
from iafa_api.domain.filters import Filter
from iafa_api.domain.funnel import FIRST_MATCHING, Breakdown, FunnelQuestion, Stage

ARRIVAL = "created_at, ingested_at, segment, place"


def first_times(number: int, stage: Stage, question: FunnelQuestion, events: str, parameters: Parameters) -> str:
    """The ids of each person's first event of the stage's type in all history, or of those that pass its filter too."""
    tests = [filter_sql(question.filter, parameters)]
    if stage.event_type is not None:
        tests.append(f"event_type = {parameters.name(stage.event_type)}")
    if stage.first_time_only == FIRST_MATCHING:
        tests.append(filter_sql(stage.filter, parameters))
    return f"""
        CREATE TEMP TABLE first{number} AS
        SELECT arg_min(id, ({ARRIVAL})) AS id FROM ({events}) WHERE {" AND ".join(tests)} GROUP BY person"""


def matched(
    question: FunnelQuestion,
    end_us: int | None,
    events: str,
    parameters: Parameters,
    *,
    only: Sequence[str] | None = None,
) -> str:
    """Every event from the range's start to `end_us` (None: whatever there is) with what it meets.

    `only`: those of these units alone, also where they meet nothing, with their ids and types.
    """
    definition = question.definition
    stages = [
        f"CASE WHEN {_meets(number, stage, parameters)} THEN {1 << number} ELSE 0 END"
        for number, stage in enumerate(definition.stages)
    ]
    exclusions = [
        f"CASE WHEN {_test(one.event_type, one.filter, parameters)} THEN {1 << number} ELSE 0 END"
        for number, one in enumerate(definition.exclusions)
    ]
    unit = "person" if question.count_by is None else property_sql(question.count_by, parameters)
    columns = [f"{value} AS value{number}" for number, value in enumerate(_values(question.breakdown, parameters))]
    start = f"make_timestamptz(CAST({parameters.name(question.time_range.start_us)} AS BIGINT))"
    tests = [f"created_at >= {start}", filter_sql(question.filter, parameters), "unit IS NOT NULL"]
    if end_us is not None:
        tests.append(f"created_at < make_timestamptz(CAST({parameters.name(end_us)} AS BIGINT))")
    if only is not None:
        columns += ["id", "event_type"]
        tests.append(f"unit IN ({', '.join(parameters.name(unit) for unit in only)})")
    elif definition.order != "strict":
        tests.append("(mask > 0 OR excluded > 0)")
    return f"""
        CREATE TEMP TABLE matched AS
        SELECT {unit} AS unit, {ARRIVAL}, {" | ".join(stages)} AS mask, {" | ".join(exclusions) or "0"} AS excluded
            {"".join(f", {column}" for column in columns)}
        FROM ({events}) WHERE {" AND ".join(tests)}"""


def units(question: FunnelQuestion, parameters: Parameters) -> str:
    """The units that enter, numbered in the order of their names."""
    entry = "mask > 0" if question.definition.order == "unordered" else "mask & 1 = 1"
    end = f"make_timestamptz(CAST({parameters.name(question.time_range.end_us)} AS BIGINT))"
    return f"""
        CREATE TEMP TABLE units AS
        SELECT unit, CAST(row_number() OVER (ORDER BY unit) - 1 AS INTEGER) AS number
        FROM (SELECT DISTINCT unit FROM matched WHERE {entry} AND created_at < {end})"""


COUNT = "SELECT count(*) FROM matched JOIN units USING (unit)"
UNITS = "SELECT unit FROM units ORDER BY number"


EXPLAINED = f"""
    SELECT unit, id, event_type, epoch_us(created_at), mask, excluded
    FROM matched ORDER BY {ARRIVAL}"""


def journeys(breakdown: Breakdown | None) -> str:
    """All events of the units, unit by unit, in order of time and arrival."""
    values = [] if breakdown is None else [f", value{number}" for number in range(len(breakdown.properties))]
    return f"""
        SELECT number, epoch_us(created_at) AS time_us, mask, excluded{"".join(values)}
        FROM matched JOIN units USING (unit) ORDER BY number, {ARRIVAL}"""


def _meets(number: int, stage: Stage, parameters: Parameters) -> str:
    test = _test(stage.event_type, stage.filter, parameters)
    return f"{test} AND id IN (SELECT id FROM first{number})" if stage.first_time_only else test


def _test(event_type: str | None, tree: Filter | None, parameters: Parameters) -> str:
    tests = [] if event_type is None else [f"event_type = {parameters.name(event_type)}"]
    if tree is not None:
        tests.append(filter_sql(tree, parameters))
    return " AND ".join(tests) or "true"


def _values(breakdown: Breakdown | None, parameters: Parameters) -> list[str]:
    return [] if breakdown is None else [property_sql(name, parameters) for name in breakdown.properties]
