"""The read side: typed answers from one State. What is another organisation's is NotFound, like what never was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from iafa_api.domain.account import Invitation, PersonalFields, Session, User
from iafa_api.domain.project import ApiKey, Project, hash_key
from iafa_api.errors import NotFound, NotOwned
from iafa_api.metadata.changes import field_of
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.vault import Vault

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class SavedFunnel:
    """A funnel as it was saved; `definition` is the JSON form that `domain.funnel` reads."""

    id: str
    project_id: str
    organization_id: str
    name: str
    description: str | None
    is_active: bool
    definition: Mapping[str, Any]
    created_at: str
    updated_at: str
    version: int


class Catalog:
    """Reads over one state, so that all that one request sees is of one moment. Users need the vault as well."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def position(self) -> int:
        """The number of the last event in the log that these answers know of."""
        return self._state.seq

    def get_user(self, user_id: str) -> User:
        """A user."""
        return read_user(self._live("users", user_id))

    def get_member(self, organization_id: str, user_id: str) -> User:
        """A member of the organisation, of now or of before."""
        return read_user(self.document("users", organization_id, user_id))

    def list_members(self, organization_id: str, *, with_former: bool = False) -> list[User]:
        """The organisation's members, oldest first; `with_former` also those who were removed or erased."""
        members = [read_user(document) for document in self._list("users", organization_id)]
        return [member for member in members if with_former or member.is_active]

    def list_invitations(self, organization_id: str) -> list[Invitation]:
        """The organisation's invitations that are open, oldest first; whether they have expired is not looked at."""
        invitations = self._list("invitations", organization_id)
        return [read_invitation(document) for document in invitations if not document.get("accepted_at")]

    def get_invitation(self, organization_id: str, invitation_id: str) -> Invitation:
        """An open invitation of the organisation."""
        document = self.document("invitations", organization_id, invitation_id)
        if document.get("accepted_at"):
            raise _not_found("invitations", invitation_id)
        return read_invitation(document)

    def get_invited_email(self, vault: Vault, invitation_id: str) -> str | None:
        """The address that an invitation is for."""
        return vault.unseal("email", self._live("invitations", invitation_id)["email"])

    def get_personal_fields(self, vault: Vault, user_id: str) -> PersonalFields:
        """A user's personal fields, opened."""
        return read_personal_fields(vault, self._live("users", user_id))

    def get_organization_name(self, organization_id: str) -> str:
        """The name of an organisation."""
        return str(self._live("organizations", organization_id)["name"])

    def find_session(self, session_id: str) -> Session | None:
        """A session, whether it is over or not."""
        session = self._state.get("sessions", session_id)
        return None if session is None else _read(Session, session, revoked_at=session.get("revoked_at"))

    def is_session_over(self, session_id: str, user_id: str) -> bool:
        """Whether a session of this user has ended, or its user may not come in any more."""
        session = self.find_session(session_id)
        if session is None or session.revoked_at or session.user_id != user_id:
            return True
        try:
            return not self.get_user(user_id).is_active
        except NotFound:
            return True

    def list_projects(self, organization_id: str) -> list[Project]:
        """The organisation's projects, oldest first."""
        return [read_project(document) for document in self._list("projects", organization_id)]

    def get_project(self, organization_id: str, project_id: str) -> Project:
        """A project of the organisation."""
        return read_project(self.document("projects", organization_id, project_id))

    def find_project(self, project_id: str) -> Project | None:
        """A live project, whosever it is: for keys, jobs and the command line, never for a signed-in user."""
        document = self._state.get("projects", project_id)
        return None if document is None or document.get("deleted_at") else read_project(document)

    def list_keys(self, organization_id: str, project_id: str) -> list[ApiKey]:
        """The project's live keys, oldest first."""
        self.document("projects", organization_id, project_id)
        keys = self._list("api_keys", organization_id)
        return [read_key(key) for key in keys if key["project_id"] == project_id]

    def get_key(self, organization_id: str, project_id: str, key_id: str) -> ApiKey:
        """A live key of the project."""
        return read_key(self.key_document(organization_id, project_id, key_id))

    def find_key(self, key: str) -> tuple[ApiKey, Project] | None:
        """The live key with this text and its live project, or None."""
        key_id = self._state.key_ids.get(hash_key(key))
        document = None if key_id is None else self._state.get("api_keys", key_id)
        if document is None or document.get("revoked_at"):
            return None
        project = self.find_project(document["project_id"])
        return None if project is None else (read_key(document), project)

    def list_funnels(self, organization_id: str, project_id: str | None = None) -> list[SavedFunnel]:
        """The organisation's funnels, or those of one of its projects, oldest first."""
        return [read_funnel(funnel) for funnel in self.list_saved("funnels", organization_id, project_id)]

    def get_funnel(self, organization_id: str, funnel_id: str) -> SavedFunnel:
        """A funnel of the organisation."""
        return read_funnel(self.saved_document("funnels", organization_id, funnel_id))

    def find_funnel(self, funnel_id: str) -> SavedFunnel:
        """A funnel, whosever it is: for the command line, never for a signed-in user."""
        return read_funnel(self._live("funnels", funnel_id))

    def document(self, kind: str, organization_id: str, subject_id: str) -> Document:
        """The live document of something that the organisation owns; NotFound otherwise, NotOwned of another's."""
        document = self._state.get(kind, subject_id)
        if document is not None and document["organization_id"] != organization_id:
            raise NotOwned(_not_found(kind, subject_id).message)
        return self._live(kind, subject_id)

    def key_document(self, organization_id: str, project_id: str, key_id: str) -> Document:
        """The live document of a key of this project."""
        self.document("projects", organization_id, project_id)
        key = self.document("api_keys", organization_id, key_id)
        if key["project_id"] != project_id:
            raise _not_found("api_keys", key_id)
        return key

    def saved_document(self, kind: str, organization_id: str, subject_id: str) -> Document:
        """The live document of a project, or of what is saved in a live one."""
        document = self.document(kind, organization_id, subject_id)
        if "project_id" in document:
            self.document("projects", organization_id, document["project_id"])
        return document

    def list_saved(self, kind: str, organization_id: str, project_id: str | None = None) -> list[Document]:
        """What the organisation has saved of a kind, or has in one of its projects, oldest first."""
        if project_id is not None:
            self.document("projects", organization_id, project_id)
        return [
            document
            for document in self._list(kind, organization_id)
            if project_id in (None, document["project_id"]) and self.find_project(document["project_id"])
        ]

    def _live(self, kind: str, subject_id: str) -> Document:
        document = self._state.get(kind, subject_id)
        if document is None or document.get("deleted_at") or document.get("revoked_at"):
            raise _not_found(kind, subject_id)
        return document

    def _list(self, kind: str, organization_id: str) -> list[Document]:
        owned = [
            document
            for document in self._state.documents[kind].values()
            if document["organization_id"] == organization_id
            and not document.get("deleted_at")
            and not document.get("revoked_at")
        ]
        return sorted(owned, key=lambda document: (document["created_at"], document["id"]))


def _read(kind: type[Value], document: Document, **derived: Any) -> Value:
    """A value of the kind from the fields of the same names; those in `derived` need not stand in the document."""
    names = [field.name for field in fields(cast(Any, kind)) if field.name not in derived]
    return kind(**{name: document[name] for name in names}, **derived)


def read_project(document: Document) -> Project:
    """A project from its document, of now or of then."""
    return _read(
        Project,
        document,
        allowed_origins=tuple(document["allowed_origins"]),
        event_types=tuple(field_of(document, "event_types")),
        rate_limit_events_per_minute=field_of(document, "rate_limit_events_per_minute"),
        url_parameters=tuple(field_of(document, "url_parameters")),
    )


def read_key(document: Document) -> ApiKey:
    """A key from its document, of now or of then."""
    return _read(ApiKey, document, last_used_at=document.get("last_used_at"))


def read_funnel(document: Document) -> SavedFunnel:
    """A funnel from its document, of now or of then."""
    names = ("order", "conversion_window", "stages", "exclusions", "exclusion_policy")
    definition = {name: document[name] for name in names if name in document}
    return _read(SavedFunnel, document, definition=definition)


def read_user(document: Document) -> User:
    """A user from their document, of now or of then."""
    return _read(User, document, removed_at=document.get("removed_at"), erased_at=document.get("erased_at"))


def read_invitation(document: Document) -> Invitation:
    """An invitation from its document, of now or of then."""
    return _read(Invitation, document)


def read_personal_fields(vault: Vault, document: Document) -> PersonalFields:
    """The personal fields in a user's document, of now or of then, as far as they can still be opened."""
    return _read(PersonalFields, {name: vault.unseal(name, document[name]) for name in ("email", "full_name")})


def _not_found(kind: str, subject_id: str) -> NotFound:
    return NotFound(f"There is no {kind.removesuffix('s').replace('_', ' ')} with the id {subject_id[:64]!r}.")
