"""Who is whom by an export: calls for what its rows say of visitors and users, none for what was said before.

A visitor's first user has all that the visitor ever did, a later one what came after: so a call is needed where the
user changes and where a row turns up that is earlier than what was told, not for each of a million events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from iafa_api import clock
from iafa_api.domain import tracked_event as rules
from iafa_api.ingest.doors.messages import Message
from iafa_api.ingest.identity_calls import ALIAS, IDENTIFY


@dataclass(slots=True)
class _Course:
    """The newest value of something, when it was last told, and the newest row that has it; microseconds."""

    value: Any
    told_us: int
    newest_us: int


@dataclass(slots=True)
class Joins:
    """For the rows of one export, which need not be in the order of time."""

    _users: dict[str, _Course] = field(default_factory=dict)  # by visitor
    _traits: dict[str, _Course] = field(default_factory=dict)  # by user
    _trait_names: dict[str, set[str]] = field(default_factory=dict)

    def seen_together(self, visitor: Any, user: Any, time_us: int, event_id: str) -> list[Message]:
        """A row that names a visitor and a user."""
        if not (isinstance(visitor, str) and isinstance(user, str) and visitor and user):
            return []
        return [
            _call(IDENTIFY, at_us, f"join{place}:{event_id}", anonymous_id=visitor, user_id=told)
            for place, (told, at_us) in enumerate(_news(self._users, visitor, user, time_us))
        ]

    def traits(self, user: Any, traits: Any, time_us: int, event_id: str) -> list[Message]:
        """A row that says what is known of a user."""
        if not (isinstance(user, str) and user and isinstance(traits, dict) and traits):
            return []
        self._trait_names.setdefault(user, set()).update(traits)
        return [
            _call(IDENTIFY, at_us, f"traits{place}:{event_id}", user_id=user, traits=told)
            for place, (told, at_us) in enumerate(_news(self._traits, user, traits, time_us))
        ]

    def first_traits(self, user: Any, traits: Any, time_us: int, event_id: str) -> list[Message]:
        """A row that says of a user what is only to be kept where nothing is known yet."""
        if not (isinstance(user, str) and user and isinstance(traits, dict)):
            return []
        known = self._trait_names.setdefault(user, set())
        new = {name: value for name, value in traits.items() if name not in known}
        known.update(new)
        return [_call(IDENTIFY, time_us, f"first:{event_id}", user_id=user, traits=new)] if new else []


def same_person(former: Any, user: Any, time_us: int, event_id: str) -> list[Message]:
    """A row that says of two ids that they are one person: `former` may stand for a visitor or for a user."""
    if not (isinstance(former, str) and isinstance(user, str) and former and user) or former == user:
        return []
    return [
        _call(IDENTIFY, time_us, f"identify:{event_id}", anonymous_id=former, user_id=user),
        _call(ALIAS, time_us, f"alias:{event_id}", previous_id=former, user_id=user),
    ]


def _news(courses: dict[str, _Course], key: str, value: Any, time_us: int) -> list[tuple[Any, int]]:
    """What has to be told now that a row of this time has this value: values with their moments."""
    course = courses.get(key)
    if course is None or (time_us >= course.newest_us and value != course.value):
        courses[key] = _Course(value, time_us, time_us)
        return [(value, time_us)]
    if value == course.value and time_us >= course.told_us:
        course.newest_us = max(course.newest_us, time_us)
        return []
    if time_us < course.told_us:  # before all that is known of the newest value
        return [(value, time_us)]
    course.told_us = course.newest_us  # amid it: the newest value counts again from its newest row on
    return [(value, time_us), (course.value, course.newest_us)]


def _call(kind: str, time_us: int, call_id: str, **fields: Any) -> Message:
    return Message({"id": call_id[: rules.ID_MAX], **fields, "timestamp": clock.format_time(time_us)}, kind)
