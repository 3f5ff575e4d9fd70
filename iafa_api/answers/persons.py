"""The persons of a project, and one of them by any of their ids: a user's, or a visitor's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iafa_api.analytics.persons import History, SeenPerson, list_seen, read_history
from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.ingest.tail import read_source
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.parquet import ANONYMOUS_KEY, USER_KEY
from iafa_api.lake.parquet_identities import Persons, ids_of, person_of, traits_of
from iafa_api.services import Services

Traits = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """One person: who they are, and what they did; `history` is None where only traits or links are known."""

    key: str
    users: Sequence[str]
    visitors: Sequence[str]
    traits: Traits
    history: History | None


def list_persons(
    services: Services, project_id: str, prefix: str, *, offset: int, limit: int
) -> tuple[list[tuple[SeenPerson, Traits]], int]:
    """Those of whom an id begins with `prefix`, the last seen first, with their traits; and how many there are."""

    def ask() -> tuple[list[tuple[SeenPerson, Traits]], int]:
        source = read_source(services.buffer, services.manifest, services.data_dir, project_id)
        seen, count = list_seen(services.engine, source, prefix, offset=offset, limit=limit)
        traits = traits_of(_persons(source), [one.key for one in seen])
        return [(one, traits.get(one.key, {})) for one in seen], count

    return ask_of_snapshot(ask)


def find_person(services: Services, project_id: str, person_id: str, *, offset: int, limit: int) -> Person | None:
    """The person with an id: the user who has it, else the visitor, else None. Some of the events, newest first."""

    def ask() -> Person | None:
        source = read_source(services.buffer, services.manifest, services.data_dir, project_id)
        persons = _persons(source)
        for key in keys_of(source, person_id):
            users, visitors = ids_of(persons, key)
            history = read_history(
                services.engine, source, services.data_dir, key, users, visitors, offset=offset, limit=limit
            )
            traits = traits_of(persons, [key]).get(key, {})
            if history is not None or traits or len(users) + len(visitors) > 1:
                return Person(key, users, visitors, traits, history)
        return None

    return ask_of_snapshot(ask)


def keys_of(source: EventSource, person_id: str) -> list[str]:
    """The persons whom an id can mean: whose the user is, else whose the visitor is now."""
    return [person_of(_persons(source), kind, person_id) for kind in (USER_KEY, ANONYMOUS_KEY)]


def _persons(source: EventSource) -> Persons:
    return Persons(source.owners, source.aliases, source.traits)
