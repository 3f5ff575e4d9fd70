"""How many events a minute may be of one person, where the settings say so.

A request is admitted while the buckets of all its persons are above zero, and may overdraw them; else all of it waits:
nothing of it is lost, and its ids make the repeat harmless. A person is who an event says it is of: `user_id`, else
`anonymous_id`, by project.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from iafa_api.errors import TooManyRequests
from iafa_api.ingest.event_body import EventBody
from iafa_api.rest.buckets import Buckets

Charge = tuple[str, float, int]  # a bucket, how much, and how much it gets a minute


class PersonLimits:
    """`per_minute` 0 is no limit, and costs nothing."""

    def __init__(self, buckets: Buckets, per_minute: int) -> None:
        self._buckets = buckets
        self._per_minute = per_minute

    def require(self, project_id: str, events: Sequence[EventBody]) -> None:
        """TooManyRequests where one of the events' persons has sent too many."""
        for bucket, _, per_minute in self.charges(project_id, events):
            if wait := self._buckets.look(bucket, per_minute=per_minute).wait_seconds:
                raise TooManyRequests("There are too many events of one person; wait.", retry_after_seconds=wait)

    def charges(self, project_id: str, events: Sequence[EventBody]) -> list[Charge]:
        """What these events cost their persons."""
        if not self._per_minute:
            return []
        persons = Counter(
            [f"u:{event.user_id}" if event.user_id is not None else f"a:{event.anonymous_id}" for event in events]
        )
        return [(f"person:{project_id}:{person}", count, self._per_minute) for person, count in persons.items()]
