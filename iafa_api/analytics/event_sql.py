"""The events of a source and the filters on them as SQL, with every value a parameter.

A filter means what `domain.filters.matches` says. A condition whose property is missing may come out NULL instead of
false. That is the same wherever only AND and OR stand above it, and nothing here ever negates a whole condition.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from iafa_api.domain.filters import (
    COHORT,
    COLUMNS,
    COMPARISONS,
    NEGATIVES,
    NUMBER,
    AllOf,
    Condition,
    Filter,
    conditions,
    number_of,
)
from iafa_api.domain.time_range import TimeRange
from iafa_api.lake.event_source import Unseen

# The names under which the engine registers what a source has beside its files.
TAIL = "tail"  # events that no file holds yet
OWNERS = "owners"  # anonymous_id, person, later: whose an anonymous visitor's events are, and from a moment on
ALIASES = "aliases"  # user_id, person: users who are joined to another
TRAITS = "traits_of_persons"  # person, traits
MEMBERS = "members_of_cohorts"  # cohort, person: made of the events where a question names cohorts

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_FUNCTIONS = {"starts_with": "starts_with", "ends_with": "ends_with", "regex": "regexp_matches"}


class Parameters:
    """Hands out names for values; the statement is run with `values`."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def name(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"


@dataclass(frozen=True, slots=True)
class Relations:
    """What a source has beside its files, each registered under the name of its constant."""

    has_owners: bool = False
    has_aliases: bool = False
    has_traits: bool = False


def events_sql(
    files: Sequence[Path],
    relations: Relations,
    parameters: Parameters,
    *,
    unseen: Unseen | None = None,
    with_file: bool = False,
    with_bots: bool = True,
) -> str:
    """Every event of the source, as a query, with its `person` and the person's `traits` (a map, or NULL).

    A person is `u` and a user's id, or `a` and an anonymous visitor's: one text can name both. `with_file` adds
    `filename`, null in the tail; `with_bots` false leaves out those of crawlers.
    """
    # The tail has every column, also where it has no rows: files that were written before there was one have it not.
    parts = [f"SELECT *{', NULL AS filename' if with_file else ''} FROM {TAIL}"]
    if files:
        names = parameters.name([str(file) for file in files])
        stored = f"SELECT * FROM read_parquet({names}, union_by_name = true, filename = {with_file})"
        parts.insert(0, stored if unseen is None else f"{stored} WHERE {_seen_sql(unseen, parameters)}")
    events = " UNION ALL BY NAME ".join(parts)
    user, visitor, joins = "'u' || e.user_id", "'a' || e.anonymous_id", ""
    if relations.has_aliases:
        user = f"coalesce(joined.person, {user})"
        joins += f" LEFT JOIN {ALIASES} AS joined ON joined.user_id = e.user_id"
    if relations.has_owners:
        # One row for a visitor, whoever came later in a list: an ASOF join sorts all events, and doubles a question.
        came = "list_filter(owned.later, lambda one: one.from_us <= epoch_us(e.created_at))"
        last = f"CASE WHEN owned.later IS NOT NULL THEN list_last({came}).person END"
        visitor = f"coalesce({last}, owned.person, {visitor})"
        joins += f" LEFT JOIN {OWNERS} AS owned ON owned.anonymous_id = e.anonymous_id"
    person = f"CASE WHEN e.user_id IS NOT NULL THEN {user} ELSE {visitor} END"
    wanted = "" if with_bots else " WHERE e.is_bot IS NULL"
    sql = f"SELECT e.*, {person} AS person FROM ({events}) AS e{joins}{wanted}"
    if not relations.has_traits:
        return f"SELECT *, CAST(NULL AS MAP(VARCHAR, VARCHAR)) AS traits FROM ({sql})"
    # Grouped, although each person is there once: the engine then leaves the join out where nobody asks for traits.
    known = f"SELECT person, any_value(traits) AS traits FROM {TRAITS} GROUP BY person"
    return f"SELECT p.*, known.traits FROM ({sql}) AS p LEFT JOIN ({known}) AS known ON known.person = p.person"


def _seen_sql(unseen: Unseen, parameters: Parameters) -> str:
    """Whether a row had arrived when an earlier answer was given."""
    tests = [f"segment NOT IN (SELECT unnest(CAST({parameters.name(list(unseen.segments))} AS VARCHAR[])))"]
    tests += [
        f"(segment = {parameters.name(name)} AND epoch_us(ingested_at) <= CAST({parameters.name(moment)} AS BIGINT))"
        for name, moment in unseen.arrivals.items()
    ]
    return f"({' OR '.join(tests)})"


def looked_at_sql(time_range: TimeRange, tree: Filter | None, parameters: Parameters) -> str:
    """Whether an event lies in the range and passes the question's filter."""
    start = f"make_timestamptz(CAST({parameters.name(time_range.start_us)} AS BIGINT))"
    end = f"make_timestamptz(CAST({parameters.name(time_range.end_us)} AS BIGINT))"
    return f"created_at >= {start} AND created_at < {end} AND {filter_sql(tree, parameters)}"


def asks_traits(tree: Filter | None) -> bool:
    """Whether a filter looks at the persons, and not at the events alone."""
    return any(each.property == COHORT or each.property.startswith("user.") for each in conditions(tree))


def count_sql(events: str, condition: str) -> str:
    return f"SELECT count(*) FROM ({events}) WHERE {condition}"


def filter_sql(tree: Filter | None, parameters: Parameters) -> str:
    """A boolean expression over the columns of the events."""
    if tree is None:
        return "true"
    if isinstance(tree, Condition):
        return _condition(tree, parameters)
    parts = [filter_sql(part, parameters) for part in tree.parts]
    if not parts:
        return "true" if isinstance(tree, AllOf) else "false"
    return f"({(' AND ' if isinstance(tree, AllOf) else ' OR ').join(parts)})"


def _condition(condition: Condition, parameters: Parameters) -> str:
    if condition.property == COHORT:
        held = _any_of("cohort", "in", condition.values, parameters)
        members = f"(SELECT person FROM {MEMBERS} WHERE {held})"
        return f"person {'NOT IN' if condition.operator == 'not_in' else 'IN'} {members}"
    value = property_sql(condition.property, parameters)
    operator = condition.operator
    if operator == "is_set":
        return f"{value} IS NOT NULL"
    if operator == "is_not_set":
        return f"{value} IS NULL"
    if operator not in NEGATIVES:
        return _any_of(value, operator, condition.values, parameters)
    held = _any_of(value, NEGATIVES[operator], condition.values, parameters)
    return f"({held}) IS NOT TRUE"


def property_sql(name: str, parameters: Parameters) -> str:
    """The text value of a column, of `properties.NAME` or of the trait `user.NAME`; NULL where it is missing."""
    if name.startswith("properties."):
        return f"properties[{parameters.name(name.removeprefix('properties.'))}]"
    if name.startswith("user."):
        return f"traits[{parameters.name(name.removeprefix('user.'))}]"
    assert name in COLUMNS, name
    return name


def _any_of(value: str, operator: str, wanted: tuple[str | None, ...], parameters: Parameters) -> str:
    texts = [one for one in wanted if one is not None]
    if operator not in ("eq", "in"):
        return f"({' OR '.join(_holds(value, operator, one, parameters) for one in texts)})"
    parts = [f"{value} IN ({', '.join(parameters.name(one) for one in texts)})"] if texts else []
    if None in wanted:
        parts.append(f"{value} IS NULL")
    return f"({' OR '.join(parts)})"


def _holds(value: str, operator: str, wanted: str, parameters: Parameters) -> str:
    if operator == "contains":
        return f"contains(lower({value}), lower({parameters.name(wanted)}))"
    if operator in _FUNCTIONS:
        return f"{_FUNCTIONS[operator]}({value}, {parameters.name(wanted)})"
    assert operator in COMPARISONS, operator
    # The pattern keeps out what a cast forgives and JSON does not: blanks, underscores, inf, nan (greater than all).
    number = f"CASE WHEN regexp_full_match({value}, '{NUMBER}') THEN TRY_CAST({value} AS DOUBLE) END"
    return f"{number} {_SIGNS[operator]} CAST({parameters.name(number_of(wanted))} AS DOUBLE)"
