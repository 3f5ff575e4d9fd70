"""Who changed what, when, and what it was before: the log as people read it.

An entry is an event with the difference that it made, field by field. Password hashes, keys and tokens are in no entry;
personal fields are opened, or shown as erased. Reverting and undeleting are new events: nothing is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import Any

from iafa_api.errors import NotFound, NotOwned
from iafa_api.metadata.events import Actor, MetadataEvent
from iafa_api.metadata.projections import FOLDS, Document
from iafa_api.metadata.timeline import Timeline
from iafa_api.metadata.vault import ERASED, PREFIX, Vault

SECRET_FIELDS = frozenset({"password_hash", "hash", "refresh_id", "token_hash"})
OWN_FIELDS = frozenset({"id", "organization_id", "version", "created_at", "updated_at"})  # of every document: no news
NAME_FIELDS = ("name", "full_name", "event_type", "email")  # what people call a thing, the first that it has

_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One field that an event changed; `before` and `after` are None where it was not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An event and what it changed; `name` is what the thing was called after it, None where it has no name."""

    seq: int
    stream: str
    name: str | None
    project_id: str | None
    version: int
    type: str
    at: str
    actor: Actor
    request_id: str
    data: Mapping[str, Any]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which events are asked for; None asks for no particular one. Times are in the log's own form, both included.

    `type` may be several, with commas between, and `*` in it stands for any characters.
    """

    stream: str | None = None
    type: str | None = None
    actor: str | None = None
    first_at: str | None = None
    last_at: str | None = None

    def matches(self, event: MetadataEvent) -> bool:
        return (
            self.stream in (None, event.stream)
            and (self.type is None or any(fnmatchcase(event.type, each.strip()) for each in self.type.split(",")))
            and self.actor in (None, event.actor.id)
            and (self.first_at is None or event.at >= self.first_at)
            and (self.last_at is None or event.at <= self.last_at)
        )


class History:
    """Reads over one log. Safe for many threads."""

    def __init__(self, timeline: Timeline, vault: Vault) -> None:
        self._timeline = timeline
        self._vault = vault

    def list_events(self, organization_id: str, wanted: EntryFilter) -> list[MetadataEvent]:
        """An organisation's events, newest first: an order in which none ever moves before another."""
        return [event for event in self._timeline.events_of_organization(organization_id) if wanted.matches(event)]

    def list_entries(self, stream: str) -> list[HistoryEntry]:
        """The whole history of one thing, newest first."""
        entries = [self._entry(event, before, after) for event, before, after in self._steps(stream)]
        return list(reversed(entries))

    def describe(self, events: Sequence[MetadataEvent]) -> list[HistoryEntry]:
        """The entries of these events, in their order."""
        known: dict[str, dict[int, HistoryEntry]] = {}
        for event in events:
            if event.stream not in known:
                steps = self._steps(event.stream)
                known[event.stream] = {step[0].seq: self._entry(*step) for step in steps}
        return [known[event.stream][event.seq] for event in events]

    def document_at(self, organization_id: str, stream: str, version: int) -> Document:
        """A thing of the organisation as it was at a version. NotFound where it never was at that, or is another's."""
        message = f"There is no version {version} of this."
        for event, _, after in self._steps(stream):
            if after["organization_id"] != organization_id:
                raise NotOwned(message)
            if event.version == version:
                return after
        raise NotFound(message)

    def newest(self, stream: str) -> Document:
        """A thing as it is now, also where it is deleted."""
        *_, (_, _, document) = self._steps(stream)
        return document

    def require_stream(self, organization_id: str, stream: str) -> None:
        """NotFound where there never was such a thing in the organisation; a deleted one has a history, too."""
        events = self._timeline.events_of_stream(stream)
        message = "There is no such thing, and there never was."
        if not events:
            raise NotFound(message)
        if events[0].organization_id != organization_id:
            raise NotOwned(message)

    def _steps(self, stream: str) -> Iterator[tuple[MetadataEvent, Document | None, Document]]:
        before: Document | None = None
        for event in self._timeline.events_of_stream(stream):
            _, fold = FOLDS[event.type]
            after = fold(before, event) | {"version": event.version}
            yield event, before, after
            before = after

    def _entry(self, event: MetadataEvent, before: Document | None, after: Document) -> HistoryEntry:
        said = {**event.data, **event.sealed}
        shown = {name: self._shown(name, value) for name, value in said.items() if name not in SECRET_FIELDS}
        return HistoryEntry(
            seq=event.seq,
            stream=event.stream,
            name=next((self._shown(name, after[name]) for name in NAME_FIELDS if after.get(name)), None),
            project_id=after.get("project_id"),
            version=event.version,
            type=event.type,
            at=event.at,
            actor=event.actor,
            request_id=event.request_id,
            data=shown,
            changes=tuple(list_changes(self._readable(before or {}), self._readable(after))),
        )

    def _readable(self, document: Document) -> dict[str, Any]:
        return {
            name: self._shown(name, value)
            for name, value in document.items()
            if name not in SECRET_FIELDS and name not in OWN_FIELDS
        }

    def _shown(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(PREFIX):
            opened = self._vault.unseal(name, value)
            return ERASED if opened is None else opened
        return value


def list_changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """The fields that differ, down to the innermost, in the order of the paths; list places count from 0."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            inner = f"{path}.{name}" if path else name
            yield from list_changes(before.get(name, _ABSENT), after.get(name, _ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for place, (old, new) in enumerate(zip_longest(before, after, fillvalue=_ABSENT)):
            yield from list_changes(old, new, f"{path}.{place}")
    elif before != after or type(before) is not type(after):
        yield Change(path, None if before is _ABSENT else before, None if after is _ABSENT else after)
