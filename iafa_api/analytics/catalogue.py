"""What there is to ask about in the events of a range, counted exactly; how, is told in `catalogue_sql`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from iafa_api.analytics import catalogue_sql
from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, looked_at_sql
from iafa_api.domain.catalogue import KINDS, Bounds, Catalogue, CatalogueQuestion, NameUse, TypeUse
from iafa_api.domain.filters import COLUMNS
from iafa_api.lake.event_source import EventSource

Names = Mapping[str, tuple[tuple[NameUse, ...], bool]]  # by owner, and whether there are more

CANDIDATES: Final = 100  # the estimate's memory and its skill: with fewer, a frequent value is missed sooner


def read_catalogue(engine: DuckdbEngine, source: EventSource, question: CatalogueQuestion) -> Catalogue:
    """QueryTimeout and Unavailable where a shorter range is to be asked for."""
    bounds = question.bounds
    # Whose an event is matters to nobody here, and to find out costs a join.
    with engine.asking(replace(source, owners=None, aliases=None, traits=None)) as ask:
        parameters = Parameters()
        search = question.search if question.event_type is None else ""
        asked = _asked(ask, question, parameters)
        ask.run(catalogue_sql.types(*asked, search, bounds.event_types + 1, parameters), parameters.values)
        types = ask.run(catalogue_sql.TYPES)
        search = "" if question.event_type is None else question.search
        names = _names(ask, lambda found: catalogue_sql.properties(*_asked(ask, question, found)), search, bounds)
        ask.run("DROP TABLE types")
    traits: tuple[tuple[NameUse, ...], bool] = (), False
    persons = 0
    if source.traits is not None:
        with engine.asking(replace(source, files=())) as ask:
            [(persons,)] = ask.run(catalogue_sql.PERSONS)
            found = _names(ask, lambda parameters: catalogue_sql.TRAIT_PAIRS, question.search, bounds)
            traits = found.get("", traits)
    shown = []
    for event_type, count, first_us, last_us, columns in types[: bounds.event_types]:
        properties, has_more = names.get(event_type, ((), False))
        by_column = dict(zip(COLUMNS, columns, strict=True))
        shown.append(TypeUse(event_type, count, first_us, last_us, by_column, properties, has_more))
    return Catalogue(tuple(shown), len(types) > bounds.event_types, persons, *traits)


def _asked(ask: Asking, question: CatalogueQuestion, parameters: Parameters) -> tuple[str, str]:
    """The events, and whether one is of those that are asked about."""
    events = ask.events(parameters)
    condition = looked_at_sql(question.time_range, None, parameters)
    if question.event_type is not None:
        condition += f" AND event_type = {parameters.name(question.event_type)}"
    return events, condition


def _names(ask: Asking, pairs: Callable[[Parameters], str], search: str, bounds: Bounds) -> Names:
    def run(make: Callable[[str, Parameters], str]) -> list[tuple[Any, ...]]:
        parameters = Parameters()
        return ask.run(make(pairs(parameters), parameters), parameters.values)

    run(lambda sql, parameters: catalogue_sql.names(sql, search, bounds.names + 1, parameters))
    values = run(lambda sql, _: catalogue_sql.few_values(sql, bounds.values))
    [(has_many,)] = ask.run(catalogue_sql.has_many())
    if has_many:
        run(lambda sql, _: catalogue_sql.candidates(sql, CANDIDATES))
        values += run(lambda sql, _: catalogue_sql.many_values(sql, bounds.values))
        ask.run("DROP TABLE candidates")
    by_name: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for owner, name, value, count in values:
        by_name[owner, name].append((value, count))
    uses: dict[str, list[NameUse]] = defaultdict(list)
    for owner, name, count, kinds in ask.run(catalogue_sql.NAMES):
        seen = {kind: seen for kind, seen in zip(KINDS, kinds, strict=True) if seen}
        uses[owner].append(NameUse(name, count, seen, tuple(by_name[owner, name])))
    ask.run("DROP TABLE names")
    return {owner: (tuple(found[: bounds.names]), len(found) > bounds.names) for owner, found in uses.items()}
