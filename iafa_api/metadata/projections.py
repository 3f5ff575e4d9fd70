"""From events to state: `apply` folds one event into the documents; pure, the same for live changes and for replay.

A state is a value: folding makes a new one that shares what did not change (hash tries), so a reader that holds one
sees no half of a change, and a change costs the same whatever is there already. Documents are plain JSON values keyed
by id, as the snapshots write them. Deleted and revoked things stay, with `deleted_at` or `revoked_at`: history and
undelete need them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from immutables import Map

from iafa_api.errors import BrokenData, StaleVersion
from iafa_api.metadata.events import MetadataEvent, NewEvent
from iafa_api.metadata.vault import ERASED, PREFIX

Document = Mapping[str, Any]
Fold = Callable[[Document | None, MetadataEvent], dict[str, Any]]


def _created(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    times = {"created_at": event.at, "updated_at": event.at}
    return {"id": event.subject_id, "organization_id": event.organization_id, **event.data, **event.sealed, **times}


def _changed(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), **event.data, **event.sealed, "updated_at": event.at}


def _deleted(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), "deleted_at": event.at, "updated_at": event.at}


def _undeleted(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    kept = {name: value for name, value in (document or {}).items() if name != "deleted_at"}
    return {**kept, "updated_at": event.at}


def _reverted(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    fields = {name: value for name, value in event.data.items() if name != "reverted_to"}
    return {**(document or {}), **fields, "updated_at": event.at}


def _revoked(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), **event.data, "revoked_at": event.at, "updated_at": event.at}


def _used(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), "last_used_at": event.at}


def _accepted(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), "accepted_at": event.at, "updated_at": event.at}


def _withdrawn(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return _without_person(_revoked(document, event))


def _released(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), "released_at": event.at, "updated_at": event.at}


def _removed(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return {**(document or {}), "is_active": False, "removed_at": event.at, "updated_at": event.at}


def _erased(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    return _without_person({**(document or {}), "is_active": False, "erased_at": event.at, "updated_at": event.at})


def _pruned(document: Document | None, event: MetadataEvent) -> dict[str, Any]:
    known = document or {**_created(None, event), "attempts": 0, "sessions": 0}
    counted = {name: value for name, value in known.items() if name != "ids"}
    return {**counted, event.kind: known[event.kind] + len(event.data["ids"]), "updated_at": event.at}


def _without_person(document: dict[str, Any]) -> dict[str, Any]:
    # the tokens are worthless without the key; a reader of the snapshot is to see at once that there is nothing to open
    return {
        name: ERASED if isinstance(value, str) and value.startswith(PREFIX) else value
        for name, value in document.items()
    }


# What is made, changed, deleted and taken back the same way: each has `report.created` and so on.
VERSIONED = ("project", "funnel", "report", "dashboard", "cohort", "metric_definition", "schema")
_VERSIONED_FOLDS: Mapping[str, Fold] = {
    "created": _created,
    "changed": _changed,
    "deleted": _deleted,
    "undeleted": _undeleted,
    "reverted": _reverted,
}

# Every type of event there is, with the documents it folds into. A type, once written, stays for ever.
FOLDS: Mapping[str, tuple[str, Fold]] = {
    "organization.created": ("organizations", _created),
    "organization.deleted": ("organizations", _deleted),
    "invitation.created": ("invitations", _created),
    "invitation.accepted": ("invitations", _accepted),
    "invitation.revoked": ("invitations", _withdrawn),
    "user.registered": ("users", _created),
    "user.profile_changed": ("users", _changed),
    "user.password_changed": ("users", _changed),
    "user.role_changed": ("users", _changed),
    "user.removed": ("users", _removed),
    "user.erased": ("users", _erased),
    "email.claimed": ("emails", _created),
    "email.released": ("emails", _released),
    "attempt.answered": ("attempts", _created),
    "attempts.expired": ("prunings", _pruned),
    "sessions.expired": ("prunings", _pruned),
    "session.started": ("sessions", _created),
    "session.refreshed": ("sessions", _changed),
    "session.revoked": ("sessions", _revoked),
    "api_key.created": ("api_keys", _created),
    "api_key.used": ("api_keys", _used),
    "api_key.revoked": ("api_keys", _revoked),
    **{f"{kind}.{verb}": (f"{kind}s", fold) for kind in VERSIONED for verb, fold in _VERSIONED_FOLDS.items()},
}
KINDS = (
    *("organizations", "users", "invitations", "emails", "sessions", "api_keys", "attempts", "prunings"),
    *(f"{kind}s" for kind in VERSIONED),
)
DROPS = {"attempts.expired": "attempts", "sessions.expired": "sessions"}  # whose documents, those of `ids`, leave


@dataclass(frozen=True, slots=True)
class State:
    """All documents by kind and id after event `seq`; the keys by their hash and the schemas by their project, which is
    how tracking looks them up."""

    documents: Mapping[str, Map[str, Document]] = field(default_factory=lambda: {kind: Map() for kind in KINDS})
    key_ids: Map[str, str] = field(default_factory=Map)
    seq: int = 0
    schema_ids: Map[str, tuple[str, ...]] = field(default_factory=Map)

    def get(self, kind: str, subject_id: str) -> Document | None:
        """The document, whether it is deleted or not."""
        return self.documents[kind].get(subject_id)

    def version(self, kind: str, subject_id: str) -> int:
        """The version of the thing's stream; 0 where there is none."""
        document = self.get(kind, subject_id)
        return 0 if document is None else int(document["version"])


def apply(state: State, events: Iterable[MetadataEvent]) -> State:
    """The state after the events. BrokenData for a type that does not exist or a version out of turn."""
    changed = {kind: documents.mutate() for kind, documents in state.documents.items()}
    key_ids, schema_ids, seq = state.key_ids.mutate(), state.schema_ids.mutate(), state.seq
    for event in events:
        try:
            kind, fold = FOLDS[event.type]
        except KeyError:
            raise BrokenData(f"Event {event.seq} is of the unknown type {event.type}.") from None
        documents, subject_id = changed[kind], event.subject_id
        before = documents.get(subject_id)
        if event.version != (1 if before is None else int(before["version"]) + 1):
            raise BrokenData(f"Event {event.seq} is version {event.version} of {event.stream}, which is out of turn.")
        document = fold(before, event)
        document["version"] = event.version
        documents[subject_id] = document
        if event.type in DROPS:
            for dropped_id in event.data["ids"]:
                changed[DROPS[event.type]].pop(dropped_id, None)
        if event.type == "api_key.created":
            key_ids[event.data["hash"]] = subject_id
        elif event.type == "schema.created":
            project_id = event.data["project_id"]
            schema_ids[project_id] = (*schema_ids.get(project_id, ()), subject_id)
        seq = event.seq
    documents_by_kind = {kind: documents.finish() for kind, documents in changed.items()}
    return State(documents_by_kind, key_ids.finish(), seq, schema_ids.finish())


def require_in_turn(state: State, new: Iterable[NewEvent]) -> None:
    """Refuse, before they are written, new events that do not follow what their streams are at. StaleVersion."""
    versions: dict[str, int] = {}
    for event in new:
        kind, _ = FOLDS[event.type]
        version = versions.get(event.stream, state.version(kind, event.stream.partition("-")[2]))
        if event.expected_version != version:
            raise StaleVersion(f"{event.stream} is at version {version}, not {event.expected_version}.")
        versions[event.stream] = version + 1


def restore(documents: Mapping[str, Mapping[str, Document]], seq: int) -> State:
    """The state that documents read from snapshots stand for."""
    key_ids = {document["hash"]: key_id for key_id, document in documents["api_keys"].items()}
    schema_ids: dict[str, tuple[str, ...]] = {}
    for schema_id, schema in sorted(documents["schemas"].items(), key=lambda each: (each[1]["created_at"], each[0])):
        schema_ids[schema["project_id"]] = (*schema_ids.get(schema["project_id"], ()), schema_id)
    return State({kind: Map(documents[kind]) for kind in KINDS}, Map(key_ids), seq, Map(schema_ids))
