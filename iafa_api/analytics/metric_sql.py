"""SQL for metrics and roll-ups: events and sums by minute or period, without those that a roll-up has.

A roll-up's events are known by day and segment: `held` names such pairs, and their rows are passed over, in whatever
file they are. Events of the tail are in no roll-up, as no flush has named their segments. `atoms` is the table of what
figures are made of, by value of the dimension and by period (or minute); the columns of a figure are how many there
are, and of sums all those that `sums.add_parts` reads.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections.abc import Collection
from typing import Final

from iafa_api.analytics.event_sql import Parameters, looked_at_sql, property_sql
from iafa_api.analytics.period_sql import in_period_sql, is_one_of_sql
from iafa_api.analytics.trends_sql import AS_NUMBER, EXACT
from iafa_api.domain.metrics import EVENTS, UNITS, MetricQuestion
from iafa_api.domain.rolled_figures import SUMS, RolledFigure
from iafa_api.lake.layout import DAY_US

MINUTE_US: Final = 60_000_000
Held = Collection[tuple[int, str]]  # UTC days and segments
_DAY: Final = f"epoch_us(created_at) // {DAY_US}"
_MINUTE: Final = f"epoch_us(created_at) % {DAY_US} // {MINUTE_US}"

# By measure the columns of a figure, and what they are grouped by beside its line and period.
_COUNTED: Final = "CAST(sum(events) AS BIGINT)"
FIGURES: Final = {
    EVENTS: (_COUNTED, ""),
    **dict.fromkeys(UNITS, ("count(DISTINCT unit)", "")),
    **dict.fromkeys(SUMS, (f"{_COUNTED}, sum(exact), exponent, sum(mantissa)", ", exponent")),
}


def segments(events: str) -> str:
    """Which segments the events of each day came by."""
    return f"SELECT DISTINCT {_DAY}, segment FROM ({events})"


def minutes(events: str, held: Held, parameters: Parameters) -> str:
    """By day, event type and minute of the day, how many events there are."""
    return f"""
        SELECT {_DAY}, event_type, {_MINUTE}, count(*)
        FROM ({events}) WHERE {_is_new(held, parameters)} GROUP BY ALL"""


def period_atoms(question: MetricQuestion, events: str, held: Held, parameters: Parameters) -> str:
    """`atoms` of a question."""
    figure = RolledFigure(
        question.metric.events,
        question.metric.measure.property_name,
        question.dimension,
        UNITS.get(question.metric.kind),
    )
    inside = looked_at_sql(question.time_range, None, parameters)
    chosen = _chosen(figure, events, f"{inside} AND {_is_new(held, parameters)}", parameters)
    return _atoms(figure, in_period_sql(chosen, question.periods, parameters))


def minute_atoms(figure: RolledFigure, events: str, held: Held, grain_minutes: int, parameters: Parameters) -> str:
    """`atoms` of a figure of one day, whose periods are the minutes at which steps of so many begin."""
    chosen = _chosen(figure, events, _is_new(held, parameters), parameters)
    return _atoms(figure, f"SELECT *, {_MINUTE} // {grain_minutes} * {grain_minutes} AS period FROM ({chosen})")


COUNT: Final = "SELECT CAST(coalesce(sum(events), 0) AS BIGINT) FROM atoms"
LEAVE_OUT: Final = "DELETE FROM atoms WHERE period IN (SELECT unnest($periods))"


def totals(kind: str) -> str:
    """Each value, NULL, and its figure over the whole range."""
    columns, more = FIGURES[kind]
    return f"SELECT value, NULL, {columns} FROM atoms GROUP BY value{more}"


def lines(kind: str) -> str:
    """Of every value in `$kept`, by its place there, and of `$rest`, all others: period (NULL: all), figure."""
    columns, more = FIGURES[kind]
    return f"SELECT line, period, {columns} FROM ({_LINED}) GROUP BY GROUPING SETS ((line, period{more}), (line{more}))"


def minute_lines(figure: RolledFigure) -> str:
    """The same of a rolled-up figure, by minute alone."""
    columns, more = FIGURES[EVENTS if figure.number is None else SUMS[0]]
    return f"SELECT line, period, {columns} FROM ({_LINED}) GROUP BY line, period{more}"


def greatest(figure: RolledFigure) -> str:
    """The `$limit` values with the greatest sums, or the most events. Sums of floats: near enough to choose by."""
    weight = "events" if figure.number is None else "about"
    return f"SELECT value FROM atoms GROUP BY value ORDER BY sum({weight}) DESC, value LIMIT $limit"


def distinct(start_us: str, end_us: str, events: str) -> str:
    """Distinct persons and sessions of a range, by event type and (NULL) of every one."""
    return f"""
        SELECT event_type, count(DISTINCT person), count(DISTINCT session_id) FROM ({events})
        WHERE {_lies_within(start_us, end_us)} GROUP BY GROUPING SETS ((event_type), ())"""


def distinct_of(figure: RolledFigure, start_us: str, end_us: str, events: str, parameters: Parameters) -> str:
    """The distinct units of a figure in a range, by value of its dimension."""
    chosen = _chosen(figure, events, _lies_within(start_us, end_us), parameters)
    return f"SELECT value, count(DISTINCT unit) FROM ({chosen}) GROUP BY value"


_LINED: Final = """
    SELECT a.*, coalesce(kept.line, CAST($rest AS BIGINT)) AS line FROM atoms AS a LEFT JOIN (
        SELECT unnest(CAST($kept AS VARCHAR[])) AS value,
            generate_subscripts(CAST($kept AS VARCHAR[]), 1) - 1 AS line
    ) AS kept USING (value)"""


def _chosen(figure: RolledFigure, events: str, wanted: str, parameters: Parameters) -> str:
    """The events that a figure counts, with their `value`, and the `unit` or `number`; those without one are left
    out."""
    value = "''" if figure.dimension is None else f"coalesce({property_sql(figure.dimension, parameters)}, '')"
    columns, there = f"created_at, {value} AS value", ""
    if figure.unit is not None:
        columns += f", {figure.unit} AS unit"
        there = f"AND {figure.unit} IS NOT NULL"
    elif figure.number is not None:
        columns += f", {property_sql(figure.number, parameters)} AS text, {AS_NUMBER} AS number"
        there = "AND isfinite(number)"
    return f"SELECT {columns} FROM ({events}) WHERE {wanted} AND {is_one_of_sql(figure.events, parameters)} {there}"


def _atoms(figure: RolledFigure, placed: str) -> str:
    if figure.number is None:
        unit = "NULL" if figure.unit is None else "unit"
        columns, keys = f"{unit} AS unit, count(*) AS events", "ALL"
    else:
        placed = f"SELECT value, period, number{EXACT} FROM ({placed})"
        columns = "count(*) AS events, sum(exact) AS exact, exponent, sum(mantissa) AS mantissa, sum(number) AS about"
        keys = "value, period, exponent"
    return f"CREATE TEMP TABLE atoms AS SELECT value, period, {columns} FROM ({placed}) GROUP BY {keys}"


def _lies_within(start_us: str, end_us: str) -> str:
    return f"""created_at >= make_timestamptz(CAST({start_us} AS BIGINT))
        AND created_at < make_timestamptz(CAST({end_us} AS BIGINT))"""


def _is_new(held: Held, parameters: Parameters) -> str:
    if not held:
        return "true"
    pairs = parameters.name([f"{day} {segment}" for day, segment in held])
    return f"({_DAY} || ' ' || segment) NOT IN (SELECT unnest({pairs}))"
