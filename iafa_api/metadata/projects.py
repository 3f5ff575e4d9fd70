"""Commands on projects and their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iafa_api import clock
from iafa_api.domain.project import KEY_PREFIX_LENGTH, ApiKey, Project, hash_key, make_key
from iafa_api.errors import NotFound
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.changes import changed_fields, plan_revert, plan_undelete, require_version
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore

USED_EVERY_US = 3600 * clock.MICROSECONDS  # `last_used_at` is as exact as this; each step is an event in the log
UNDELETE_US = 30 * 86_400 * clock.MICROSECONDS  # then a deleted project's events go
FIELDS = ("name", "domain", "allowed_origins", "timezone", "week_start", "retention_days", "event_types")
TRIED_EVERY_US = 60 * clock.MICROSECONDS  # while the log refuses, events must not wait for it one by one


class Projects:
    """The commands, over one store. Everything is said of one organisation; what is another's is NotFound."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store
        self._tried_at: dict[str, int] = {}

    def create(self, cause: Cause, organization_id: str, fields: Mapping[str, Any]) -> tuple[Project, str]:
        """Make a project and its first write key; the project and the key's text, which is told this once."""
        project_id = clock.new_id()
        key, key_event = _new_key(organization_id, project_id, name="Default", kind="write")
        created = NewEvent(f"project-{project_id}", 0, "project.created", organization_id, dict(fields))
        state = self._store.change(cause, lambda state: [created, key_event])
        return Catalog(state).get_project(organization_id, project_id), key

    def change(
        self, cause: Cause, organization_id: str, project_id: str, version: int | None, fields: Mapping[str, Any]
    ) -> Project:
        """Set fields of a project that is at `version` (StaleVersion if not; None: any); equal ones make no event."""

        def decide(state: State) -> Sequence[NewEvent]:
            project = Catalog(state).document("projects", organization_id, project_id)
            require_version(project, version)
            data = changed_fields(project, fields)
            event = NewEvent(f"project-{project_id}", project["version"], "project.changed", organization_id, data)
            return [event] if data else []

        return Catalog(self._store.change(cause, decide)).get_project(organization_id, project_id)

    def revert(
        self, cause: Cause, organization_id: str, project_id: str, version: int | None, *, to: Document
    ) -> Project:
        """Give a project the fields that it had in the document `to`, as a new event. Its keys stay as they are."""

        def decide(state: State) -> Sequence[NewEvent]:
            project = Catalog(state).document("projects", organization_id, project_id)
            require_version(project, version)
            return plan_revert("project", project, to, FIELDS)

        return Catalog(self._store.change(cause, decide)).get_project(organization_id, project_id)

    def undelete(self, cause: Cause, organization_id: str, project_id: str) -> Project:
        """Take a deletion of the last 30 days back, as a new event. Keys that were revoked stay revoked."""

        def decide(state: State) -> Sequence[NewEvent]:
            event = plan_undelete(state, "projects", "project", organization_id, project_id)
            deleted_at = clock.parse_time(state.documents["projects"][project_id]["deleted_at"])
            if clock.now_us() - deleted_at > UNDELETE_US:
                raise NotFound("This project was deleted more than 30 days ago.")
            return [event]

        return Catalog(self._store.change(cause, decide)).get_project(organization_id, project_id)

    def delete(self, cause: Cause, organization_id: str, project_id: str, version: int | None) -> None:
        """Delete a project; `version` None deletes whatever version is there. Its events stay for 30 days."""

        def decide(state: State) -> Sequence[NewEvent]:
            project = Catalog(state).document("projects", organization_id, project_id)
            require_version(project, version)
            return [NewEvent(f"project-{project_id}", project["version"], "project.deleted", organization_id, {})]

        self._store.change(cause, decide)

    def create_key(
        self, cause: Cause, organization_id: str, project_id: str, *, name: str, kind: str
    ) -> tuple[ApiKey, str]:
        """Make a key; it and its text, which is told this once."""
        key, event = _new_key(organization_id, project_id, name=name, kind=kind)

        def decide(state: State) -> Sequence[NewEvent]:
            Catalog(state).document("projects", organization_id, project_id)
            return [event]

        state = self._store.change(cause, decide)
        return Catalog(state).get_key(organization_id, project_id, event.stream.partition("-")[2]), key

    def revoke_key(self, cause: Cause, organization_id: str, project_id: str, key_id: str) -> None:
        """Make a key worthless, for every worker at its next request."""

        def decide(state: State) -> Sequence[NewEvent]:
            key = Catalog(state).key_document(organization_id, project_id, key_id)
            return [NewEvent(f"api_key-{key_id}", key["version"], "api_key.revoked", organization_id, {})]

        self._store.change(cause, decide)

    def is_use_news(self, key: ApiKey) -> bool:
        """Whether a use of this key is worth an event: once an hour and key, and tried once a minute in a process."""
        now = clock.now_us()
        if key.last_used_at is not None and now - clock.parse_time(key.last_used_at) < USED_EVERY_US:
            return False
        if now - self._tried_at.get(key.id, -USED_EVERY_US) < TRIED_EVERY_US:
            return False
        self._tried_at[key.id] = now
        return True

    def record_key_use(self, cause: Cause, key_id: str) -> None:
        """Note that a key is in use."""

        def decide(state: State) -> Sequence[NewEvent]:
            key = state.documents["api_keys"][key_id]
            last = key.get("last_used_at")
            if last is not None and clock.now_us() - clock.parse_time(last) < USED_EVERY_US:
                return []
            return [NewEvent(f"api_key-{key_id}", key["version"], "api_key.used", key["organization_id"], {})]

        self._store.change(cause, decide)


def _new_key(organization_id: str, project_id: str, *, name: str, kind: str) -> tuple[str, NewEvent]:
    key = make_key(kind, clock.new_secret())
    data = {
        "project_id": project_id,
        "name": name,
        "kind": kind,
        "prefix": key[:KEY_PREFIX_LENGTH],
        "hash": hash_key(key),
    }
    return key, NewEvent(f"api_key-{clock.new_id()}", 0, "api_key.created", organization_id, data)
