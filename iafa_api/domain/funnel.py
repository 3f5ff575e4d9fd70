"""What a funnel is: its stages, their order, the time it may take; and what may be asked of it and answered.

How a document becomes one of these is told in `funnel_json`; the figures are computed in `analytics`. What they mean:
docs/semantics.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.filters import Filter
from iafa_api.domain.time_range import TimeRange

MAX_STAGES: Final = 20  # a stage is a bit of a mask in the engine, and a bar that somebody has to read
ORDERS: Final = ("ordered", "strict", "unordered")
UNIT_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
POLICIES: Final = ("leave", "stop")
COMPLETIONS: Final = ("in_range", "in_window")
ATTRIBUTIONS: Final = ("first_touch", "last_touch", "all_events", "stage")
FIRST_OF_TYPE, FIRST_MATCHING = True, "matching_filter"
OTHER: Final = "$other"  # the row of the values past the limit


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: events of a type (None: of any) that pass a filter. `filter_json` is the filter as it was written.

    An optional stage may be skipped. `first_time_only`: only the person's first event of the type in all history
    (True), or the first of those that pass the filter too ("matching_filter").
    """

    order: int
    name: str
    event_type: str | None
    filter: Filter | None = None
    filter_json: Any = None
    is_optional: bool = False
    first_time_only: bool | str = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Events that void a chain between two of its stages (numbered from 1)."""

    event_type: str | None
    from_stage: int
    to_stage: int
    filter: Filter | None = None
    filter_json: Any = None


@dataclass(frozen=True, slots=True)
class ConversionWindow:
    """The time from a chain's entry to its last event, that moment included."""

    value: int
    unit: str

    @property
    def microseconds(self) -> int:
        return self.value * UNIT_SECONDS[self.unit] * 1_000_000


@dataclass(frozen=True, slots=True)
class FunnelDefinition:
    """Stages in order; without a window a chain may take the whole range.

    `exclusion_policy`: whether a person all of whose furthest chains are void leaves the funnel ("leave"), or stops
    where a shorter chain is clean ("stop").
    """

    stages: tuple[Stage, ...]
    order: str = "ordered"
    window: ConversionWindow | None = None
    exclusions: tuple[Exclusion, ...] = ()
    exclusion_policy: str = "leave"

    @property
    def is_plain(self) -> bool:
        """Whether it is ordered, and every stage must be passed by any of its events."""
        optional = any(stage.is_optional or stage.first_time_only for stage in self.stages)
        return self.order == "ordered" and not self.exclusions and not optional


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A row per value of one to three properties; which value is a person's says `attribution` (traits have none).

    `stage` is the number of the stage that attribution "stage" looks at.
    """

    properties: tuple[str, ...]
    attribution: str = "first_touch"
    stage: int | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Span:
    """Two stages (numbered from 1) that a trend or the time to convert looks at; `bins` of a histogram."""

    from_stage: int
    to_stage: int
    bins: int = 10


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """A funnel asked about a range; `filter` drops events before anything else looks at them.

    `count_by` is None for persons, "session_id", or a property. `completion` "in_window": entries lie in the range, and
    later stages may follow it. `interval` asks for a trend over `span`, `time_to_convert` for that.
    """

    definition: FunnelDefinition
    time_range: TimeRange
    filter: Filter | None
    now_us: int
    count_by: str | None = None
    completion: str = "in_range"
    breakdown: Breakdown | None = None
    interval: str | None = None
    span: Span | None = None
    time_to_convert: Span | None = None


@dataclass(frozen=True, slots=True)
class StageCounts:
    """What the engine counts for one stage: persons who reached it, their times from the stage before, and how many
    stand one stage before it with time left (None for the first stage and without a window)."""

    persons: int
    average_seconds: float | None = None
    median_seconds: float | None = None
    pending: int | None = None


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """The counts by stage, and how many events of the range passed the question's filter."""

    stages: tuple[StageCounts, ...]
    events: int
