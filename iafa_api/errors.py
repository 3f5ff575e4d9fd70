"""The error family: each error that a caller can cause or must handle, with a stable code.

A message is one sentence that says what would be right; `errors` names the fields, nested as they are
(`{"stages": {"0": {"event_type": ["…"]}}}`). The HTTP edge maps a class to a status and says where the fields stood
(body, query); nothing below it knows about HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class IafaError(Exception):
    """Something the caller is told about. Not for bugs: those stay what Python raises."""

    code = "error"

    def __init__(self, message: str, *, errors: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.errors = dict(errors) if errors else None


class InvalidInput(IafaError):
    """The request is understood and wrong; `errors` names the fields."""

    code = "invalid_input"


class Malformed(IafaError):
    """The request cannot be read at all (not JSON, not gzip)."""

    code = "malformed"


class SenderTooSlow(IafaError):
    """The request did not come to its end in the time there is for it."""

    code = "sender_too_slow"


class TooLarge(IafaError):
    """More bytes or events than one request may carry."""

    code = "too_large"


class NotAuthenticated(IafaError):
    """Nobody known is asking."""

    code = "not_authenticated"


class NotAllowed(IafaError):
    """Somebody known is asking for what their role or origin may not do."""

    code = "not_allowed"


class NotFound(IafaError):
    """It does not exist, or belongs to another organisation: the two are told apart for nobody."""

    code = "not_found"


class NotOwned(NotFound):
    """It belongs to another organisation. Answered like any NotFound, in the same words; only the audit hears of it."""


class Conflict(IafaError):
    """The change contradicts what is there (an address that is taken)."""

    code = "conflict"


class Repeated(IafaError):
    """It was done before, by the same request; `stream` is what it made. Answered as it was then."""

    code = "repeated"

    def __init__(self, message: str, *, stream: str) -> None:
        super().__init__(message)
        self.stream = stream


class StaleVersion(IafaError):
    """The caller decided on an older version than the one that is there now."""

    code = "stale_version"


class VersionRequired(IafaError):
    """A change of a versioned resource without saying which version it changes."""

    code = "version_required"


class TryLater(IafaError):
    """Right, but not now."""

    code = "try_later"

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyRequests(TryLater):
    """A limit was overdrawn."""

    code = "too_many_requests"


class Unavailable(TryLater):
    """The disk, the buffer or the log cannot take it now; nothing was written."""

    code = "unavailable"


class QueryTimeout(IafaError):
    """A question took longer than the time-out allows."""

    code = "query_timeout"


class SettingsError(IafaError):
    """A setting is unknown or not of its type; the program does not start."""

    code = "settings"


class BrokenData(IafaError):
    """Stored bytes contradict themselves; a person has to look (`detail` is for the log, never for a client)."""

    code = "broken_data"
