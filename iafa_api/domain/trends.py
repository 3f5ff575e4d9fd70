"""What trends ask: figures of series of events by period, formulas over them, and their breakdown by values.

`trends_from_json` promises a question that can be answered, or `InvalidInput` whose `errors` name each field that is
wrong. What the figures mean: docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.asked_events import AskedEvents, read_events_at, read_interval, read_whole_number
from iafa_api.domain.comparison import compared_range, read_comparison
from iafa_api.domain.faults import MISSING, Faults, refuse
from iafa_api.domain.filters import Filter, is_property, read_filter
from iafa_api.domain.formulas import LETTERS, Formula, parse_formula
from iafa_api.domain.periods import MAX_PERIODS, Calendar, Period, periods_between
from iafa_api.domain.time_range import TimeRange, parse_range, zone_named
from iafa_api.domain.value_breakdown import ValueBreakdown, read_value_breakdown
from iafa_api.errors import InvalidInput

COUNTS: Final = ("events", "users", "sessions", "first_time_users")
OF_NUMBERS: Final = ("sum", "average", "min", "max", "median", "p90")
SERIES_MAX: Final = len(LETTERS)
FORMULAS_MAX: Final = 20
CELLS_MAX: Final = 500_000  # of an answer's breakdown: some megabytes of JSON
_OF: Final = " of properties."
_MEASURE: Final = f"Must be one of: {', '.join(COUNTS)}; or such as sum of properties.amount ({', '.join(OF_NUMBERS)})."


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted of events: one of COUNTS, or one of OF_NUMBERS of the numbers that a property has."""

    kind: str
    property_name: str | None = None

    @property
    def of_nothing(self) -> int | float | None:
        """The figure where there is no event."""
        return 0 if self.kind in COUNTS else 0.0 if self.kind == "sum" else None


@dataclass(frozen=True, slots=True)
class Series:
    """A measure of some events."""

    events: AskedEvents
    measure: Measure


@dataclass(frozen=True, slots=True)
class TrendsQuestion:
    """`periods` are those that the range touches, in order; events outside the range do not count in them.

    `previous` is the same question about the range that is compared with. `asked` is the question in JSON, with
    everything that was left out filled in.
    """

    series: tuple[Series, ...]
    time_range: TimeRange
    periods: tuple[Period, ...]
    formulas: tuple[Formula, ...] = ()
    breakdown: ValueBreakdown | None = None
    moving_average: int | None = None
    filter: Filter | None = None
    previous: TrendsQuestion | None = None
    asked: Mapping[str, Any] = field(compare=False, default_factory=dict)

    @property
    def looks_back(self) -> bool:
        """Whether all history matters, and not the range alone."""
        return any(series.measure.kind == "first_time_users" for series in self.series)


def trends_from_json(document: Mapping[str, Any], *, timezone: str, week_start: str, now_us: int) -> TrendsQuestion:
    faults = Faults()
    series = _read_series(document.get("series"), faults)
    interval = read_interval(document, faults)
    breakdown = read_value_breakdown(document.get("breakdown"), faults)
    formulas = _read_formulas(document.get("formulas"), len(series), faults)
    average = None
    if document.get("moving_average") is not None:
        average = read_whole_number(document, "moving_average", faults, default=1, least=1, most=MAX_PERIODS)
    tree = read_filter(document.get("filter"), faults, ("filter",))
    compare = read_comparison(document.get("compare"), faults)
    faults.require_none()
    start, end = document.get("start_date"), document.get("end_date")
    time_range = parse_range(start, end, timezone=timezone, now_us=now_us)
    calendar = Calendar(zone_named(timezone), interval, week_start)
    asked = {
        "series": [
            {
                "event_type": one.get("event_type"),
                "filter": one.get("filter"),
                "measure": one.get("measure") or COUNTS[0],
            }
            for one in document["series"]
        ],
        "interval": interval,
        "formulas": [formula.text for formula in formulas],
        "breakdown": breakdown and breakdown.json,
        "moving_average": average,
        "compare": document.get("compare"),
        "filter": document.get("filter"),
        "start_date": time_range.start,
        "end_date": time_range.end,
    }

    def about(asked_range: TimeRange, previous: TrendsQuestion | None) -> TrendsQuestion:
        periods = periods_between(calendar, asked_range.start_us, asked_range.end_us)
        rows = 0 if breakdown is None else (breakdown.limit + 1) * (1 if formulas else len(series))
        if rows * len(periods) > CELLS_MAX:
            raise refuse(("breakdown", "limit"), f"Must be lower, or the interval longer: at most {CELLS_MAX} figures.")
        return TrendsQuestion(series, asked_range, periods, formulas, breakdown, average, tree, previous, asked)

    previous = None
    if compare is not None:
        previous = about(compared_range(time_range, compare, timezone=timezone, now_us=now_us), None)
    return about(time_range, previous)


def _read_series(document: object, faults: Faults) -> tuple[Series, ...]:
    if document is None:
        faults.add(("series",), MISSING)
        return ()
    if not isinstance(document, list) or not 1 <= len(document) <= SERIES_MAX:
        faults.add(("series",), f"Must be a list of 1 to {SERIES_MAX} series.")
        return ()
    found = []
    for place, one in enumerate(document):
        path = ("series", str(place))
        if not isinstance(one, Mapping):
            faults.add(path, "Must be a mapping with event_type, and filter and measure if need be.")
            continue
        events = read_events_at(one, faults, path, beside=frozenset({"measure"}))
        found.append(Series(events, read_measure(one.get("measure"), faults, (*path, "measure"))))
    return tuple(found)


def read_measure(document: object, faults: Faults, path: tuple[str, ...]) -> Measure:
    """The measure that a text names; the count of events where there is none."""
    if document is None:
        return Measure(COUNTS[0])
    if isinstance(document, str):
        if document in COUNTS:
            return Measure(document)
        kind, of, name = document.partition(_OF)
        if kind in OF_NUMBERS and of and is_property(f"properties.{name}"):
            return Measure(kind, f"properties.{name}")
    faults.add(path, _MEASURE)
    return Measure(COUNTS[0])


def _read_formulas(document: object, series_count: int, faults: Faults) -> tuple[Formula, ...]:
    if document is None or not series_count:
        return ()
    if not isinstance(document, list) or len(document) > FORMULAS_MAX:
        faults.add(("formulas",), f"Must be a list of at most {FORMULAS_MAX} formulas.")
        return ()
    found = []
    for place, text in enumerate(document):
        path = ("formulas", str(place))
        if not isinstance(text, str):
            faults.add(path, "Must be a text such as A / B.")
            continue
        try:
            found.append(parse_formula(text, series_count, path))
        except InvalidInput as fault:
            faults.add(path, fault.message)
    return tuple(found)
