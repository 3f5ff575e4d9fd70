"""The peer of the metadata log: the package `eventsourcing` on SQLite, in WAL mode, each commit synced.

It keeps what the log keeps: an aggregate for each stream, with the same data, actor and request in each event. Where
things are changed, its cache of aggregates is on. It has no chain of hashes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import IntegrityError

from iafa_api.metadata.events import NewEvent

CAUSE = {"actor": {"kind": "user", "id": "0" * 36, "ip_hash": "0" * 32}, "request_id": "0" * 36}
SECTION = 5000


class Thing(Aggregate):
    """Whatever a stream is about."""

    document: dict[str, Any]

    class Created(Aggregate.Created):
        stream: str
        kind: str
        organization_id: str
        data: dict[str, Any]
        actor: dict[str, Any]
        request_id: str

    class Changed(Aggregate.Event):
        kind: str
        data: dict[str, Any]
        actor: dict[str, Any]
        request_id: str

        def apply(self, aggregate: Aggregate) -> None:
            aggregate.document.update(self.data)  # type: ignore[attr-defined]

    def __init__(self, stream: str, kind: str, organization_id: str, data: dict[str, Any], **_: Any) -> None:
        self.document = {"id": stream, "organization_id": organization_id, **data}


class Things(Application[UUID]):
    """The aggregates of one database."""

    def change(self, stream: str, kind: str, data: dict[str, Any]) -> None:
        """Change what is there, durably; again where another process was faster."""
        while True:
            thing: Thing = self.repository.get(id_of(stream))
            thing.trigger_event(Thing.Changed, kind=kind, data=data, **CAUSE)
            try:
                self.save(thing)
            except IntegrityError:
                continue
            return

    def fill(self, appends: Iterable[list[NewEvent]], count: int) -> None:
        """Store the first `count` events, some thousands in one commit."""
        things: dict[str, Thing] = {}
        changed: dict[str, Thing] = {}
        events = (event for append in appends for event in append)
        for stored, event in enumerate(events, start=1):
            data = {**event.data, **event.sealed}
            if event.stream in things:
                things[event.stream].trigger_event(Thing.Changed, kind=event.type, data=data, **CAUSE)
            else:
                things[event.stream] = Thing._create(
                    Thing.Created,
                    id=id_of(event.stream),
                    stream=event.stream,
                    kind=event.type,
                    organization_id=event.organization_id,
                    data=data,
                    **CAUSE,
                )
            changed[event.stream] = things[event.stream]
            if stored % 5000 == 0 or stored == count:
                self.save(*changed.values())
                changed.clear()
            if stored == count:
                break

    def replay(self, until: int | None = None) -> dict[UUID, Thing]:
        """All aggregates, by reading all events in their order, or those up to notification `until`."""
        things: dict[UUID, Thing] = {}
        for event in self.events_in_order(until):
            things[event.originator_id] = event.mutate(things.get(event.originator_id))
        return things

    def pragmas(self) -> tuple[Any, ...]:
        """The mode of the journal, and how far a commit is synced (2: at each)."""
        with self.recorder.datastore.get_connection(commit=False) as connection, connection.cursor() as cursor:
            return tuple(cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous"))

    def events_in_order(self, until: int | None = None) -> Iterator[Any]:
        start = 1
        while True:
            section = self.recorder.select_notifications(start, SECTION, until)
            for notification in section:
                yield self.mapper.to_domain_event(notification)
            if len(section) < SECTION:
                return
            start = section[-1].id + 1


def id_of(stream: str) -> UUID:
    return uuid5(NAMESPACE_URL, stream)


def open_peer(path: Path, **more: str) -> Things:
    """The application over one database file."""
    settings = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": os.fspath(path),
        "SQLITE_LOCK_TIMEOUT": "60",
        **more,
    }
    return Things(env=settings)
