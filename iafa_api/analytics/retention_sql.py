"""Retention as SQL, one statement per step: the text only.

`units` numbers who may be in a cohort, `seen` has a row per unit and period with events that matter (all history before
the periods shown is one: HISTORY), `members` says which unit is in the cohort of which period, `groups` which row of
the breakdown a unit belongs to; the matrix joins them. A unit's value is that of its first cohort event shown (a trait
is the same on all its events): `firsts` says when that was, `valued` reads what it held.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from typing import Final

from iafa_api.analytics.event_sql import Parameters, property_sql
from iafa_api.analytics.period_sql import (
    ARRIVAL,
    by_number_sql,
    in_period_sql,
    is_one_of_sql,
    looked_at_until_sql,
    number_units_sql,
    unit_sql,
)
from iafa_api.domain.retention import RetentionQuestion
from iafa_api.domain.value_breakdown import ValueBreakdown

HISTORY: Final = -1


def looked_at(question: RetentionQuestion, parameters: Parameters) -> str:
    """Whether an event lies where the question looks, all history for first times, and passes its filter."""
    return looked_at_until_sql(question.looks_from_us, question.periods[-1].end_us, question.filter, parameters)


def units(question: RetentionQuestion, events: str, parameters: Parameters) -> str:
    """Numbers the units that may be in a cohort."""
    joins = is_one_of_sql(question.cohort_event, parameters)
    return number_units_sql(events, f"{looked_at(question, parameters)} AND {joins}", question.count_by, parameters)


def seen(question: RetentionQuestion, events: str, parameters: Parameters) -> str:
    """By unit and period: whether it has a cohort event, when the first (for `firsts`), and whether enough returns."""
    joins = is_one_of_sql(question.cohort_event, parameters)
    returns = is_one_of_sql(question.return_event, parameters)
    first = "" if question.breakdown is None else ", min(created_at) FILTER (joins) AS first_at"
    least = question.minimum_occurrences
    enough = "bool_or(returns)" if least == 1 else f"count(*) FILTER (returns) >= {parameters.name(least)}"
    found = f"""
        SELECT {unit_sql(question.count_by, parameters)} AS name, created_at,
            {joins} IS TRUE AS joins, {returns} IS TRUE AS returns
        FROM ({events}) WHERE {looked_at(question, parameters)} AND (joins OR returns)"""
    placed = in_period_sql(by_number_sql(found), question.periods, parameters)
    return f"""
        CREATE TEMP TABLE seen AS
        SELECT unit, CAST(coalesce(period, {HISTORY}) AS SMALLINT) AS period,
            bool_or(joins) AS joined, {enough} AS returned{first}
        FROM ({placed}) GROUP BY 1, 2"""


def members(question: RetentionQuestion) -> str:
    """By unit and period: the cohorts it is in. What is shown differs by what was looked at: `looked_at`."""
    if question.cohort_rule == "recurring":
        cohorts = f"SELECT unit, period FROM seen WHERE joined AND period > {HISTORY}"
    else:
        cohorts = (
            f"SELECT unit, min(period) AS period FROM seen WHERE joined GROUP BY unit HAVING min(period) > {HISTORY}"
        )
    return f"CREATE TEMP TABLE members AS {cohorts}"


NO_GROUPS: Final = "CREATE TEMP TABLE groups AS SELECT DISTINCT unit, 0 AS place FROM members"

FIRSTS: Final = f"""
    CREATE TEMP TABLE firsts AS
    SELECT unit, min(first_at) AS created_at FROM seen
    WHERE joined AND period > {HISTORY} AND unit IN (SELECT unit FROM members) GROUP BY unit"""


def valued(question: RetentionQuestion, breakdown: ValueBreakdown, events: str, parameters: Parameters) -> str:
    """By unit: its values; of one instant the event that arrived first has them."""
    listed = [f"coalesce({property_sql(name, parameters)}, '')" for name in breakdown.properties]
    found = f"""
        SELECT {unit_sql(question.count_by, parameters)} AS name, created_at, [{", ".join(listed)}] AS value,
            ({ARRIVAL}) AS arrival
        FROM ({events})
        WHERE {looked_at(question, parameters)} AND {is_one_of_sql(question.cohort_event, parameters)}"""
    return f"""
        CREATE TEMP TABLE valued AS
        SELECT unit, arg_min(value, arrival) AS value
        FROM ({by_number_sql(found)}) JOIN firsts USING (unit, created_at) GROUP BY unit"""


RANKED: Final = """
    CREATE TEMP TABLE ranked AS
    SELECT value, row_number() OVER (ORDER BY count(*) DESC, value) - 1 AS place FROM valued GROUP BY value"""
GROUPS: Final = "CREATE TEMP TABLE groups AS SELECT unit, place FROM valued JOIN ranked USING (value)"
VALUES: Final = "SELECT value FROM ranked WHERE place < $limit ORDER BY place"

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
