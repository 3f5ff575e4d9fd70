"""Erasing a person from a log that never changes: what the log says is erased has no key, after any crash.

An erasure is two steps: the log says so (`user.erased`, or an invitation that was revoked), then the key is destroyed.
The log comes first, because a destroyed key that nobody speaks of would be a damaged account; a crash between the two
leaves a key too many, which the next start or the next sweep destroys.
"""

from __future__ import annotations

from iafa_api.metadata.projections import State
from iafa_api.metadata.vault import Vault


def erased_persons(state: State) -> set[str]:
    """The ids of all whose personal fields must not be readable any more."""
    withdrawn = {
        document["user_id"] for document in state.documents["invitations"].values() if document.get("revoked_at")
    }
    erased = {user_id for user_id, user in state.documents["users"].items() if user.get("erased_at")}
    return erased | withdrawn


def finish_erasures(state: State, vault: Vault) -> list[str]:
    """Destroy the keys of the erased that are still there; whose they were. Again is harmless, at any time.

    `state` must be durable: a key that was destroyed for a change that is then lost could not be made again.
    """
    left = sorted(erased_persons(state).intersection(vault.list_persons()))
    for person_id in left:
        vault.destroy_person(person_id)
    return left
