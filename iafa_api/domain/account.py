"""Who may do what: users, organisations, roles and the rules for addresses and passwords."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from iafa_api.errors import InvalidInput, NotAllowed

ROLES = ("owner", "admin", "analyst", "viewer")  # each may do all that those after it may
EMAIL_MAX = 254  # RFC 5321, 4.5.3.1.3: what fits in a forward path
NAME_MAX = 200
PASSWORD_MIN = 8  # NIST SP 800-63B, 5.1.1.2
PASSWORD_MAX = 1000  # hashing is linear in it: a bound against costly requests
INVITATION_DAYS = 7  # a link that lies in some inbox lets whoever finds it in: long enough for a holiday week, no more
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)*")


@dataclass(frozen=True, slots=True)
class User:
    """Who signs in, or once did, as far as that is nobody's secret."""

    id: str
    organization_id: str
    role: str
    is_active: bool
    created_at: str
    updated_at: str
    version: int
    removed_at: str | None
    erased_at: str | None

    @property
    def status(self) -> str:
        """What became of them: active, removed, or erased."""
        return "erased" if self.erased_at else "removed" if self.removed_at else "active"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An address that may register as a member; `user_id` is who it will be then."""

    id: str
    organization_id: str
    user_id: str
    role: str
    invited_by: str
    expires_at: str
    created_at: str


@dataclass(frozen=True, slots=True)
class PersonalFields:
    """What is kept sealed of a user; None once the person was erased."""

    email: str | None
    full_name: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in and the refresh tokens that grew out of it; `refresh_id` is the one that is good now."""

    id: str
    user_id: str
    refresh_id: str
    expires_at: str
    revoked_at: str | None


def normalize_email(email: str) -> str:
    """The form in which two spellings of one address are equal."""
    return email.strip().casefold()


def require_email(email: str) -> str:
    """The address without the blanks around it. Whether it exists only a letter can tell."""
    email = email.strip()
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        raise InvalidInput("The e-mail address is not valid.", errors={"email": ["Not a valid address."]})
    return email


def require_password(password: str) -> None:
    """A password that can be accepted: long enough, not endless. No rules of composition (NIST SP 800-63B)."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        message = f"Must have {PASSWORD_MIN} to {PASSWORD_MAX} characters."
        raise InvalidInput("The password cannot be used.", errors={"password": [message]})


def require_role(role: str, least: str) -> None:
    """Refuse whoever may do less than `least`."""
    if ROLES.index(role) > ROLES.index(least):
        raise NotAllowed(f"This needs the role {least}; yours is {role}.")


def may_manage(role: str, other: str) -> bool:
    """Whether a member with `role` may give, change and take away the role `other`: owners may every one, admins those
    below their own."""
    return role == "owner" or (role == "admin" and ROLES.index(other) > ROLES.index(role))


def require_may_manage(role: str, other: str) -> None:
    """Refuse whoever may not manage members with the role `other`."""
    if not may_manage(role, other):
        raise NotAllowed(f"Your role is {role}: you cannot give the role {other}, nor manage a member who has it.")


def require_not_upward(now: str, new: str) -> None:
    """Refuse a member who would give themselves a role that may more."""
    if ROLES.index(new) < ROLES.index(now):
        raise NotAllowed(f"Your role is {now}: another member has to make you {new}.")


def hash_token(token: str) -> str:
    """What is kept of a token; it holds 256 random bits, so that no salt and no slow hash are needed."""
    return hashlib.sha256(token.encode()).hexdigest()
