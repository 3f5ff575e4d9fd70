"""Who is in which cohort, as SQL: a table of a cohort's id and its persons, which filters look into."""

from __future__ import annotations

# ruff: noqa: S608 -- what is put together here are our own names; values go in as parameters
from collections.abc import Mapping

from iafa_api.analytics.event_sql import MEMBERS, Parameters, filter_sql, looked_at_sql
from iafa_api.domain.cohort import Cohort, Did

_COMBINES = {"all": "INTERSECT", "any": "UNION"}


def members_sql(cohorts: Mapping[str, Cohort], events: str, parameters: Parameters) -> str:
    """Makes the table. `events` must reach back as far as the cohorts look, which must be frozen."""
    parts = [
        f"SELECT CAST({parameters.name(cohort_id)} AS VARCHAR) AS cohort, person "
        f"FROM ({_persons(cohort, events, parameters)})"
        for cohort_id, cohort in cohorts.items()
    ]
    return f"CREATE TEMP TABLE {MEMBERS} AS {' UNION ALL '.join(parts)}"


def _persons(cohort: Cohort, events: str, parameters: Parameters) -> str:
    if isinstance(cohort, Did):
        return _who_did(cohort, events, parameters)
    parts = [f"({_persons(part, events, parameters)})" for part in cohort.parts]
    if cohort.how == "not":
        return f"SELECT DISTINCT person FROM ({events}) EXCEPT {parts[0]}"
    return f" {_COMBINES[cohort.how]} ".join(parts)


def _who_did(did: Did, events: str, parameters: Parameters) -> str:
    asked, time_range = did.events, did.time_range(timezone="UTC", now_us=0)  # frozen: the range says all itself
    if time_range is None:
        looked_at = filter_sql(asked.filter, parameters)
    else:
        looked_at = looked_at_sql(time_range, asked.filter, parameters)
    typed = "true" if asked.event_type is None else f"event_type = {parameters.name(asked.event_type)}"
    return f"""
        SELECT person FROM ({events}) WHERE {typed} AND {looked_at}
        GROUP BY person HAVING count(*) >= {parameters.name(did.at_least)}"""
