"""The event schemas of a project, for who checks its events: found without a look at all the others there are."""

from __future__ import annotations

from iafa_api.domain.event_schema import EventSchema
from iafa_api.metadata.projections import Document, State


def list_schemas(state: State, project_id: str) -> list[EventSchema]:
    """The live schemas of a project, oldest first."""
    found = [state.documents["schemas"][schema_id] for schema_id in state.schema_ids.get(project_id, ())]
    return [read_schema(document) for document in found if not document.get("deleted_at")]


def read_schema(document: Document) -> EventSchema:
    """A schema from its document, of now or of then."""
    return EventSchema(**{name: document[name] for name in EventSchema.__slots__})
