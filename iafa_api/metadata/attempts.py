"""Idempotency keys: a POST that is sent again makes nothing anew.

What a request with a key has made is noted in the append that makes it, so there is neither the one without the other,
whichever worker the repeat comes to. Neither the key nor the body can be read from the note: both are keyed hashes.
"""

from __future__ import annotations

from collections.abc import Sequence

from iafa_api import clock
from iafa_api.errors import InvalidInput
from iafa_api.metadata.events import Attempt, NewEvent
from iafa_api.metadata.projections import State

KEPT_US = 24 * 3600 * clock.MICROSECONDS  # what the contract promises; a key that is older may be taken anew


def find_answer(state: State, attempt: Attempt) -> str | None:
    """The stream that answered an attempt before, or None. InvalidInput where it had another body then."""
    known = state.get("attempts", attempt.id)
    if known is None or clock.now_us() - clock.parse_time(known["created_at"]) > KEPT_US:
        return None
    if known["body"] != attempt.body:
        raise InvalidInput("This Idempotency-Key came with another body before: take a new one for a new request.")
    return str(known["made"])


def plan_note(state: State, attempt: Attempt, new: Sequence[NewEvent]) -> NewEvent:
    """The event that says which of the things in `new`, the one made first, answers the attempt."""
    made = next(event for event in new if event.expected_version == 0)
    said = {"body": attempt.body, "made": made.stream}
    version = state.version("attempts", attempt.id)
    return NewEvent(f"attempt-{attempt.id}", version, "attempt.answered", made.organization_id, said)
