"""What a cohort is: the persons who did something so often, and combinations of such groups.

A definition is a condition, or a tree of `{"all": […]}`, `{"any": […]}` and `{"not": …}`. A condition is a saved
filter, `{"filter": F}`: persons with an event that passes it; or behavioural, `{"event_type": E, "filter": F,
"at_least": n, "last_days": d}`: persons with n such events (1 if it is left out) in the last d local days, today
included, or in a range (`start_date`, and `end_date` unless it is today) in place of them, or ever. `{"not": …}` are
the other persons who have an event at all.

`cohort_from_json` promises a definition within the bounds below, or `InvalidInput` whose `errors` name each fault by
its place. `to_json` gives the one stored form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from iafa_api import clock
from iafa_api.domain import filters
from iafa_api.domain.asked_events import AskedEvents, read_events_at, read_whole_number
from iafa_api.domain.faults import Faults, Path
from iafa_api.domain.time_range import TimeRange, local_day, parse_range, zone_named
from iafa_api.errors import InvalidInput

DEPTH_MAX: Final = 8
CONDITIONS_MAX: Final = 50  # each is a look at the events of its time
TIMES_MAX: Final = 1_000_000
DAYS_MAX: Final = 36_500
NEVER: Final = "9999-12-31T23:59:59.999999Z"  # no event is taken that lies more than a day ahead
WHEN: Final = ("last_days", "start_date", "end_date")
_BESIDE: Final = frozenset({"at_least", *WHEN})
_COMBINED: Final = ("all", "any", "not")


@dataclass(frozen=True, slots=True)
class Did:
    """Persons with at least `at_least` of these events: in the last days, or from `start` to `end`, or ever."""

    events: AskedEvents
    at_least: int
    last_days: int | None
    start: str | None
    end: str | None
    json: Mapping[str, Any]
    path: Path = field(default=(), compare=False)

    def time_range(self, *, timezone: str, now_us: int) -> TimeRange | None:
        """When the events must lie, for a question that is asked now; None: ever."""
        if self.last_days is not None:
            first = local_day(now_us, zone_named(timezone)) - timedelta(days=self.last_days - 1)
            return parse_range(first.isoformat(), None, timezone=timezone, now_us=now_us)
        if self.start is None:
            return None
        return parse_range(self.start, self.end, timezone=timezone, now_us=now_us)


@dataclass(frozen=True, slots=True)
class Combined:
    """`how` is one of all, any and not, which has one part."""

    how: str
    parts: tuple[Cohort, ...]


Cohort = Did | Combined


def cohort_from_json(document: object, *, timezone: str, now_us: int) -> Cohort:
    faults = Faults()
    cohort = _read(document, ("definition",), 1, faults)
    if cohort is not None and sum(1 for _ in conditions(cohort)) > CONDITIONS_MAX:
        faults.add(("definition",), f"A cohort has at most {CONDITIONS_MAX} conditions.")
    faults.require_none()
    assert cohort is not None
    for condition in conditions(cohort):
        try:
            condition.time_range(timezone=timezone, now_us=now_us)
        except InvalidInput as refused:
            for name in refused.errors or ():
                faults.add((*condition.path, name), refused.message)
    faults.require_none()
    return cohort


def freeze(cohort: Cohort, *, timezone: str, now_us: int) -> Cohort:
    """The same cohort for a question that is asked now: every range is one of moments."""
    if isinstance(cohort, Combined):
        return Combined(cohort.how, tuple(freeze(part, timezone=timezone, now_us=now_us) for part in cohort.parts))
    time_range = cohort.time_range(timezone=timezone, now_us=now_us)
    if time_range is None:
        return cohort
    start, end = clock.format_time(time_range.start_us), clock.format_time(time_range.end_us - 1)
    if time_range.start_us == time_range.end_us:  # a day that the clock left out: there are no two ends to name
        start = end = NEVER
    said = {name: value for name, value in cohort.json.items() if name not in WHEN}
    json = {**said, "start_date": start, "end_date": end}
    return replace(cohort, last_days=None, start=start, end=end, json=json)


def reach(cohort: Cohort) -> tuple[int | None, int | None]:
    """The range that a frozen cohort looks at, in microseconds, its end not included; None: whatever there is."""
    if isinstance(cohort, Combined) and cohort.how == "not":
        return None, None  # it is about whoever has an event
    if isinstance(cohort, Did):
        time_range = cohort.time_range(timezone="UTC", now_us=0)
        return (None, None) if time_range is None else (time_range.start_us, time_range.end_us)
    starts, ends = zip(*map(reach, cohort.parts), strict=True)
    return None if None in starts else min(starts), None if None in ends else max(ends)


def conditions(cohort: Cohort) -> Iterator[Did]:
    """All conditions, from left to right."""
    if isinstance(cohort, Did):
        yield cohort
    else:
        for part in cohort.parts:
            yield from conditions(part)


def to_json(cohort: Cohort) -> dict[str, Any]:
    if isinstance(cohort, Did):
        return dict(cohort.json)
    parts = [to_json(part) for part in cohort.parts]
    return {cohort.how: parts[0] if cohort.how == "not" else parts}


def _read(document: object, path: Path, depth: int, faults: Faults) -> Cohort | None:
    if not isinstance(document, Mapping) or not document:
        faults.add(
            path, 'Must be such as {"event_type": "purchase", "at_least": 2, "last_days": 30}, or all, any, not.'
        )
        return None
    how = next((name for name in _COMBINED if name in document), None)
    if how is None:
        return _read_condition(document, path, faults)
    if depth > DEPTH_MAX:
        faults.add(path, f"A cohort nests at most {DEPTH_MAX} levels deep.")
        return None
    for name in document.keys() - {how}:
        faults.add((*path, str(name)), f"Must be left out beside {how}.")
    inner, path = document[how], (*path, how)
    if how == "not":
        part = _read(inner, path, depth + 1, faults)
        return None if part is None else Combined(how, (part,))
    if not isinstance(inner, list) or not 1 <= len(inner) <= CONDITIONS_MAX:
        faults.add(path, f"Must be a list of 1 to {CONDITIONS_MAX} cohorts.")
        return None
    parts = [_read(each, (*path, str(place)), depth + 1, faults) for place, each in enumerate(inner)]
    return Combined(how, tuple(part for part in parts if part is not None))


def _read_condition(document: Mapping[Any, Any], path: Path, faults: Faults) -> Did:
    named = dict(document)
    if document.get("filter") is not None:
        named.setdefault("event_type", None)  # a saved filter is about events of any type
    events = read_events_at(named, faults, path, beside=_BESIDE)
    at_least = read_whole_number(named, "at_least", faults, default=1, least=1, most=TIMES_MAX, path=path)
    days = named.get("last_days")
    if days is not None:
        days = read_whole_number(named, "last_days", faults, default=1, least=1, most=DAYS_MAX, path=path)
    start, end = (_read_day(named, name, path, faults) for name in ("start_date", "end_date"))
    if days is not None and (start or end):
        faults.add((*path, "last_days"), "Must be left out beside start_date and end_date.")
    if end is not None and start is None:
        faults.add((*path, "start_date"), "Must be given with end_date.")
    if any(one.property == filters.COHORT for one in filters.conditions(events.filter)):
        faults.add((*path, "filter"), "Must name no cohort: combine their conditions with all, any and not.")
    json = {"event_type": events.event_type, "filter": named.get("filter"), "at_least": at_least}
    when = dict(zip(WHEN, (days, start, end), strict=True))
    told = {name: value for name, value in when.items() if value is not None}
    return Did(events, at_least, days, start, end, {**json, **told}, path)


def _read_day(document: Mapping[Any, Any], name: str, path: Path, faults: Faults) -> str | None:
    value = document.get(name)
    if value is None or isinstance(value, str):
        return value
    faults.add((*path, name), "Must be a day (2026-01-31) or a time (2026-01-31T10:00:00, or with an offset).")
    return None
