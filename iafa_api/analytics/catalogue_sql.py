"""What there is to ask about, as SQL: event types, the names that go with them, and the values of a name.

Names and values are counted as pairs: a property's, whose owner is the event's type, or a trait's. A value of null is
no value. The steps: `types` keeps the event types that are shown, `names` the names by owner; `few_values` counts every
value of a name. A name of many values would need memory for each of them: for those `candidates` picks some that are
frequent, by an estimate, and `many_values` counts these exactly.
"""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from typing import Final

from iafa_api.analytics.event_sql import TRAITS, Parameters
from iafa_api.domain.catalogue import JSON_ENDS, KINDS, VALUE_MAX
from iafa_api.domain.filters import COLUMNS, NUMBER

MANY: Final = 20_000  # values of one name, about: each takes some hundred bytes while they are counted
_KIND: Final = f"""
    CASE WHEN value IN ('true', 'false') THEN 'boolean'
        WHEN regexp_full_match(value, '{NUMBER}') THEN 'number'
        WHEN {" OR ".join(f"(starts_with(value, '{start}') AND ends_with(value, '{end}'))" for start, end in JSON_ENDS)}
        THEN 'json' ELSE 'text' END"""


def types(events: str, condition: str, search: str, limit: int, parameters: Parameters) -> str:
    """Of each event type how many events there are, when the first and last one was, and how many have each column."""
    columns = ", ".join(f"count({name})" for name in COLUMNS)
    return f"""
        CREATE TEMP TABLE types AS
        SELECT event_type, count(*) AS events, epoch_us(min(created_at)), epoch_us(max(created_at)), [{columns}]
        FROM ({events}) WHERE {condition} AND {_contains("event_type", search, parameters)}
        GROUP BY event_type ORDER BY events DESC, event_type LIMIT {limit:d}"""


TYPES: Final = "SELECT * FROM types ORDER BY events DESC, event_type"


def properties(events: str, condition: str) -> str:
    """The pairs of the events that are shown."""
    return f"""
        SELECT owner, pair.key AS name, pair.value AS value FROM (
            SELECT event_type AS owner, unnest(map_entries(properties)) AS pair
            FROM ({events}) WHERE {condition} AND event_type IN (SELECT event_type FROM types))
        WHERE pair.value IS NOT NULL"""


TRAIT_PAIRS: Final = f"""
    SELECT '' AS owner, pair.key AS name, pair.value AS value
    FROM (SELECT unnest(map_entries(traits)) AS pair FROM {TRAITS}) WHERE pair.value IS NOT NULL"""
PERSONS: Final = f"SELECT count(*) FROM {TRAITS} WHERE len(map_values(traits)) > 0"


def names(pairs: str, search: str, limit: int, parameters: Parameters) -> str:
    """Of each owner so many names, the most frequent ones: how often, of which kinds, about how many values."""
    kinds = ", ".join(f"count(*) FILTER (WHERE kind = '{kind}')" for kind in KINDS)
    return f"""
        CREATE TEMP TABLE names AS
        SELECT owner, name, count(*) AS total, [{kinds}] AS kinds, approx_count_distinct(value) AS about
        FROM (SELECT *, {_KIND} AS kind FROM ({pairs})) WHERE {_contains("name", search, parameters)}
        GROUP BY owner, name
        QUALIFY row_number() OVER (PARTITION BY owner ORDER BY total DESC, name) <= {limit:d}"""


NAMES: Final = "SELECT owner, name, total, kinds FROM names ORDER BY owner, total DESC, name"


def has_many() -> str:
    """Whether any name has many values."""
    return f"SELECT count(*) > 0 FROM names WHERE about > {MANY}"


def few_values(pairs: str, limit: int) -> str:
    """By owner and name the most frequent values with their counts, of the names that have few."""
    return _counted(pairs, f"names.about <= {MANY} AND length(value) <= {VALUE_MAX}", limit)


def candidates(pairs: str, limit: int) -> str:
    """Frequent values of the names that have many."""
    return f"""
        CREATE TEMP TABLE candidates AS
        SELECT owner, name, unnest(frequent) AS value FROM (
            SELECT owner, name, approx_top_k(value, {limit:d}) AS frequent
            FROM ({pairs}) JOIN names USING (owner, name)
            WHERE names.about > {MANY} AND length(value) <= {VALUE_MAX} GROUP BY owner, name)"""


def many_values(pairs: str, limit: int) -> str:
    """As `few_values`, of the candidates."""
    chosen = f"SELECT * FROM ({pairs}) SEMI JOIN candidates USING (owner, name, value)"
    return _counted(chosen, "true", limit)


def _counted(pairs: str, condition: str, limit: int) -> str:
    return f"""
        SELECT owner, name, value, count(*) AS events FROM ({pairs}) JOIN names USING (owner, name)
        WHERE {condition} GROUP BY owner, name, value
        QUALIFY row_number() OVER (PARTITION BY owner, name ORDER BY events DESC, value) <= {limit:d}
        ORDER BY events DESC, value"""


def _contains(column: str, search: str, parameters: Parameters) -> str:
    return f"contains(lower({column}), lower({parameters.name(search)}))" if search else "true"
