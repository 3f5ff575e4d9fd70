"""Retention as SQL, one statement per step: the text only.

`seen` has a row per unit and period with events that matter (all history before the periods shown is one: HISTORY),
`members` says which unit is in the cohort of which period, `groups` which row of the breakdown a unit belongs to; the
matrix joins the three. A unit's value is that of its first cohort event shown; a trait is the same on all its events.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from typing import Final

from iafa_api.analytics.event_sql import Parameters, property_sql
from iafa_api.analytics.period_sql import ARRIVAL, in_period_sql, is_one_of_sql, looked_at_until_sql, unit_sql
from iafa_api.domain.retention import RetentionQuestion

HISTORY: Final = -1


def looked_at(question: RetentionQuestion, parameters: Parameters) -> str:
    """Whether an event lies where the question looks, all history for first times, and passes its filter."""
    return looked_at_until_sql(question.looks_from_us, question.periods[-1].end_us, question.filter, parameters)


def seen(question: RetentionQuestion, events: str, parameters: Parameters) -> str:
    """By unit and period: whether it has a cohort event, whether enough return events, and its value with its time."""
    joins = is_one_of_sql(question.cohort_event, parameters)
    returns = is_one_of_sql(question.return_event, parameters)
    values, value = "", ""
    if question.breakdown is not None:
        listed = [f"coalesce({property_sql(name, parameters)}, '')" for name in question.breakdown.properties]
        values = f", [{', '.join(listed)}] AS value, ({ARRIVAL}) AS arrival"
        value = ", arg_min(value, arrival) FILTER (joins) AS value, min(arrival) FILTER (joins) AS arrival"
    unit = unit_sql(question.count_by, parameters)
    found = f"""
        SELECT {unit} AS unit, created_at, {joins} IS TRUE AS joins, {returns} IS TRUE AS returns{values}
        FROM ({events}) WHERE {looked_at(question, parameters)} AND unit IS NOT NULL AND (joins OR returns)"""
    return f"""
        CREATE TEMP TABLE seen AS
        SELECT unit, coalesce(period, {HISTORY}) AS period, bool_or(joins) AS joined,
            count(*) FILTER (returns) >= {parameters.name(question.minimum_occurrences)} AS returned{value}
        FROM ({in_period_sql(found, question.periods, parameters)}) GROUP BY unit, coalesce(period, {HISTORY})"""


def members(question: RetentionQuestion) -> str:
    """By unit and period: the cohorts it is in. What is shown differs by what was looked at: `looked_at`."""
    if question.cohort_rule == "recurring":
        cohorts = "SELECT unit, period FROM seen WHERE joined"
    else:
        cohorts = (
            f"SELECT unit, min(period) AS period FROM seen WHERE joined GROUP BY unit HAVING min(period) > {HISTORY}"
        )
    return f"CREATE TEMP TABLE members AS {cohorts}"


NO_GROUPS: Final = "CREATE TEMP TABLE groups AS SELECT DISTINCT unit, 0 AS place FROM members"

GROUPS: Final = f"""
    CREATE TEMP TABLE groups AS
    SELECT unit, value, dense_rank() OVER (ORDER BY units DESC, value) - 1 AS place FROM (
        SELECT unit, value, count(*) OVER (PARTITION BY value) AS units FROM (
            SELECT unit, arg_min(value, arrival) AS value FROM seen
            WHERE joined AND period > {HISTORY} AND unit IN (SELECT unit FROM members) GROUP BY unit))"""

VALUES: Final = "SELECT DISTINCT place, value FROM groups WHERE place < $limit ORDER BY place"

_PLACE: Final = "least(place, CAST($limit AS BIGINT)) AS place"

SIZES: Final = f"SELECT {_PLACE}, period, count(*) FROM members JOIN groups USING (unit) GROUP BY ALL"

# How many came back how many periods later: in each period, or in the last one in which they did.
RETURNS: Final = f"""
    SELECT {_PLACE}, m.period, s.period - m.period AS later, count(*)
    FROM members AS m JOIN groups USING (unit) JOIN seen AS s ON s.unit = m.unit AND s.returned AND s.period > m.period
    GROUP BY ALL"""
LAST_RETURNS: Final = f"""
    SELECT {_PLACE}, m.period, s.period - m.period AS later, count(*)
    FROM members AS m JOIN groups USING (unit)
    JOIN (SELECT unit, max(period) AS period FROM seen WHERE returned GROUP BY unit) AS s
        ON s.unit = m.unit AND s.period > m.period
    GROUP BY ALL"""
