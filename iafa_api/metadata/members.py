"""Commands on the members of an organisation: roles, ownership, leaving, and erasing a person.

Each is decided under the log's lock on what the two people are by then, not on what they were when the request came:
of two owners who demote each other at once, one wins. Who leaves or is erased loses in the same append their address,
their sessions, and the invitations that they gave out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from iafa_api.domain.account import User, may_manage, require_may_manage, require_not_upward, require_role
from iafa_api.errors import Conflict, InvalidInput, NotAllowed, NotFound
from iafa_api.metadata.accounts import require_active, session_revocations
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.erasures import finish_erasures
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.invitations import revocations
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.vault import Vault

OWNER_STAYS = "The last owner stays: make another member an owner first."
LAST_ONE = (
    "You are the only member: without you nobody can reach the organisation. Say delete_organization to delete it, "
    "with its projects, as well."
)
OTHERS_ARE_HERE = "The organisation has other members: it cannot be deleted with your account."


class Members:
    """The commands, over one store and one vault. `by` is the id of the user who asks; what belongs to another
    organisation than theirs is NotFound."""

    def __init__(self, store: MetadataStore, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    def change_role(self, cause: Cause, by: str, user_id: str, role: str) -> User:
        """Give a member another role. NotAllowed where that is not for `by` to do, Conflict for the last owner."""

        def decide(state: State) -> Sequence[NewEvent]:
            actor = require_active(state, by)
            member = _member(state, actor, user_id)
            if by == user_id:
                require_not_upward(member["role"], role)
            else:
                require_may_manage(actor["role"], member["role"])
                require_may_manage(actor["role"], role)
            if role == member["role"]:
                return []
            _require_owner_beside(state, member)
            return _role_change(state, member, role)

        return self._change(cause, decide, by, user_id)

    def transfer_ownership(self, cause: Cause, by: str, user_id: str) -> User:
        """Make a member an owner and `by`, who is one, an admin: both or none."""

        def decide(state: State) -> Sequence[NewEvent]:
            actor = require_active(state, by)
            require_role(actor["role"], "owner")
            member = _member(state, actor, user_id)
            if by == user_id:
                raise InvalidInput("You own it already.", errors={"user_id": ["Must be another member."]})
            raised = [] if member["role"] == "owner" else _role_change(state, member, "owner")
            return [*raised, *_role_change(state, actor, "admin")]

        return self._change(cause, decide, by, user_id)

    def remove(self, cause: Cause, by: str, user_id: str) -> None:
        """End a membership: one's own, or that of a member whom `by` may manage. Conflict for the last owner."""

        def decide(state: State) -> Sequence[NewEvent]:
            actor = require_active(state, by)
            member = _member(state, actor, user_id)
            if by != user_id:
                require_may_manage(actor["role"], member["role"])
            _require_owner_beside(state, member)
            return [_user_event(member, "user.removed"), *_farewell(state, member, "removed")]

        finish_erasures(self._store.change(cause, decide), self._vault)

    def erase(self, cause: Cause, by: str, user_id: str) -> None:
        """Make the personal fields of another member, of now or of before, unreadable for ever; for owners."""

        def decide(state: State) -> Sequence[NewEvent]:
            actor = require_active(state, by)
            require_role(actor["role"], "owner")
            if by == user_id:
                raise NotAllowed("Your own account is erased with your password, at /auth/me.")
            member = Catalog(state).document("users", actor["organization_id"], user_id)
            if member.get("erased_at"):
                raise NotFound("This person was erased.")
            return [_user_event(member, "user.erased"), *_farewell(state, member, "erased")]

        finish_erasures(self._store.change(cause, decide), self._vault)

    def erase_oneself(self, cause: Cause, user_id: str, *, delete_organization: bool = False) -> None:
        """Make one's own personal fields unreadable for ever. That the password is right is checked before.

        Conflict for the last owner; who is the only member can have the organisation deleted with them.
        """

        def decide(state: State) -> Sequence[NewEvent]:
            user = require_active(state, user_id)
            others = len(Catalog(state).list_members(user["organization_id"])) - 1
            gone = [_user_event(user, "user.erased"), *_farewell(state, user, "erased")]
            if delete_organization and others:
                raise Conflict(OTHERS_ARE_HERE)
            if delete_organization:
                return [*gone, *_organization_end(state, user["organization_id"])]
            if not others:
                raise Conflict(LAST_ONE)
            _require_owner_beside(state, user)
            return gone

        finish_erasures(self._store.change(cause, decide), self._vault)

    def erase_again(self, cause: Cause, user_ids: Collection[str]) -> list[str]:
        """Erase those of these persons whom the log knows and does not call erased: it was restored to before that.

        Whose they were. Nobody's role is asked: it was decided once. An organisation may be left without an owner.
        """
        erased: list[str] = []

        def decide(state: State) -> Sequence[NewEvent]:
            events: list[NewEvent] = []
            for user_id in sorted(set(user_ids)):
                member = state.get("users", user_id)
                if member is not None and not member.get("erased_at"):
                    erased.append(user_id)
                    events += [_user_event(member, "user.erased"), *_farewell(state, member, "erased")]
            taken_back = {event.stream for event in events}
            invited = revocations(state, lambda invitation: invitation["user_id"] in user_ids, "erased")
            return [*events, *(event for event in invited if event.stream not in taken_back)]

        finish_erasures(self._store.change(cause, decide), self._vault)
        return erased

    def _change(self, cause: Cause, decide: Callable[[State], Sequence[NewEvent]], by: str, user_id: str) -> User:
        state = self._store.change(cause, decide)
        finish_erasures(state, self._vault)
        return Catalog(state).get_member(state.documents["users"][by]["organization_id"], user_id)


def _member(state: State, actor: Document, user_id: str) -> Document:
    member = Catalog(state).document("users", actor["organization_id"], user_id)
    if not member["is_active"]:
        raise NotFound("This person is not a member any more.")
    return member


def _require_owner_beside(state: State, member: Document) -> None:
    """Refuse where an organisation would be left without an owner."""
    members = Catalog(state).list_members(member["organization_id"])
    if member["role"] == "owner" and not any(other.role == "owner" and other.id != member["id"] for other in members):
        raise Conflict(OWNER_STAYS)


def _role_change(state: State, member: Document, role: str) -> list[NewEvent]:
    """A member's new role, without the invitations that the new role could not have given out."""

    def is_beyond(invitation: Document) -> bool:
        return bool(invitation["invited_by"] == member["id"] and not may_manage(role, invitation["role"]))

    changed = _user_event(member, "user.role_changed", {"role": role})
    return [changed, *revocations(state, is_beyond, "inviter_role_changed")]


def _farewell(state: State, member: Document, reason: str) -> list[NewEvent]:
    """All that ends with a membership; nothing where it has ended before."""
    addresses = [
        NewEvent(f"email-{index}", claim["version"], "email.released", claim["organization_id"], {})
        for index, claim in state.documents["emails"].items()
        if claim["user_id"] == member["id"] and not claim.get("released_at")
    ]
    invited = revocations(state, lambda invitation: bool(invitation["invited_by"] == member["id"]), "inviter_left")
    return [*addresses, *session_revocations(state, member["id"], reason), *invited]


def _organization_end(state: State, organization_id: str) -> list[NewEvent]:
    projects = [
        NewEvent(f"project-{project.id}", project.version, "project.deleted", organization_id, {})
        for project in Catalog(state).list_projects(organization_id)
    ]
    version = state.version("organizations", organization_id)
    end = NewEvent(f"organization-{organization_id}", version, "organization.deleted", organization_id, {})
    return [*projects, end]


def _user_event(member: Document, event_type: str, data: dict[str, str] | None = None) -> NewEvent:
    return NewEvent(f"user-{member['id']}", member["version"], event_type, member["organization_id"], data or {})
