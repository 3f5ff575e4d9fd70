"""Many things as they were at a moment, in one append: `iafa revert --to TIME --stream …`.

Projects and funnels get the fields back that they had, and those that were deleted since come back. What was made since
stays, and so does all that no revert brings back: credentials, keys, sessions, memberships. All of it are new events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iafa_api.metadata import funnels, projects
from iafa_api.metadata.changes import plan_revert
from iafa_api.metadata.events import NewEvent
from iafa_api.metadata.history import Change, list_changes
from iafa_api.metadata.projections import Document, State

REVERTIBLE = {"project": ("projects", projects.FIELDS), "funnel": ("funnels", funnels.FIELDS)}


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
    for kind, (documents, names) in REVERTIBLE.items():
        for subject_id, document in sorted(now.documents[documents].items()):
            stream = f"{kind}-{subject_id}"
            if stream in wanted or f"{kind}-*" in wanted:
                before = then.get(documents, subject_id)
                plans.append(_plan(kind, stream, document, before, names))
    known = {plan.stream for plan in plans}
    plans += [_why_not(stream) for stream in wanted if stream not in known and not stream.endswith("-*")]
    return plans


def _plan(kind: str, stream: str, now: Document, then: Document | None, names: Sequence[str]) -> PlannedRevert:
    if then is None:
        return PlannedRevert(stream, why="it was made since")
    if then.get("deleted_at"):
        return PlannedRevert(stream, why="it was deleted then already")
    events: list[NewEvent] = []
    if now.get("deleted_at"):
        events.append(NewEvent(stream, now["version"], f"{kind}.undeleted", now["organization_id"], {}))
    events += plan_revert(kind, {**now, "version": now["version"] + len(events)}, then, names)
    shown = ("deleted_at", *names)
    before, after = ({name: each[name] for name in shown if name in each} for each in (now, then))
    return PlannedRevert(stream, tuple(events), tuple(list_changes(before, after)), "" if events else "nothing changed")


def _why_not(stream: str) -> PlannedRevert:
    kind = stream.partition("-")[0]
    if kind in REVERTIBLE:
        return PlannedRevert(stream, why="there is no such thing")
    return PlannedRevert(stream, why="no revert brings back credentials, keys, sessions or memberships")
