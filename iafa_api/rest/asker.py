"""Who asks about a project's events: a user of its organisation, or a program with its read key."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from iafa_api.domain.project import Project
from iafa_api.errors import NotAuthenticated, NotFound
from iafa_api.metadata.catalog import Catalog
from iafa_api.rest.buckets import Buckets
from iafa_api.rest.caller import caller, newest_catalog, note_access, note_key_use, require_signed_in

MAY_ASK: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}, {"apiKeyInAddress": []}]


@dataclass(frozen=True, slots=True)
class Asker:
    """The user or key, their organisation, and the one project that a read key is confined to; a user's session."""

    id: str
    organization_id: str
    only_project: str | None
    catalog: Catalog
    session_id: str | None

    def get_project(self, project_id: str) -> Project:
        """A project that they may ask about; NotFound for all others."""
        if self.only_project not in (None, project_id):
            raise NotFound(f"There is no project with the id {project_id[:64]!r}.")
        return self.catalog.get_project(self.organization_id, project_id)

    def may_still_ask(self, project_id: str, catalog: Catalog) -> bool:
        """Whether what let them in holds in a newer catalog, too: for answers that last."""
        try:
            catalog.get_project(self.organization_id, project_id)
            if self.session_id is None:
                catalog.get_key(self.organization_id, project_id, self.id)
        except NotFound:
            return False
        return self.session_id is None or not catalog.is_session_over(self.session_id, self.id)

    def note_personal_read(self, project_id: str, what: str) -> None:
        """Record in the access log that they look at single persons' data: once a minute, a live view looks on."""
        buckets: Buckets = current_app.extensions["iafa_buckets"]
        # two from a bucket of one: after the first it takes a minute to be above zero again
        if not buckets.take(f"read:{self.id}:{project_id}:{what}", 2, per_minute=1):
            detail = f"{what} of project {project_id}"
            note_access("personal_data_read", detail, organization_id=self.organization_id, actor_id=self.id)


def asker() -> Asker:
    """Who asks in this request. NotAuthenticated where neither a token nor a read key is good."""
    text = request.headers.get("X-API-Key") or request.args.get("api_key")
    if text is None:
        require_signed_in()
        return Asker(caller().user.id, caller().organization_id, None, caller().catalog, caller().session_id)
    catalog = newest_catalog()
    found = catalog.find_key(text)
    if found is None or found[0].kind != "read":
        raise NotAuthenticated("The API key is not a read key that works.")
    key, project = found
    note_key_use(key)
    return Asker(key.id, project.organization_id, project.id, catalog, None)
