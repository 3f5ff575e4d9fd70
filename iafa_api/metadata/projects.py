"""Commands on projects, as far as they are not those of all that is saved, and on their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from iafa_api import clock
from iafa_api.domain.project import KEY_PREFIX_LENGTH, ApiKey, Project, hash_key, make_key
from iafa_api.errors import NotFound
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.saved import SavedKind
from iafa_api.metadata.store import MetadataStore

USED_EVERY_US = 3600 * clock.MICROSECONDS  # `last_used_at` is as exact as this; each step is an event in the log
UNDELETE_US = 30 * 86_400 * clock.MICROSECONDS  # then a deleted project's events go
TRIED_EVERY_US = 60 * clock.MICROSECONDS  # while the log refuses, events must not wait for it one by one


class Projects:
    """The commands, over one store. Everything is said of one organisation; what is another's is NotFound."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store
        self._no_news_until: dict[str, int] = {}

    def create(self, cause: Cause, organization_id: str, fields: Mapping[str, Any]) -> tuple[Project, str]:
        """Make a project and its first write key; the project and the key's text, which is told this once."""
        project_id = clock.new_id()
        key, key_event = _new_key(organization_id, project_id, name="Default", kind="write")
        created = NewEvent(f"project-{project_id}", 0, "project.created", organization_id, dict(fields))
        state = self._store.change(cause, lambda state: [created, key_event])
        return Catalog(state).get_project(organization_id, project_id), key

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
        if now < self._no_news_until.get(key.id, 0):
            return False
        known_until = 0 if key.last_used_at is None else clock.parse_time(key.last_used_at) + USED_EVERY_US
        self._no_news_until[key.id] = max(known_until, now + TRIED_EVERY_US)
        return known_until <= now

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


def _require_recent(catalog: Catalog, document: Document, before: Document | None) -> None:
    """What was deleted long ago does not come back: its events are gone."""
    deleted_at = (before or {}).get("deleted_at")
    if deleted_at is not None and clock.now_us() - clock.parse_time(deleted_at) > UNDELETE_US:
        raise NotFound("This project was deleted more than 30 days ago.")


PROJECT: Final = SavedKind(
    "project",
    (
        *("name", "domain", "allowed_origins", "timezone", "week_start", "retention_days", "event_types"),
        *("rate_limit_events_per_minute", "url_parameters"),
    ),
    _require_recent,
)
