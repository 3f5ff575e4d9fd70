"""Many things as they were at a moment, in one append: `iafa revert --to TIME --stream …`.

Projects, and what is saved in them, get the fields back that they had, and what was deleted since comes back. What was
made since stays, and so does all that no revert brings back: credentials, keys, sessions, memberships. All of it are
new events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iafa_api.errors import IafaError
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.changes import plan_revert
from iafa_api.metadata.events import NewEvent
from iafa_api.metadata.history import Change, list_changes
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.projects import PROJECT
from iafa_api.metadata.saved import SAVED_KINDS, SavedKind

REVERTIBLE = (PROJECT, *SAVED_KINDS)


@dataclass(frozen=True, slots=True)
class PlannedRevert:
    """What would happen to one stream: its events, and what they change. Neither means that it stays, and `why`."""

    stream: str
    events: tuple[NewEvent, ...] = ()
    changes: tuple[Change, ...] = ()
    why: str = ""


def plan_bulk_revert(now: State, then: State, wanted: Sequence[str]) -> list[PlannedRevert]:
    """What takes the wanted streams (`funnel-ID`, or `funnel-*` for all of a kind) from `now` to `then`."""
    plans = []
    for kind in REVERTIBLE:
        for subject_id, document in sorted(now.documents[kind.documents].items()):
            if kind.stream(subject_id) in wanted or kind.stream("*") in wanted:
                plans.append(_plan(kind, Catalog(now), document, then.get(kind.documents, subject_id)))
    known = {plan.stream for plan in plans}
    plans += [_why_not(stream) for stream in wanted if stream not in known and not stream.endswith("-*")]
    return plans


def _plan(kind: SavedKind, catalog: Catalog, now: Document, then: Document | None) -> PlannedRevert:
    stream = kind.stream(now["id"])
    if then is None:
        return PlannedRevert(stream, why="it was made since")
    if then.get("deleted_at"):
        return PlannedRevert(stream, why="it was deleted then already")
    events: list[NewEvent] = []
    if now.get("deleted_at"):
        events.append(NewEvent(stream, now["version"], f"{kind.name}.undeleted", now["organization_id"], {}))
    events += plan_revert(kind.name, {**now, "version": now["version"] + len(events)}, then, kind.fields)
    if not events:
        return PlannedRevert(stream, why="nothing changed")
    if kind.require is not None:
        try:
            kind.require(catalog, then, now)
        except IafaError as refused:
            return PlannedRevert(stream, why=refused.message)
    shown = ("deleted_at", *kind.fields)
    before, after = ({name: each[name] for name in shown if name in each} for each in (now, then))
    return PlannedRevert(stream, tuple(events), tuple(list_changes(before, after)))


def _why_not(stream: str) -> PlannedRevert:
    kind = stream.partition("-")[0]
    if kind in {each.name for each in REVERTIBLE}:
        return PlannedRevert(stream, why="there is no such thing")
    return PlannedRevert(stream, why="no revert brings back credentials, keys, sessions or memberships")
