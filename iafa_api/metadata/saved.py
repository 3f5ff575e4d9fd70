"""What keeps its versions: projects, and what is saved in them: funnels, reports, cohorts, metrics, event schemas.

One set of commands serves them all (a project is made by its own, with its first key); what a kind has of its own
stands in its `SavedKind`. What a definition must be is the domain's to say: fields come here checked, as far as that
can be told from the fields alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from iafa_api import clock
from iafa_api.domain.dashboard import require_added
from iafa_api.domain.event_schema import SCHEMAS_MAX
from iafa_api.domain.faults import nested
from iafa_api.domain.schema_changes import find_breaks
from iafa_api.errors import Conflict, InvalidInput
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.changes import BEFORE_IT_WAS, changed_fields, plan_revert, plan_undelete, require_version
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore

Require = Callable[[Catalog, Document, Document | None], None]


@dataclass(frozen=True, slots=True)
class SavedKind:
    """A kind of saved things: streams and event types begin with `name`, a revert brings `fields` back.

    `require` refuses what cannot stand beside what else is there: it gets the catalog, the document as it would be, and
    the one before, if any. It is asked under the log's lock.
    """

    name: str
    fields: tuple[str, ...]
    require: Require | None = None

    @property
    def documents(self) -> str:
        """What the state calls all of them."""
        return f"{self.name}s"

    def stream(self, subject_id: str) -> str:
        return f"{self.name}-{subject_id}"


class Saved:
    """The commands on one kind. Everything is said of one organisation; what is another's is NotFound.

    What they change they answer as its document.
    """

    def __init__(self, store: MetadataStore, kind: SavedKind) -> None:
        self._store = store
        self._kind = kind

    def create(self, cause: Cause, organization_id: str, project_id: str, fields: Mapping[str, Any]) -> Document:
        """Save a thing in a project."""
        subject_id = clock.new_id()
        told = {name: value for name, value in fields.items() if not _is_understood(name, value)}
        data = {"project_id": project_id, **told}

        def decide(state: State) -> Sequence[NewEvent]:
            Catalog(state).document("projects", organization_id, project_id)
            self._require(state, {"id": subject_id, "organization_id": organization_id, **data}, None)
            return [self._event(subject_id, 0, "created", organization_id, data)]

        return self._change(cause, organization_id, subject_id, decide)

    def change(
        self, cause: Cause, organization_id: str, subject_id: str, version: int | None, fields: Mapping[str, Any]
    ) -> Document:
        """Set fields of what is at `version` (StaleVersion if not; None: any); equal ones make no event."""

        def decide(state: State) -> Sequence[NewEvent]:
            document = self._live(state, organization_id, subject_id, version)
            data = changed_fields(document, fields)
            self._require(state, {**document, **data}, document)
            return [self._event(subject_id, document["version"], "changed", organization_id, data)] if data else []

        return self._change(cause, organization_id, subject_id, decide)

    def revert(
        self, cause: Cause, organization_id: str, subject_id: str, version: int | None, *, to: Document
    ) -> Document:
        """Give it the fields that it had in the document `to`, as a new event; equal ones make none."""

        def decide(state: State) -> Sequence[NewEvent]:
            document = self._live(state, organization_id, subject_id, version)
            events = plan_revert(self._kind.name, document, to, self._kind.fields)
            for event in events:
                self._require(state, {**document, **event.data}, document)
            return events

        return self._change(cause, organization_id, subject_id, decide)

    def undelete(self, cause: Cause, organization_id: str, subject_id: str) -> Document:
        """Take a deletion back, as a new event. NotFound where nothing is deleted."""

        def decide(state: State) -> Sequence[NewEvent]:
            event = plan_undelete(state, self._kind.documents, self._kind.name, organization_id, subject_id)
            document = state.documents[self._kind.documents][subject_id]
            self._require(state, document, document)
            return [event]

        return self._change(cause, organization_id, subject_id, decide)

    def delete(self, cause: Cause, organization_id: str, subject_id: str, version: int | None) -> None:
        """Delete it; `version` None deletes whatever version is there."""

        def decide(state: State) -> Sequence[NewEvent]:
            document = self._live(state, organization_id, subject_id, version)
            return [self._event(subject_id, document["version"], "deleted", organization_id, {})]

        self._store.change(cause, decide)

    def _change(
        self, cause: Cause, organization_id: str, subject_id: str, decide: Callable[[State], Sequence[NewEvent]]
    ) -> Document:
        state = self._store.change(cause, decide)
        return Catalog(state).saved_document(self._kind.documents, organization_id, subject_id)

    def _live(self, state: State, organization_id: str, subject_id: str, version: int | None) -> Document:
        document = Catalog(state).saved_document(self._kind.documents, organization_id, subject_id)
        require_version(document, version)
        return document

    def _require(self, state: State, document: Document, before: Document | None) -> None:
        if self._kind.require is not None:
            self._kind.require(Catalog(state), document, before)

    def _event(
        self, subject_id: str, version: int, verb: str, organization_id: str, data: Mapping[str, Any]
    ) -> NewEvent:
        return NewEvent(self._kind.stream(subject_id), version, f"{self._kind.name}.{verb}", organization_id, data)


def _is_understood(name: str, value: Any) -> bool:
    """Whether a new thing says this by saying nothing."""
    return name in BEFORE_IT_WAS and value == BEFORE_IT_WAS[name]


def _require_own_reports(catalog: Catalog, document: Document, before: Document | None) -> None:
    """A dashboard shows reports of its project; those that it shows already may have been deleted since."""
    known = {each["id"] for each in catalog.list_saved("reports", document["organization_id"], document["project_id"])}
    require_added(document["reports"], known | {each["report_id"] for each in (before or {}).get("reports", ())})


def _require_own_name(catalog: Catalog, document: Document, before: Document | None) -> None:
    """A metric is asked for by its name, so there is one of a name in a project."""
    for other in catalog.list_saved("metric_definitions", document["organization_id"], document["project_id"]):
        if other["name"] == document["name"] and other["id"] != document["id"]:
            message = "Another metric of this project has this name."
            raise Conflict(message, errors={"name": [message]})


def _require_own_event_type(catalog: Catalog, document: Document, before: Document | None) -> None:
    """An event is checked by one schema, so there is one of an event type in a project."""
    others = catalog.list_saved("schemas", document["organization_id"], document["project_id"])
    others = [other for other in others if other["id"] != document["id"]]
    if any(other["event_type"] == document["event_type"] for other in others):
        message = "This event type has a schema already: change that one."
        raise Conflict(message, errors={"event_type": [message]})
    if len(others) >= SCHEMAS_MAX:
        message = f"A project has {SCHEMAS_MAX} schemas at the most."
        raise InvalidInput(message, errors={"event_type": [message]})


def _require_compatible(catalog: Catalog, document: Document, before: Document | None) -> None:
    """What passed a schema passes it after a change of it, as far as that can be proven."""
    _require_own_event_type(catalog, document, before)
    breaks = [] if before is None else find_breaks(before["schema"], document["schema"])
    if breaks:
        raise InvalidInput(
            'Breaking: events that pass now may fail then; see errors. To make it all the same: "breaking": true.',
            errors=nested([(("schema", *each.path), each.message) for each in breaks]),
        )


FUNNEL: Final = SavedKind(
    "funnel",
    ("name", "description", "is_active", "order", "conversion_window", "stages", "exclusions", "exclusion_policy"),
)
REPORT: Final = SavedKind("report", ("name", "description", "kind", "question"))
DASHBOARD: Final = SavedKind("dashboard", ("name", "description", "reports"), _require_own_reports)
COHORT: Final = SavedKind("cohort", ("name", "description", "definition"))
METRIC_DEFINITION: Final = SavedKind(
    "metric_definition",
    ("name", "description", "event_type", "measure", "filter", "unit", "dimensions"),
    _require_own_name,
)
SCHEMA: Final = SavedKind("schema", ("schema", "mode"), _require_compatible)
BREAKING_SCHEMA: Final = replace(SCHEMA, require=_require_own_event_type)  # for who says that it may break
SAVED_KINDS: Final = (FUNNEL, REPORT, DASHBOARD, COHORT, METRIC_DEFINITION, SCHEMA)
