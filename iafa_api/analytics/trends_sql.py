"""Trends as SQL, one statement per step: the text only.

`atoms` has what a series' figures are made of, with the value of the breakdown and the period of each; `VALUES` numbers
the values in their order; `figures` computes a measure for every row and period and, where either is NULL, over all.

Sums are exact, in whatever order the events come: a number below 10^15 that needs at most 12 decimals counts as it is
written (`exact`); any other as a float, taken apart into a whole number (`mantissa`) and a power of two (`exponent`).
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names and numbers of series; values go in as parameters
from collections.abc import Sequence
from typing import Final

from iafa_api.analytics.event_sql import Parameters, looked_at_sql, property_sql
from iafa_api.analytics.period_sql import ARRIVAL, in_period_sql, is_one_of_sql, looked_at_until_sql
from iafa_api.domain.filters import NUMBER
from iafa_api.domain.trends import Measure, TrendsQuestion

MANTISSA_BITS: Final = 54  # one more than a float has, as the logarithm may be one off
_TINIEST: Final = "1e-280"  # what is smaller has no power of two that could be multiplied with

# The columns of a figure by measure; those of sums are put together by the caller.
_FIGURES: Final = {
    "events": "sum(events)",
    "users": "count(DISTINCT unit)",
    "sessions": "count(DISTINCT unit)",
    "first_time_users": "count(*)",
    "min": "min(number)",
    "max": "max(number)",
    "median": "quantile_cont(number, 0.5)",
    "p90": "quantile_cont(number, 0.9)",
}
AS_NUMBER: Final = f"CASE WHEN regexp_full_match(text, '{NUMBER}') THEN TRY_CAST(text AS DOUBLE) END"
PARTS: Final = "count(*), sum(exact), exponent, sum(mantissa)"  # read by `sums.add_parts`


def atoms(place: int, question: TrendsQuestion, events: str, parameters: Parameters) -> str:
    """The table of the series at this place."""
    series = question.series[place]
    kind = series.measure.kind
    range_start_us = question.time_range.start_us
    if kind == "first_time_users":
        looked_at = looked_at_until_sql(None, question.time_range.end_us, question.filter, parameters)
    else:
        looked_at = looked_at_sql(question.time_range, question.filter, parameters)
    wanted = f"{looked_at} AND {is_one_of_sql(series.events, parameters)}"
    names = () if question.breakdown is None else question.breakdown.properties
    listed = ", ".join(f"coalesce({property_sql(name, parameters)}, '')" for name in names)
    value = f"CAST([{listed}] AS VARCHAR[]) AS value"
    if kind == "first_time_users":
        found = f"""
            SELECT arg_min(value, arrival) AS value, min(created_at) AS created_at
            FROM (SELECT {value}, created_at, person, ({ARRIVAL}) AS arrival FROM ({events}) WHERE {wanted})
            GROUP BY person
            HAVING min(created_at) >= make_timestamptz(CAST({parameters.name(range_start_us)} AS BIGINT))"""
        columns = "value, period"
    elif kind == "events":
        found = f"SELECT {value}, created_at FROM ({events}) WHERE {wanted}"
        columns = "value, period, count(*) AS events"
    elif kind in ("users", "sessions"):
        unit = "person" if kind == "users" else "session_id"
        found = f"SELECT {value}, created_at, {unit} AS unit FROM ({events}) WHERE {wanted} AND unit IS NOT NULL"
        columns = "DISTINCT value, period, unit"
    else:
        assert series.measure.property_name is not None
        text = property_sql(series.measure.property_name, parameters)
        found = f"""
            SELECT {value}, created_at, {text} AS text, {AS_NUMBER} AS number
            FROM ({events}) WHERE {wanted} AND isfinite(number)"""
        columns = "value, period, number" + (EXACT if kind in ("sum", "average") else "")
    grouped = " GROUP BY ALL" if kind == "events" else ""
    placed = in_period_sql(found, question.periods, parameters)
    return f"CREATE TEMP TABLE atoms{place} AS SELECT {columns} FROM ({placed}){grouped}"


# Columns behind one of `text` and one of `number`.
EXACT: Final = f""",
    CASE WHEN abs(number) < 1e15 AND CAST(TRY_CAST(text AS DECIMAL(38, 12)) AS DOUBLE) = number
        THEN TRY_CAST(text AS DECIMAL(38, 12)) END AS exact,
    CASE WHEN exact IS NULL AND abs(number) > {_TINIEST} THEN CAST(floor(log2(abs(number))) AS INTEGER) END AS exponent,
    CASE WHEN exponent IS NOT NULL
        THEN CAST(number * pow(2.0, {MANTISSA_BITS} - exponent) AS HUGEINT) END AS mantissa"""


def values(series_count: int) -> str:
    every = " UNION ".join(f"SELECT DISTINCT value FROM atoms{place}" for place in range(series_count))
    return f"""
        CREATE TEMP TABLE numbered AS
        SELECT value, CAST(row_number() OVER (ORDER BY value) - 1 AS BIGINT) AS number_of_value FROM ({every})"""


SHOWN: Final = "SELECT number_of_value, value FROM numbered WHERE number_of_value IN (SELECT unnest($kept))"


def figures(place: int, measure: Measure, *, by_value: bool) -> str:
    """Of each period and of all, or of each value over all: row (NULL), period (NULL), figure.

    Of a sum and an average several rows may belong together: how many numbers, `exact`, `exponent`, `mantissa`.
    """
    if by_value:
        source = f"(SELECT number_of_value AS line, a.* FROM atoms{place} AS a JOIN numbered USING (value))"
        return _grouped("line, NULL", source, measure, ["line"])
    return _grouped("NULL, period", f"atoms{place}", measure, ["period", ""])


def lines(place: int, measure: Measure) -> str:
    """The same of each of the values `$kept`, numbered as they stand there, and of `$rest`: all others."""
    source = f"""(
        SELECT coalesce(kept.line, CAST($rest AS BIGINT)) AS line, a.*
        FROM atoms{place} AS a JOIN numbered USING (value)
        LEFT JOIN (
            SELECT unnest(CAST($kept AS BIGINT[])) AS number_of_value,
                generate_subscripts(CAST($kept AS BIGINT[]), 1) - 1 AS line
        ) AS kept USING (number_of_value))"""
    return _grouped("line, period", source, measure, ["line, period", "line"])


def looked_at(question: TrendsQuestion, parameters: Parameters) -> str:
    """Whether an event lies where the question looks, all history for first times, and passes its filter."""
    if question.looks_back:
        return looked_at_until_sql(None, question.time_range.end_us, question.filter, parameters)
    return looked_at_sql(question.time_range, question.filter, parameters)


def _grouped(keys: str, source: str, measure: Measure, sets: Sequence[str]) -> str:
    columns, more = _FIGURES.get(measure.kind), ""
    if columns is None:
        columns, more = PARTS, "exponent"
    grouped = ", ".join(f"({', '.join(filter(None, (one, more)))})" for one in sets)
    return f"SELECT {keys}, {columns} FROM {source} GROUP BY GROUPING SETS ({grouped})"
