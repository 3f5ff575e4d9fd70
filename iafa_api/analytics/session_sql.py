"""Sessions as SQL: events to sessions, and sessions to figures.

A session is cut where a person pauses for longer than the gap, over all history; or it is what the client called one.
Of persons without an event in the range nothing starts there: they are left out before anything is sorted.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from typing import Final

from iafa_api.analytics.event_sql import Parameters, filter_sql, looked_at_sql
from iafa_api.analytics.item_sql import item_sql
from iafa_api.analytics.period_sql import ARRIVAL, in_period_sql
from iafa_api.domain.path_items import Items
from iafa_api.domain.session_question import SessionsQuestion


def cut_sql(gap_us: int, parameters: Parameters, *, order: str = "time_us") -> str:
    """A column that numbers a person's sessions, of events with `person` and `time_us`."""
    pause = f"time_us - lag(time_us) OVER (PARTITION BY person ORDER BY {order})"
    return f"CASE WHEN {pause} > {parameters.name(gap_us)} THEN 1 ELSE 0 END AS cuts"


def marked(question: SessionsQuestion, events: str, parameters: Parameters) -> str:
    """Every event of the sessions that may start in the range, as (person, unit, time_us)."""
    passes = filter_sql(question.filter, parameters)
    unit = "person" if question.gap_us is not None else "session_id"
    in_range = looked_at_sql(question.time_range, question.filter, parameters)
    return f"""
        CREATE TEMP TABLE marked AS
        SELECT person, {unit} AS unit, epoch_us(created_at) AS time_us
        FROM ({events}) AS e
        WHERE {passes} AND {unit} IS NOT NULL
            AND {unit} IN (SELECT {unit} FROM ({events}) WHERE {in_range} AND {unit} IS NOT NULL)"""


def numbered(question: SessionsQuestion, parameters: Parameters) -> str:
    """The same with the number of the session within its unit: one for all events of an instant, in whatever order."""
    if question.gap_us is None:
        return "CREATE TEMP TABLE numbered AS SELECT *, 0 AS session FROM marked"
    return f"""
        CREATE TEMP TABLE numbered AS
        SELECT person, unit, time_us,
            sum(cuts) OVER (PARTITION BY person ORDER BY time_us RANGE UNBOUNDED PRECEDING) AS session
        FROM (SELECT *, {cut_sql(question.gap_us, parameters)} FROM marked)"""


def started(question: SessionsQuestion, parameters: Parameters) -> str:
    """A row per session that starts in the range; `period` is where it starts (0 where no interval was asked for)."""
    found = f"""
        SELECT unit, session, count(*) AS events, make_timestamptz(min(time_us)) AS created_at,
            max(time_us) - min(time_us) AS length_us
        FROM numbered GROUP BY unit, session
        HAVING min(time_us) >= {parameters.name(question.time_range.start_us)}
            AND min(time_us) < {parameters.name(question.time_range.end_us)}"""
    if not question.periods:  # none was asked for, or the clock left out all of the range
        return f"CREATE TEMP TABLE started AS SELECT *, 0 AS period FROM ({found})"
    return f"CREATE TEMP TABLE started AS {in_period_sql(found, question.periods, parameters)}"


# Of each period and of all (NULL): sessions, events, microseconds, sessions of one event.
FIGURES: Final = """
    SELECT period, count(*), sum(events), sum(length_us), count(*) FILTER (events = 1)
    FROM started GROUP BY GROUPING SETS ((period), ())"""
PERSONS: Final = """
    SELECT period, count(DISTINCT person) FROM numbered JOIN started USING (unit, session)
    GROUP BY GROUPING SETS ((period), ())"""


def of_person(
    question: SessionsQuestion,
    items: Items,
    user_id: str | None,
    anonymous_id: str | None,
    events: str,
    parameters: Parameters,
) -> str:
    """A person's sessions that start in the range: start, end, events, entry and exit item, session_id; by time.

    The person is found by the events that carry the id: who was joined is the same person.
    """
    if user_id is not None:
        name = parameters.name(user_id)
        theirs = f"person = 'u' || {name} OR person IN (SELECT person FROM ({events}) WHERE user_id = {name})"
    else:
        name = parameters.name(anonymous_id)
        of_visitor = f"SELECT person FROM ({events}) WHERE anonymous_id = {name} AND user_id IS NULL"
        theirs = f"person IN ({of_visitor})"
    unit = "NULL" if question.gap_us is not None else "session_id"
    cuts = "0 AS cuts" if question.gap_us is None else cut_sql(question.gap_us, parameters, order=ARRIVAL)
    has_unit = "true" if question.gap_us is not None else "session_id IS NOT NULL"
    passes = filter_sql(question.filter, parameters)
    item = item_sql(items, parameters)
    found = f"""
        SELECT person, CAST({unit} AS VARCHAR) AS unit, epoch_us(created_at) AS time_us, {item} AS item, {ARRIVAL}
        FROM ({events}) WHERE ({theirs}) AND {has_unit} AND {passes}"""
    numbered = f"""
        SELECT *, sum(cuts) OVER (PARTITION BY person ORDER BY {ARRIVAL} ROWS UNBOUNDED PRECEDING) AS session
        FROM (SELECT *, {cuts} FROM ({found}))"""
    return f"""
        SELECT min(time_us) AS start_us, max(time_us), count(*),
            arg_min(item, ({ARRIVAL})) FILTER (item IS NOT NULL),
            arg_max(item, ({ARRIVAL})) FILTER (item IS NOT NULL), unit
        FROM ({numbered}) GROUP BY person, unit, session
        HAVING min(time_us) >= {parameters.name(question.time_range.start_us)}
            AND min(time_us) < {parameters.name(question.time_range.end_us)}
        ORDER BY start_us, unit, person, session"""
