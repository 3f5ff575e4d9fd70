"""Commands on accounts: register, profile, password, and the sessions that tokens belong to.

Each decides against the newest state and appends what follows. Personal fields leave here sealed, passwords as bcrypt
hashes, sealed too. A command returns ids; what they stand for is the catalog's to say.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import bcrypt

from iafa_api import clock
from iafa_api.domain.account import normalize_email, require_email, require_password
from iafa_api.errors import Conflict, NotAllowed, NotAuthenticated
from iafa_api.metadata.events import Cause, NewEvent
from iafa_api.metadata.projections import Document, State
from iafa_api.metadata.store import MetadataStore
from iafa_api.metadata.vault import Vault

DEFAULT_ORGANIZATION_NAME = "My organization"  # not made of the person's name: this stands unsealed in the log
ONE_MESSAGE = "The e-mail address or the password is not right."


class Accounts:
    """The commands, over one store and one vault. `password_cost` is bcrypt's (2^cost rounds)."""

    def __init__(self, store: MetadataStore, vault: Vault, *, password_cost: int, open_registration: bool) -> None:
        self._store = store
        self._vault = vault
        self._cost = password_cost
        self._open = open_registration
        # what a sign-in with an unknown address is compared with, so that it takes as long as any other
        self._nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(password_cost))

    def register(
        self, cause: Cause, *, user_id: str, email: str, password: str, full_name: str, organization_name: str | None
    ) -> None:
        """Make an organisation and the user `user_id` (a new id), who owns it.

        InvalidInput for a bad address or password, Conflict for a taken address, NotAllowed where registration is by
        invitation (the very first account may always be made).
        """
        email = require_email(email)
        require_password(password)
        index = self._vault.email_index(normalize_email(email))
        organization_id = clock.new_id()

        def require_open(state: State) -> None:
            if not self._open and state.documents["users"]:
                raise NotAllowed("Registration is by invitation here.")
            if email_holder(state, index) is not None:
                raise Conflict("This e-mail address has an account already.", errors={"email": ["Already registered."]})

        def decide(state: State) -> Sequence[NewEvent]:
            require_open(state)
            claim = state.version("emails", index)
            name = {"name": organization_name or DEFAULT_ORGANIZATION_NAME}
            user = {"role": "owner", "is_active": True}
            return [
                NewEvent(f"organization-{organization_id}", 0, "organization.created", organization_id, name),
                NewEvent(f"email-{index}", claim, "email.claimed", organization_id, {"user_id": user_id}),
                NewEvent(f"user-{user_id}", 0, "user.registered", organization_id, user, sealed),
            ]

        require_open(self._store.current())  # before the work of hashing, and before a key is made for nobody
        self._vault.create_person(user_id)
        try:
            sealed = self.seal_credentials(user_id, email=email, password=password, full_name=full_name)
            self._store.change(cause, decide)
        except (Conflict, NotAllowed):
            self._vault.destroy_person(user_id)
            raise

    def find(self, email: str) -> str | None:
        """The id of the user with this address; for the operator's command line only."""
        return email_holder(self._store.current(), self._vault.email_index(normalize_email(email)))

    def authenticate(self, *, email: str, password: str) -> str:
        """The id of the active user with this address and password; NotAuthenticated, with one message, if none."""
        state = self._store.current()
        holder = email_holder(state, self._vault.email_index(normalize_email(email)))
        user = None if holder is None else state.get("users", holder)
        sealed = None if user is None else self._vault.unseal("password_hash", user["password_hash"])
        expected = self._nobody if sealed is None else sealed.encode()
        is_right = bcrypt.checkpw(_bcrypt_input(password), expected)
        if user is None or sealed is None or not is_right or not user["is_active"]:
            raise NotAuthenticated(ONE_MESSAGE)
        return str(user["id"])

    def change_profile(self, cause: Cause, user_id: str, *, full_name: str) -> None:
        """Give a user another name."""
        sealed = {"full_name": self._vault.seal(user_id, "full_name", full_name)}
        self._store.change(cause, lambda state: [_user_event(state, user_id, "user.profile_changed", sealed)])

    def change_password(self, cause: Cause, user_id: str, session_id: str, *, current: str, new: str) -> None:
        """Give a user another password and end all sessions but this one. NotAllowed where `current` is not right."""
        require_password(new)
        known = self._store.current().documents["users"][user_id]["password_hash"]
        self.require_password_of(user_id, current)
        sealed = {"password_hash": self._seal_password(user_id, new)}

        def decide(state: State) -> Sequence[NewEvent]:
            if state.documents["users"][user_id]["password_hash"] != known:  # somebody else was faster
                raise NotAllowed("The current password is not right.")
            changed = _user_event(state, user_id, "user.password_changed", sealed)
            return [changed, *session_revocations(state, user_id, "password_changed", keep=session_id)]

        self._store.change(cause, decide)

    def require_password_of(self, user_id: str, password: str) -> None:
        """Refuse whoever does not know the user's password: NotAllowed."""
        known = self._store.current().documents["users"][user_id]["password_hash"]
        opened = self._vault.unseal("password_hash", known)
        if opened is None or not bcrypt.checkpw(_bcrypt_input(password), opened.encode()):
            raise NotAllowed("The current password is not right.")

    def seal_credentials(self, user_id: str, *, email: str, password: str, full_name: str) -> dict[str, str]:
        """The sealed fields of a new user, who has a key."""
        return {
            "email": self._vault.seal(user_id, "email", email),
            "full_name": self._vault.seal(user_id, "full_name", full_name),
            "password_hash": self._seal_password(user_id, password),
        }

    def reset_password(self, cause: Cause, user_id: str, *, new: str) -> None:
        """Give a user another password without the old one, and end all sessions; for the operator's command line."""
        require_password(new)
        sealed = {"password_hash": self._seal_password(user_id, new)}

        def decide(state: State) -> Sequence[NewEvent]:
            changed = _user_event(state, user_id, "user.password_changed", sealed)
            return [changed, *session_revocations(state, user_id, "password_changed")]

        self._store.change(cause, decide)

    def start_session(self, cause: Cause, user_id: str, *, expires_at: str) -> tuple[str, str]:
        """Note a sign-in; the session's id and the id of its first refresh token."""
        session_id, refresh_id = clock.new_id(), clock.new_id()
        data = {"user_id": user_id, "refresh_id": refresh_id, "expires_at": expires_at}

        def decide(state: State) -> Sequence[NewEvent]:
            user = require_active(state, user_id)
            return [NewEvent(f"session-{session_id}", 0, "session.started", user["organization_id"], data)]

        self._store.change(cause, decide)
        return session_id, refresh_id

    def refresh_session(self, cause: Cause, session_id: str, refresh_id: str, *, expires_at: str) -> str:
        """Spend a refresh token; the id of the next one.

        A token that was spent before means that two parties hold it, one of them a thief: the session is revoked for
        both (RFC 9700, 4.14.2), and NotAuthenticated is raised, as for a session that is over.
        """
        next_id = clock.new_id()
        reused = False

        def decide(state: State) -> Sequence[NewEvent]:
            nonlocal reused
            session = state.get("sessions", session_id)
            if session is None or session.get("revoked_at"):
                raise NotAuthenticated("The session is over; sign in again.")
            if session["refresh_id"] != refresh_id:
                reused = True
                return [_revocation(state, session_id, "refresh_token_reused")]
            data = {"refresh_id": next_id, "expires_at": expires_at}
            return [_session_event(state, session_id, "session.refreshed", data)]

        self._store.change(cause, decide)
        if reused:
            raise NotAuthenticated("This refresh token was used before; the session is revoked, sign in again.")
        return next_id

    def end_session(self, cause: Cause, session_id: str) -> None:
        """Revoke a session; one that is over already stays as it is."""

        def decide(state: State) -> Sequence[NewEvent]:
            session = state.get("sessions", session_id)
            return [] if session is None or session.get("revoked_at") else [_revocation(state, session_id, "logout")]

        self._store.change(cause, decide)

    def _seal_password(self, user_id: str, password: str) -> str:
        hashed = bcrypt.hashpw(_bcrypt_input(password), bcrypt.gensalt(self._cost))
        return self._vault.seal(user_id, "password_hash", hashed.decode())


def email_holder(state: State, index: str) -> str | None:
    """The id of the user who has the address with this index; None where nobody has, or not any more."""
    claim = state.get("emails", index)
    return None if claim is None or claim.get("released_at") else str(claim["user_id"])


def require_active(state: State, user_id: str) -> Document:
    """The document of a user who has not been removed or erased by now, whatever was true when the request came."""
    user = state.get("users", user_id)
    if user is None or not user["is_active"]:
        raise NotAuthenticated("The session is over; sign in again.")
    return user


def _bcrypt_input(password: str) -> bytes:
    # bcrypt takes 72 bytes and stops at NUL: a digest in base64 keeps all of a longer password, and holds no NUL
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def _user_event(state: State, user_id: str, event_type: str, sealed: dict[str, str]) -> NewEvent:
    user = require_active(state, user_id)
    return NewEvent(f"user-{user_id}", user["version"], event_type, user["organization_id"], {}, sealed)


def _session_event(state: State, session_id: str, event_type: str, data: dict[str, str]) -> NewEvent:
    session = state.documents["sessions"][session_id]
    return NewEvent(f"session-{session_id}", session["version"], event_type, session["organization_id"], data)


def session_revocations(state: State, user_id: str, reason: str, *, keep: str | None = None) -> list[NewEvent]:
    """The events that end a user's sessions, all but `keep`."""
    return [
        _revocation(state, session_id, reason)
        for session_id, session in state.documents["sessions"].items()
        if session["user_id"] == user_id and session_id != keep and not session.get("revoked_at")
    ]


def _revocation(state: State, session_id: str, reason: str) -> NewEvent:
    return _session_event(state, session_id, "session.revoked", {"reason": reason})
