"""Whose every event is, and what is known of whom, slowly: the calls are gone through one by one, by the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Call = Mapping[str, Any]  # user_id, anonymous_id, previous_id, traits, at, id, change; in the order of arrival


def in_order(calls: Sequence[Call]) -> list[Call]:
    """By the time of the call, of one time by arrival; of several with one id the first to arrive; without the links
    that were undone."""
    seen: set[str] = set()
    kept: list[dict[str, Any]] = []
    for call in calls:
        if call["id"] is None or call["id"] not in seen:
            kept.append({**call, "undone_by": None})
            seen |= {call["id"]} - {None}
    for number, change in enumerate(kept):
        before = [call for call in kept[:number] if _ends(call) == _ends(change) and call.get("change") is None]
        if change.get("change") == "undo":
            for call in before:
                if call["undone_by"] is None:
                    call["undone_by"] = number
        elif change.get("change") == "restore":
            last = max((call["undone_by"] for call in before if call["undone_by"] is not None), default=None)
            for call in before:
                if call["undone_by"] == last:
                    call["undone_by"] = None
    calls_left = [call for call in kept if call.get("change") is None]
    for call in calls_left:
        if call["undone_by"] is not None:
            call |= {"anonymous_id": None, "previous_id": None}
    return sorted(calls_left, key=lambda call: call["at"])


def _ends(call: Call) -> tuple[str, str | None, str | None]:
    return call["user_id"], call["anonymous_id"], call["previous_id"]


def joined_users(calls: Sequence[Call]) -> dict[str, str]:
    """For each user in an alias the one who speaks for the group: groups are lists, whose first one speaks."""
    groups: list[list[str]] = []

    def group_of(user: str) -> list[str]:
        for group in groups:
            if user in group:
                return group
        groups.append([user])
        return groups[-1]

    for call in in_order(calls):
        if call["previous_id"] is not None:
            joined, into = group_of(call["previous_id"]), group_of(call["user_id"])
            if joined is not into:
                into += joined
                groups.remove(joined)
    return {user: group[0] for group in groups for user in group}


def person_of(event: Mapping[str, Any], calls: Sequence[Call]) -> str:
    """The key of the person whose the event is."""
    user = event["user_id"]
    if user is None:
        user = _owner_at(event["anonymous_id"], event["created_at"], calls)
    return f"a{event['anonymous_id']}" if user is None else f"u{joined_users(calls).get(user, user)}"


def traits_of(person: str, calls: Sequence[Call]) -> dict[str, str]:
    """What is known of a person now."""
    users = joined_users(calls)
    known: dict[str, str | None] = {}
    for call in in_order(calls):
        if call["traits"] and person == f"u{users.get(call['user_id'], call['user_id'])}":
            known |= call["traits"]
    return {name: value for name, value in known.items() if value is not None}


def _owner_at(visitor: str, time_us: int, calls: Sequence[Call]) -> str | None:
    owner = None
    for call in in_order(calls):
        if call["anonymous_id"] == visitor and (owner is None or call["at"] <= time_us):
            owner = call["user_id"]
    return owner
