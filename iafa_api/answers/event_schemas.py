"""What stored events have to say about schemas: which would fail one, and what one would be that they pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from iafa_api import clock
from iafa_api.analytics.event_properties import read_type_use, reading_properties
from iafa_api.answers.questions import Answer, ask_source
from iafa_api.domain.data_view import EVERY_EVENT
from iafa_api.domain.event_schema import EventSchema
from iafa_api.domain.project import Project
from iafa_api.domain.schema_draft import TypeUse
from iafa_api.domain.time_range import TimeRange
from iafa_api.domain.tracked_event import FUTURE_LIMIT_US
from iafa_api.ingest.schema_engine import CompiledSchema, make_validator
from iafa_api.ingest.stored_check import StoredCheck, Verdict
from iafa_api.lake import layout
from iafa_api.lake.event_source import EventSource
from iafa_api.services import Services

DRAFT_DAYS: Final = 30
EXAMPLES_MAX: Final = 5
PLACES_MAX: Final = 200  # that are counted one by one: senders name them
OTHER: Final = "$other"
_ITEM: Final = re.compile(r"(?<=.\.)\d+(?=\.|$)")  # a place in a list: they are counted together


@dataclass(slots=True)
class Count:
    """How many events there are of something, and the ids of the first that were met."""

    events: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, event_id: str) -> None:
        self.events += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(event_id)


@dataclass(slots=True)
class DryRun:
    """How stored events would fare. `failures` by place and rule, `ambiguous` by the property that decides.

    `total` is how many events of the type there are: more than were checked where a sample was asked for.
    """

    time_range: TimeRange
    total: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: {"passes": 0, "fails": 0, "undecided": 0})
    failures: dict[tuple[str, str], Count] = field(default_factory=dict)
    ambiguous: dict[str, Count] = field(default_factory=dict)

    @property
    def checked(self) -> int:
        return sum(self.outcomes.values())

    def take(self, event_id: str, verdict: Verdict) -> None:
        """Count an event."""
        self.outcomes[verdict.outcome] += 1
        for place, rule in {(_ITEM.sub("*", fault.place), fault.rule) for fault in verdict.faults}:
            key = (place, rule) if (place, rule) in self.failures or len(self.failures) < PLACES_MAX else (OTHER, rule)
            self.failures.setdefault(key, Count()).add(event_id)
        for name in verdict.ambiguous:
            key_of_name = name if name in self.ambiguous or len(self.ambiguous) < PLACES_MAX else OTHER
            self.ambiguous.setdefault(key_of_name, Count()).add(event_id)


def dry_run(
    services: Services, project: Project, event_type: str, schema: Mapping[str, Any], *, days: int, sample: int | None
) -> DryRun:
    """Check the stored events of the last `days` (of 24 hours), the newest second included: all, or a sample.

    InvalidInput where the schema is none; QueryTimeout where so many cannot be checked in the time there is.
    """
    unsaved = EventSchema("", project.id, event_type, schema, "observe", 0)
    check = StoredCheck(CompiledSchema(unsaved, make_validator(schema)))
    time_range = _last(days)

    def count(source: EventSource) -> DryRun:
        result = DryRun(time_range)
        with reading_properties(services.engine, source, time_range, event_type, sample) as (total, batches):
            result.total = total
            for event_id, properties in chain.from_iterable(batches):
                result.take(event_id, check.judge(properties))
        return result

    return _ask(services, project, time_range, count)


def read_seen(services: Services, project: Project, event_type: str) -> tuple[TimeRange, TypeUse]:
    """What the events of a type had in the last 30 days."""
    time_range = _last(DRAFT_DAYS)
    found = _ask(
        services, project, time_range, lambda source: read_type_use(services.engine, source, time_range, event_type)
    )
    return time_range, found


def _ask(
    services: Services, project: Project, time_range: TimeRange, answer: Callable[[EventSource], Answer]
) -> Answer:
    return ask_source(
        services, project.id, answer, start_us=time_range.start_us, end_us=time_range.end_us, view=EVERY_EVENT
    )


def _last(days: int) -> TimeRange:
    """So many days of 24 hours until now, and what may lie ahead of it by the senders' clocks."""
    now_us = clock.now_us()
    start_us = now_us - days * layout.DAY_US
    return TimeRange(start_us, now_us + FUTURE_LIMIT_US + 1, clock.format_time(start_us), clock.format_time(now_us))
