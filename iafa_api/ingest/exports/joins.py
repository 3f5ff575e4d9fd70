"""Who is whom by an export: calls for what its rows say of visitors and users, none for what was said before.

A visitor's first user has all that the visitor ever did, a later one what came after: so a call is needed where the
user changes and where an earlier moment turns up, not for each of a million events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from iafa_api import clock
from iafa_api.domain import tracked_event as rules
from iafa_api.ingest.doors.messages import Message
from iafa_api.ingest.identity_calls import ALIAS, IDENTIFY


class _Told(NamedTuple):
    """Of a visitor: the user last told, since when, and until when the rows since then are theirs."""

    user: str
    from_us: int
    until_us: int


@dataclass(slots=True)
class Joins:
    """For the rows of one export, in the order in which they stand in it."""

    _told: dict[str, _Told] = field(default_factory=dict)
    _traits: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def seen_together(self, visitor: Any, user: Any, time_us: int, event_id: str) -> list[Message]:
        """A row that names a visitor and a user."""
        if not (isinstance(visitor, str) and isinstance(user, str) and visitor and user):
            return []
        told = self._told.get(visitor)
        if told is not None and told.user == user and time_us >= told.from_us:
            self._told[visitor] = told._replace(until_us=max(time_us, told.until_us))
            return []
        self._told[visitor] = _Told(user, time_us, time_us)
        calls = [_identify(visitor, user, time_us, f"join:{event_id}")]
        if told is not None and told.user != user and told.from_us < told.until_us and time_us <= told.until_us:
            # The rows are not in the order of time: the former user is named after this one as well.
            calls.append(_identify(visitor, told.user, told.until_us, f"former:{event_id}"))
        return calls

    def traits(self, user: Any, traits: Any, time_us: int, event_id: str) -> list[Message]:
        """A row that says what is known of a user."""
        if not (isinstance(user, str) and user and isinstance(traits, dict) and traits):
            return []
        if self._traits.get(user) == traits:
            return []
        self._traits[user] = traits
        fields = {"id": _call_id(f"traits:{event_id}"), "user_id": user, "traits": traits}
        return [Message({**fields, "timestamp": clock.format_time(time_us)}, IDENTIFY)]


def same_person(former: Any, user: Any, time_us: int, event_id: str) -> list[Message]:
    """A row that says of two ids that they are one person: `former` may stand for a visitor or for a user."""
    if not (isinstance(former, str) and isinstance(user, str) and former and user) or former == user:
        return []
    fields = {"id": _call_id(f"alias:{event_id}"), "previous_id": former, "user_id": user}
    return [
        _identify(former, user, time_us, f"identify:{event_id}"),
        Message({**fields, "timestamp": clock.format_time(time_us)}, ALIAS),
    ]


def _identify(visitor: str, user: str, time_us: int, call_id: str) -> Message:
    fields = {"id": _call_id(call_id), "anonymous_id": visitor, "user_id": user}
    return Message({**fields, "timestamp": clock.format_time(time_us)}, IDENTIFY)


def _call_id(text: str) -> str:
    return text[: rules.ID_MAX]
