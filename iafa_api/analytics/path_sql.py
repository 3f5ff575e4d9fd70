"""Paths as SQL, one statement per step: the text only.

`visits` are the items in the range with the number of the person's session; `steps` what is left of them: of adjacent
equal items the last, between the start and the end, at most so many, numbered from 1. `is_last` is the last of a walk
as it is shown, `is_stopped` says that the walk was cut there or reached the item that ends it. `NODES` and `LINKS`
count them, part by part of the persons, so that a question needs the memory of one part.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from typing import Final

from iafa_api.analytics.event_sql import Parameters, looked_at_sql
from iafa_api.analytics.item_sql import item_sql
from iafa_api.analytics.period_sql import ARRIVAL
from iafa_api.analytics.session_sql import cut_sql
from iafa_api.domain.path_question import PathsQuestion


def looked_at(question: PathsQuestion, parameters: Parameters) -> str:
    """Whether an event lies in the range, passes the question's filter and is of a type that counts."""
    tests = [looked_at_sql(question.time_range, question.filter, parameters)]
    if question.event_types is not None:
        tests.append(f"event_type IN (SELECT unnest(CAST({parameters.name(list(question.event_types))} AS VARCHAR[])))")
    if question.excluded_types:
        tests.append(f"NOT event_type IN (SELECT unnest({parameters.name(list(question.excluded_types))}))")
    return " AND ".join(tests)


def visits(question: PathsQuestion, part: str, events: str, parameters: Parameters) -> str:
    """Every item of a part's persons in the range: of whom, in which of their sessions, when, and in which place."""
    item = item_sql(question.items, parameters)
    found = f"""
        SELECT person, epoch_us(created_at) AS time_us, {item} AS item, {ARRIVAL}
        FROM ({events}) WHERE {part} AND {looked_at(question, parameters)} AND item IS NOT NULL"""
    return f"""
        CREATE OR REPLACE TEMP TABLE visits AS
        SELECT person, time_us, item,
            sum(cuts) OVER own AS session, row_number() OVER own AS place
        FROM (SELECT *, {cut_sql(question.gap_us, parameters, order=ARRIVAL)} FROM ({found}))
        WINDOW own AS (PARTITION BY person ORDER BY {ARRIVAL} ROWS UNBOUNDED PRECEDING)"""


def steps(question: PathsQuestion, parameters: Parameters) -> str:
    """The walks, step by step."""
    walk = "PARTITION BY person, session ORDER BY place"
    distinct = f"""
        SELECT * FROM visits
        QUALIFY item IS DISTINCT FROM lead(item) OVER ({walk})"""
    if question.start is not None:
        starts = f"item = {parameters.name(question.start)}"
        distinct = f"""
            SELECT * FROM ({distinct})
            QUALIFY place >= min(place) FILTER ({starts}) OVER (PARTITION BY person, session)"""
    stops = "false"
    if question.end is not None:
        stops = f"item = {parameters.name(question.end)}"
        distinct = f"""
            SELECT * FROM ({distinct})
            QUALIFY place <= min(place) FILTER ({stops}) OVER (PARTITION BY person, session)"""
    shown = parameters.name(question.node_max)
    if question.end is not None and question.start is None:
        position = f"position - greatest(length - {shown}, 0)"
    else:
        position = "position"
    return f"""
        CREATE OR REPLACE TEMP TABLE steps AS
        SELECT person, session, time_us, item, {position} AS shown_at,
            shown_at = least(length, {shown}) AS is_last,
            is_last AND (position < length OR {stops}) AS is_stopped,
            lead(item) OVER walk AS next_item, lead(time_us) OVER walk AS next_us
        FROM (
            SELECT *, row_number() OVER ({walk}) AS position, count(*) OVER (PARTITION BY person, session) AS length
            FROM ({distinct}))
        WHERE shown_at BETWEEN 1 AND {shown}
        WINDOW walk AS ({walk})"""


# By position and item: walks that reach it, go on from it, end there by themselves, are stopped there; persons.
NODES: Final = """
    CREATE TEMP TABLE nodes (
        position BIGINT, item VARCHAR, reached BIGINT, continued BIGINT, dropped BIGINT, ended BIGINT, users BIGINT)"""
ADD_NODES: Final = """
    INSERT INTO nodes
    SELECT shown_at, item, count(*), count(*) FILTER (NOT is_last), count(*) FILTER (is_last AND NOT is_stopped),
        count(*) FILTER (is_stopped), count(DISTINCT person)
    FROM steps GROUP BY shown_at, item"""
ALL_NODES: Final = """
    SELECT position, item, sum(reached), sum(continued), sum(dropped), sum(ended), sum(users)
    FROM nodes GROUP BY position, item"""

# The same of what people walk from and to, with the microseconds that all of them took; the most used first.
LINKS: Final = """
    CREATE TEMP TABLE links (
        position BIGINT, item VARCHAR, following VARCHAR, walks BIGINT, users BIGINT, total_us HUGEINT)"""
ADD_LINKS: Final = """
    INSERT INTO links
    SELECT shown_at, item, next_item, count(*), count(DISTINCT person), sum(next_us - time_us)
    FROM steps WHERE NOT is_last GROUP BY shown_at, item, next_item"""
ALL_LINKS: Final = """
    SELECT position, item, following, sum(walks) AS count, sum(users), sum(total_us)
    FROM links GROUP BY position, item, following
    ORDER BY count DESC, position || '_' || item, (position + 1) || '_' || following
    LIMIT $most"""
