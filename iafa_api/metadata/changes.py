"""What every command on a versioned thing asks: is it the version that was meant, what would really change, and how
is a change taken back?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from iafa_api.errors import NotFound, NotOwned, StaleVersion
from iafa_api.metadata.events import NewEvent
from iafa_api.metadata.projections import Document, State

# What a field says in the documents of things that were made before there was such a field.
BEFORE_IT_WAS: Mapping[str, Any] = {
    "event_types": [],
    "url_parameters": [],
    "exclusion_policy": "leave",
    "dimensions": [],
}


def field_of(document: Document, name: str) -> Any:
    """What a field says, or said when there was none; None where it says nothing."""
    return document.get(name, BEFORE_IT_WAS.get(name))


def require_version(document: Document, version: int | None) -> None:
    """Refuse a change that was decided on another version. None asks for none in particular."""
    if version is not None and document["version"] != version:
        raise StaleVersion(f"This is at version {document['version']} now, not {version}: read it again.")


def changed_fields(document: Document, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ from what is there: an event says what changed, and nothing else."""
    return {name: value for name, value in fields.items() if _text(field_of(document, name)) != _text(value)}


def _text(value: Any) -> str:
    """A value to be compared by: for Python, but not in JSON, 1 is true."""
    return json.dumps(value, sort_keys=True)


def plan_revert(kind: str, document: Document, to: Document, names: Sequence[str]) -> list[NewEvent]:
    """The event that gives a live document the fields `names` of an older one; none where they are the same."""
    data = changed_fields(document, {name: field_of(to, name) for name in names})
    if not data:
        return []
    said = {**data, "reverted_to": to["version"]}
    organization_id = document["organization_id"]
    return [NewEvent(f"{kind}-{document['id']}", document["version"], f"{kind}.reverted", organization_id, said)]


def plan_undelete(state: State, documents: str, kind: str, organization_id: str, subject_id: str) -> NewEvent:
    """The event that takes a deletion back. NotFound where the organisation has nothing deleted by this id."""
    document = state.get(documents, subject_id)
    message = f"There is no deleted {kind} with the id {subject_id[:64]!r}."
    if document is not None and document["organization_id"] != organization_id:
        raise NotOwned(message)
    if document is None or not document.get("deleted_at"):
        raise NotFound(message)
    return NewEvent(f"{kind}-{subject_id}", document["version"], f"{kind}.undeleted", organization_id, {})
