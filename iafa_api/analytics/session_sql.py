"""Sessions as SQL: events to sessions, and sessions to figures.

A session is cut where a person pauses for longer than the gap, over all history; or it is what the client called one.
Of persons without an event in the range nothing starts there: they are left out before anything is sorted. Sessions
share no events, so they are found part by part, and a question needs the memory of one.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from typing import Final

from iafa_api.analytics.event_sql import Parameters, filter_sql, looked_at_sql
from iafa_api.analytics.item_sql import item_sql
from iafa_api.analytics.period_sql import ARRIVAL, by_number_sql, in_period_sql, number_units_sql, unit_sql
from iafa_api.domain.path_items import Items
from iafa_api.domain.session_question import SessionsQuestion

# What is sorted at once: with more, ten million events do not fit in a question's memory; each part reads all files.
PART_EVENTS: Final = 1_500_000


def parts_sql(column: str, events: int) -> list[str]:
    """Conditions that share the events out by the values of a column, each of which is in one part whole."""
    count = 1 + events // PART_EVENTS
    return ["true"] if count == 1 else [f"hash({column}) % {count} = {part}" for part in range(count)]


def cut_sql(gap_us: int, parameters: Parameters, *, unit: str = "person", order: str = "time_us") -> str:
    """A column that marks where a session begins, of events with a `unit` and `time_us`."""
    pause = f"time_us - lag(time_us) OVER (PARTITION BY {unit} ORDER BY {order})"
    return f"CASE WHEN {pause} > {parameters.name(gap_us)} THEN 1 ELSE 0 END AS cuts"


def units(question: SessionsQuestion, events: str, parameters: Parameters) -> str:
    """Those of whom a session may start in the range, numbered: `period_sql.number_units_sql`."""
    in_range = looked_at_sql(question.time_range, question.filter, parameters)
    return number_units_sql(events, in_range, _count_by(question), parameters)


def marked(question: SessionsQuestion, events: str, parameters: Parameters) -> str:
    """Every event of theirs, as (unit, time_us, person); whose it is where a unit may have several persons."""
    unit = unit_sql(_count_by(question), parameters)
    person = "NULL" if question.gap_us is not None else "person"
    found = f"""
        SELECT {unit} AS name, epoch_us(created_at) AS time_us, CAST({person} AS VARCHAR) AS person
        FROM ({events}) WHERE {filter_sql(question.filter, parameters)}"""
    return f"CREATE TEMP TABLE marked AS {by_number_sql(found)}"


def numbered(question: SessionsQuestion, part: str, parameters: Parameters) -> str:
    """A part of them with the number of the session within its unit: one for all events of an instant, in whatever
    order."""
    if question.gap_us is None:
        return f"CREATE OR REPLACE TEMP TABLE numbered AS SELECT *, 0 AS session FROM marked WHERE {part}"
    return f"""
        CREATE OR REPLACE TEMP TABLE numbered AS
        SELECT unit, time_us,
            sum(cuts) OVER (PARTITION BY unit ORDER BY time_us RANGE UNBOUNDED PRECEDING) AS session
        FROM (SELECT *, {cut_sql(question.gap_us, parameters, unit="unit")} FROM marked WHERE {part})"""


def started(question: SessionsQuestion, parameters: Parameters) -> str:
    """A row per session that starts in the range; `period` is where it starts (0 where no interval was asked for)."""
    found = f"""
        SELECT unit, session, count(*) AS events, make_timestamptz(min(time_us)) AS created_at,
            max(time_us) - min(time_us) AS length_us
        FROM numbered GROUP BY unit, session
        HAVING min(time_us) >= {parameters.name(question.time_range.start_us)}
            AND min(time_us) < {parameters.name(question.time_range.end_us)}"""
    if not question.periods:  # none was asked for, or the clock left out all of the range
        return f"CREATE OR REPLACE TEMP TABLE started AS SELECT *, 0 AS period FROM ({found})"
    return f"CREATE OR REPLACE TEMP TABLE started AS {in_period_sql(found, question.periods, parameters)}"


# Of each period and of all (NULL): sessions, units, events, microseconds, sessions of one event.
FIGURES: Final = """
    SELECT period, count(*), count(DISTINCT unit), sum(events), sum(length_us), count(*) FILTER (events = 1)
    FROM started GROUP BY GROUPING SETS ((period), ())"""

# A person may have sessions of several ids, and one id several persons: they are counted when all parts are there.
MET: Final = "CREATE TEMP TABLE met (period BIGINT, person VARCHAR)"
MEET: Final = "INSERT INTO met SELECT DISTINCT period, person FROM numbered JOIN started USING (unit, session)"
PERSONS: Final = "SELECT period, count(DISTINCT person) FROM met GROUP BY GROUPING SETS ((period), ())"


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
    return f"""
        SELECT start_us, end_us, events, entry_item, exit_item, unit
        FROM ({sessions_sql(question, items, theirs, events, parameters)})
        WHERE start_us >= {parameters.name(question.time_range.start_us)}
            AND start_us < {parameters.name(question.time_range.end_us)}
        ORDER BY start_us, unit, person, session"""


def touching(
    question: SessionsQuestion,
    items: Items,
    theirs: str,
    first_us: int,
    last_us: int,
    events: str,
    parameters: Parameters,
) -> str:
    """Of one person's sessions, numbered from 1 on over all history, those that have a moment in common with a span,
    both ends included: number, the columns of `of_person`, and how many sessions there are."""
    return f"""
        SELECT number, start_us, end_us, events, entry_item, exit_item, unit, sessions FROM (
            SELECT *, row_number() OVER (ORDER BY start_us) AS number, count(*) OVER () AS sessions
            FROM ({sessions_sql(question, items, theirs, events, parameters)}))
        WHERE end_us >= {parameters.name(first_us)} AND start_us <= {parameters.name(last_us)} ORDER BY number"""


def sessions_sql(question: SessionsQuestion, items: Items, theirs: str, events: str, parameters: Parameters) -> str:
    """The sessions of the events that are `theirs`, over all history."""
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
        SELECT person, unit, session, min(time_us) AS start_us, max(time_us) AS end_us, count(*) AS events,
            arg_min(item, ({ARRIVAL})) FILTER (item IS NOT NULL) AS entry_item,
            arg_max(item, ({ARRIVAL})) FILTER (item IS NOT NULL) AS exit_item
        FROM ({numbered}) GROUP BY person, unit, session"""


def _count_by(question: SessionsQuestion) -> str | None:
    """Whose events can be one session: a person's, or those of an id."""
    return None if question.gap_us is not None else "session_id"
