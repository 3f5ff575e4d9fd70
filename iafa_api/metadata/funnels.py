"""Commands on funnels. What a definition must be is `domain.funnel`'s to say; fields come here checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iafa_api import clock
from iafa_api.metadata.catalog import Catalog, SavedFunnel
from iafa_api.metadata.changes import changed_fields, plan_revert, plan_undelete, require_version
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore

FIELDS = ("name", "description", "is_active", "order", "conversion_window", "stages", "exclusions")


class Funnels:
    """The commands, over one store. Everything is said of one organisation; what is another's is NotFound."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store

    def create(self, cause: Cause, organization_id: str, project_id: str, fields: Mapping[str, Any]) -> SavedFunnel:
        """Save a funnel in a project."""
        funnel_id = clock.new_id()
        data = {"project_id": project_id, **fields}

        def decide(state: State) -> Sequence[NewEvent]:
            Catalog(state).document("projects", organization_id, project_id)
            return [NewEvent(f"funnel-{funnel_id}", 0, "funnel.created", organization_id, data)]

        return Catalog(self._store.change(cause, decide)).get_funnel(organization_id, funnel_id)

    def change(
        self, cause: Cause, organization_id: str, funnel_id: str, version: int | None, fields: Mapping[str, Any]
    ) -> SavedFunnel:
        """Set fields of a funnel that is at `version` (StaleVersion if not; None: any); equal ones make no event."""

        def decide(state: State) -> Sequence[NewEvent]:
            funnel = Catalog(state).funnel_document(organization_id, funnel_id)
            require_version(funnel, version)
            data = changed_fields(funnel, fields)
            event = NewEvent(f"funnel-{funnel_id}", funnel["version"], "funnel.changed", organization_id, data)
            return [event] if data else []

        return Catalog(self._store.change(cause, decide)).get_funnel(organization_id, funnel_id)

    def revert(
        self, cause: Cause, organization_id: str, funnel_id: str, version: int | None, *, to: Document
    ) -> SavedFunnel:
        """Give a funnel the fields that it had in the document `to`, as a new event; equal ones make none."""

        def decide(state: State) -> Sequence[NewEvent]:
            funnel = Catalog(state).funnel_document(organization_id, funnel_id)
            require_version(funnel, version)
            return plan_revert("funnel", funnel, to, FIELDS)

        return Catalog(self._store.change(cause, decide)).get_funnel(organization_id, funnel_id)

    def undelete(self, cause: Cause, organization_id: str, funnel_id: str) -> SavedFunnel:
        """Take a deletion back, as a new event. NotFound where nothing is deleted."""

        def decide(state: State) -> Sequence[NewEvent]:
            return [plan_undelete(state, "funnels", "funnel", organization_id, funnel_id)]

        return Catalog(self._store.change(cause, decide)).get_funnel(organization_id, funnel_id)

    def delete(self, cause: Cause, organization_id: str, funnel_id: str, version: int | None) -> None:
        """Delete a funnel; `version` None deletes whatever version is there."""

        def decide(state: State) -> Sequence[NewEvent]:
            funnel = Catalog(state).funnel_document(organization_id, funnel_id)
            require_version(funnel, version)
            return [NewEvent(f"funnel-{funnel_id}", funnel["version"], "funnel.deleted", organization_id, {})]

        self._store.change(cause, decide)
