"""What was said of who is whom, link by link, and taking a link back.

A link is that a visitor or a user is one with a user. An undo makes every figure what it would be if the calls that
said so had never come, a restore what it was before the undo; both are rows of the same log, by whom and when, and a
call that comes after an undo joins again. Traits are said of a user and stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iafa_api.answers.snapshots import ask_of_snapshot
from iafa_api.domain.identities import RESTORE, UNDO
from iafa_api.errors import NotFound
from iafa_api.ingest.frames import IdentityCall
from iafa_api.ingest.identity_calls import store_call
from iafa_api.ingest.identity_log import read_links, read_persons
from iafa_api.ingest.tail import read_identity_calls
from iafa_api.lake.parquet import ANONYMOUS_KEY, USER_KEY
from iafa_api.lake.parquet_identities import ids_of, person_of
from iafa_api.services import Services

DOOR = "identity_links"


@dataclass(frozen=True, slots=True)
class Ends:
    """Who is joined with `user_id`: a visitor, or another user."""

    user_id: str
    anonymous_id: str | None
    previous_id: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """What was said of one link. `calls` count, `undone_calls` do not any more; rows of the log by arrival."""

    ends: Ends
    calls: list[Mapping[str, Any]]
    undone_calls: list[Mapping[str, Any]]
    changes: list[Mapping[str, Any]]


def list_links(services: Services, project_id: str, person_id: str) -> list[Link]:
    """The links of the person whom an id means, a user's or a visitor's, those that were undone included."""

    def ask() -> list[Link]:
        files, frames = read_identity_calls(services.buffer, services.manifest, project_id)
        persons = read_persons(services.data_dir, project_id, files, frames)
        users, visitors = {person_id}, {person_id}
        for kind in (USER_KEY, ANONYMOUS_KEY):
            more_users, more_visitors = ids_of(persons, person_of(persons, kind, person_id))
            users |= set(more_users)
            visitors |= set(more_visitors)
        return _by_link(read_links(services.data_dir, files, frames, sorted(users), sorted(visitors)))

    return ask_of_snapshot(ask)


def change_link(services: Services, project_id: str, ends: Ends, change: str, actor: str) -> Link:
    """Undo or restore a link, durably; the link as it is then. NotFound where there is nothing to change."""
    before = _find(services, project_id, ends)
    if before is None or not (before.calls if change == UNDO else before.undone_calls):
        raise NotFound(_NOTHING[change])
    call = IdentityCall(ends.user_id, ends.anonymous_id, ends.previous_id, change=change, actor=actor)
    store_call(call, DOOR, buffer=services.buffer, project_id=project_id)
    after = _find(services, project_id, ends)
    return before if after is None else after


_NOTHING = {
    UNDO: "These two are not joined by a call that counts.",
    RESTORE: "No undo of these two can be taken back.",
}


def _find(services: Services, project_id: str, ends: Ends) -> Link | None:
    def ask() -> Link | None:
        files, frames = read_identity_calls(services.buffer, services.manifest, project_id)
        links = _by_link(read_links(services.data_dir, files, frames, [ends.user_id], []))
        return next((link for link in links if link.ends == ends), None)

    return ask_of_snapshot(ask)


def _by_link(rows: Iterable[Mapping[str, Any]]) -> list[Link]:
    links: dict[Ends, Link] = {}
    for row in rows:
        ends = Ends(row["user_id"], row["anonymous_id"], row["previous_id"])
        link = links.setdefault(ends, Link(ends, [], [], []))
        if row["change"] is not None:
            link.changes.append(row)
        else:
            (link.undone_calls if row["is_undone"] else link.calls).append(row)
    return list(links.values())
