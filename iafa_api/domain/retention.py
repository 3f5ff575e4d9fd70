"""What retention asks: who joins a cohort in which period, and who of them comes back in a later one.

`retention_from_json` promises a question that can be answered, or `InvalidInput` whose `errors` name each field that is
wrong. What the figures mean: docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.asked_events import (
    AskedEvents,
    read_count_by,
    read_events,
    read_interval,
    read_whole_number,
)
from iafa_api.domain.faults import Faults, refuse
from iafa_api.domain.filters import Filter, read_filter
from iafa_api.domain.periods import Calendar, Period, last_periods
from iafa_api.domain.time_range import parse_moment, parse_range, zone_named
from iafa_api.domain.value_breakdown import ValueBreakdown, read_value_breakdown

COHORT_RULES: Final = ("recurring", "first_time", "first_in_range")
DEFAULT_PERIODS: Final = 12
PERIODS_MAX: Final = 400  # the matrix has half the square of it: 80,000 cells
OCCURRENCES_MAX: Final = 1_000_000
CELLS_MAX: Final = 500_000  # of all matrices of an answer: some megabytes of JSON


@dataclass(frozen=True, slots=True)
class RetentionQuestion:
    """`periods` are those shown, in order. `count_by` is None for persons, else the column or property that is counted.

    `asked` is the question in JSON, with everything that was left out filled in.
    """

    cohort_event: AskedEvents
    return_event: AskedEvents
    cohort_rule: str
    periods: tuple[Period, ...]
    cumulative: bool
    minimum_occurrences: int
    breakdown: ValueBreakdown | None
    filter: Filter | None
    count_by: str | None
    now_us: int
    asked: Mapping[str, Any] = field(compare=False, default_factory=dict)

    @property
    def looks_from_us(self) -> int | None:
        """The moment from which on events matter; None where all history does."""
        return None if self.cohort_rule == "first_time" else self.periods[0].start_us


def retention_from_json(
    document: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int
) -> RetentionQuestion:
    faults = Faults()
    cohort_event = read_events(document, "cohort_event", faults)
    return_event = read_events(document, "return_event", faults)
    cohort_rule = document.get("cohort_rule") or COHORT_RULES[0]
    if cohort_rule not in COHORT_RULES:
        faults.add(("cohort_rule",), f"Must be one of: {', '.join(COHORT_RULES)}.")
    interval = read_interval(document, faults)
    count = read_whole_number(document, "periods", faults, default=DEFAULT_PERIODS, least=1, most=PERIODS_MAX)
    cumulative = document.get("cumulative") or False
    if cumulative not in (True, False):
        faults.add(("cumulative",), "Must be true or false.")
    least = read_whole_number(document, "minimum_occurrences", faults, default=1, least=1, most=OCCURRENCES_MAX)
    breakdown = read_value_breakdown(document.get("breakdown"), faults)
    if breakdown is not None and count * (count + 1) // 2 * (breakdown.limit + 1) > CELLS_MAX:
        faults.add(("periods",), f"Must be fewer, or the breakdown's limit lower: at most {CELLS_MAX} cells in all.")
    tree = read_filter(document.get("filter"), faults, ("filter",))
    count_by = read_count_by(document, faults)
    faults.require_none()
    calendar = Calendar(zone_named(timezone), interval, week_start)
    last = document.get("last_period_contains")
    if last is None:
        today = parse_range(None, None, timezone=timezone, now_us=now_us)
        last = today.end
    asked = {
        **{name: document[name] for name in ("cohort_event", "return_event")},
        "cohort_rule": cohort_rule,
        "interval": interval,
        "periods": count,
        "last_period_contains": last,
        "cumulative": cumulative,
        "minimum_occurrences": least,
        "breakdown": breakdown and breakdown.json,
        "filter": document.get("filter"),
        "count_by": document.get("count_by") or "users",
    }
    return RetentionQuestion(
        cohort_event,
        return_event,
        cohort_rule,
        last_periods(calendar, count, _moment(last, interval, timezone=timezone, now_us=now_us)),
        cumulative,
        least,
        breakdown,
        tree,
        count_by,
        now_us,
        asked,
    )


def _moment(text: object, interval: str, *, timezone: str, now_us: int) -> int:
    """A moment within the last period: for hours the end of the day or time that is named, else its start."""
    path = "last_period_contains"
    if not isinstance(text, str):
        raise refuse((path,), "Must be a day (2026-01-31) or a time (2026-01-31T10:00:00, or with an offset).")
    last_us = parse_moment(text, path, timezone=timezone)
    is_day = len(text) == len("2026-01-31")
    if interval == "hour" or not is_day:
        return last_us
    return parse_range(text, text, timezone=timezone, now_us=now_us).start_us
