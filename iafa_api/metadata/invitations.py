"""Commands on invitations: a link lets whoever has a certain address register as a member with a certain role.

The person's key is made with the invitation, for the address in it; who accepts keeps it as a user, and a revoked
invitation is an erasure. Who invited must still be allowed to when the link is used: what takes that right away
revokes the invitation with it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence

from iafa_api import clock
from iafa_api.domain.account import (
    INVITATION_DAYS,
    Invitation,
    hash_token,
    normalize_email,
    require_email,
    require_may_manage,
    require_password,
)
from iafa_api.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound, Repeated
from iafa_api.metadata.accounts import Accounts, email_holder, require_active
from iafa_api.metadata.catalog import Catalog
from iafa_api.metadata.erasures import finish_erasures
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.vault import Vault

LIFETIME_US = INVITATION_DAYS * 86_400 * clock.MICROSECONDS
NOT_GOOD = "The invitation is not valid, or not any more: ask for another one."  # one message for every cause


class Invitations:
    """The commands, over one store and one vault. `by` is the id of the user who asks."""

    def __init__(self, store: MetadataStore, vault: Vault, accounts: Accounts) -> None:
        self._store = store
        self._vault = vault
        self._accounts = accounts

    def create(self, cause: Cause, by: str, *, email: str, role: str) -> tuple[Invitation, str]:
        """Invite an address; the invitation and its token, which is told this once. An older one to it is revoked.

        NotAllowed where `by` may not give the role, Conflict where the address has an account.
        """
        email = require_email(email)
        index = self._vault.email_index(normalize_email(email))
        invitation_id, user_id = clock.new_id(), clock.new_id()
        secret = base64.urlsafe_b64encode(clock.new_secret()).decode().rstrip("=")
        data = {
            "user_id": user_id,
            "role": role,
            "email_index": index,
            "token_hash": hash_token(secret),
            "invited_by": by,
            "expires_at": clock.format_time(clock.now_us() + LIFETIME_US),
        }

        def require_free(state: State) -> Document:
            user = require_active(state, by)
            require_may_manage(user["role"], role)
            if email_holder(state, index) is not None:
                raise Conflict("This e-mail address has an account already.", errors={"email": ["Already registered."]})
            return user

        def decide(state: State) -> Sequence[NewEvent]:
            organization_id = require_free(state)["organization_id"]

            def is_older(other: Document) -> bool:
                return (other["organization_id"], other["email_index"]) == (organization_id, index)

            created = NewEvent(f"invitation-{invitation_id}", 0, "invitation.created", organization_id, data, sealed)
            return [*revocations(state, is_older, "replaced"), created]

        organization_id = require_free(self._store.current())["organization_id"]  # before a key is made for nobody
        self._vault.create_person(user_id)
        try:
            sealed = {"email": self._vault.seal(user_id, "email", email)}
            state = self._store.change(cause, decide)
        except (Conflict, InvalidInput, NotAllowed, NotAuthenticated, Repeated):  # decided: nothing was written
            self._vault.destroy_person(user_id)
            raise
        finish_erasures(state, self._vault)
        return Catalog(state).get_invitation(organization_id, invitation_id), f"{invitation_id}.{secret}"

    def find(self, token: str) -> str:
        """The id of the user that the invitation with this token makes. NotAllowed where it is not good."""
        return str(_open_invitation(self._store.current(), token)["user_id"])

    def accept(self, cause: Cause, token: str, *, email: str, password: str, full_name: str) -> None:
        """Register the user whom `find` names as a member of the organisation that has invited.

        NotAllowed where the invitation is not good, InvalidInput where it is for another address.
        """
        email = require_email(email)
        require_password(password)
        index = self._vault.email_index(normalize_email(email))

        def require_good(state: State) -> Document:
            invitation = _open_invitation(state, token)
            if invitation["email_index"] != index:
                message = "The invitation is for another e-mail address."
                raise InvalidInput(message, errors={"email": [message]})
            if email_holder(state, index) is not None:
                raise Conflict("This e-mail address has an account already.", errors={"email": ["Already registered."]})
            return invitation

        def decide(state: State) -> Sequence[NewEvent]:
            invitation = require_good(state)
            organization_id = invitation["organization_id"]
            user = {"role": invitation["role"], "is_active": True}
            return [
                _invitation_event(invitation, "invitation.accepted", {"user_id": user_id}),
                NewEvent(
                    f"email-{index}",
                    state.version("emails", index),
                    "email.claimed",
                    organization_id,
                    {"user_id": user_id},
                ),
                NewEvent(f"user-{user_id}", 0, "user.registered", organization_id, user, sealed),
            ]

        user_id = require_good(self._store.current())["user_id"]
        try:
            sealed = self._accounts.seal_credentials(user_id, email=email, password=password, full_name=full_name)
        except NotFound:  # revoked since, and the key with it
            raise NotAllowed(NOT_GOOD) from None
        self._store.change(cause, decide)

    def revoke(self, cause: Cause, by: str, invitation_id: str) -> None:
        """Take an invitation back; the address in it is forgotten."""

        def decide(state: State) -> Sequence[NewEvent]:
            user = require_active(state, by)
            invitation = Catalog(state).get_invitation(user["organization_id"], invitation_id)
            require_may_manage(user["role"], invitation.role)
            return revocations(state, lambda other: other["id"] == invitation_id, "revoked")

        finish_erasures(self._store.change(cause, decide), self._vault)

    def revoke_expired(self, cause: Cause) -> int:
        """Take back those whose time is over, so that their addresses are forgotten; how many there were."""
        now = clock.format_time(clock.now_us())

        def plan(state: State) -> list[NewEvent]:
            return revocations(state, lambda other: other["expires_at"] <= now, "expired")

        count = len(plan(self._store.current()))
        if count:
            finish_erasures(self._store.change(cause, plan), self._vault)
        return count


def revocations(state: State, is_meant: Callable[[Document], bool], reason: str) -> list[NewEvent]:
    """The events that take back all open invitations that are meant."""
    return [
        _invitation_event(invitation, "invitation.revoked", {"reason": reason})
        for invitation in state.documents["invitations"].values()
        if _is_open(invitation) and is_meant(invitation)
    ]


def _open_invitation(state: State, token: str) -> Document:
    invitation_id, _, secret = token.partition(".")
    invitation = state.get("invitations", invitation_id)
    if (
        invitation is None
        or not hmac.compare_digest(invitation["token_hash"], hash_token(secret))
        or not _is_open(invitation)
        or invitation["expires_at"] <= clock.format_time(clock.now_us())
    ):
        raise NotAllowed(NOT_GOOD, errors={"invitation": [NOT_GOOD]})
    return invitation


def _is_open(invitation: Document) -> bool:
    return not invitation.get("accepted_at") and not invitation.get("revoked_at")


def _invitation_event(invitation: Document, event_type: str, data: dict[str, str]) -> NewEvent:
    organization_id = invitation["organization_id"]
    return NewEvent(f"invitation-{invitation['id']}", invitation["version"], event_type, organization_id, data)
