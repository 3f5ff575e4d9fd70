"""Which part of a metric's answer the roll-ups have, which is in events alone, and which nobody can tell any more.

A day is read from its roll-up where nothing asked for cuts through the roll-up's minutes; its events are then those
that came after the roll-up's version. A day of which events have expired can be told from its roll-up alone: what that
does not have is unknown, and never guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.metric_sql import MINUTE_US, Held
from iafa_api.analytics.metrics import Cells, list_segments
from iafa_api.domain.metrics import EVENTS, UNITS, MetricQuestion
from iafa_api.domain.rollups import EVERY, MINUTES, LocalDay
from iafa_api.lake import parquet
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.layout import DAY_US
from iafa_api.lake.manifest_rollups import RollupState, segment_versions

ROLLED_DIMENSIONS = (None, "event_type")


@dataclass(frozen=True, slots=True)
class Reading:
    """`versions` of the days that are read from roll-ups, the `cells` these give, and the places of the periods whose
    figures events and roll-ups together do not tell."""

    versions: Mapping[int, int]
    cells: Cells
    unknown: frozenset[int]


def plan_reading(question: MetricQuestion, state: RollupState) -> Reading:
    """What is read from where, of a state that has every UTC day of the question's range; of first times all days."""
    usable = {}
    metric = question.metric
    if metric.kind == EVENTS and metric.events.filter is None and question.dimension in ROLLED_DIMENSIONS:
        cut = _cut_days(question)
        usable = {
            day: stored
            for day, stored in state.rollups.items()
            if stored.rollup.is_whole and day not in cut[stored.rollup.grain_minutes]
        }
    cells: dict[str, dict[int, int]] = {}
    asked = question.time_range
    starts = [period.start_us for period in question.periods]
    for day, stored in usable.items():
        spans = _spans(question, starts, day)
        for event_type, minutes in stored.rollup.counts.items():
            if metric.events.event_type not in (None, event_type):
                continue
            into = cells.setdefault(EVERY if question.dimension is None else event_type, {})
            for place, count in _add_up(minutes, spans):
                into[place] = into.get(place, 0) + count
    lost = state.gone - usable.keys()
    looks_back = metric.kind == "first_time_users"
    unknown = frozenset(
        place
        for place, period in enumerate(question.periods)
        if (looks_back and lost)
        or any(
            max(period.start_us, asked.start_us, day * DAY_US) < min(period.end_us, asked.end_us, (day + 1) * DAY_US)
            for day in lost
        )
    )
    versions = {day: stored.version for day, stored in usable.items()}
    return Reading(versions, {value: found for value, found in cells.items() if found}, unknown)


def find_local_days(question: MetricQuestion, state: RollupState, unknown: frozenset[int]) -> dict[int, LocalDay]:
    """The kept counts of whole local days, by the place of the period. They hold where no event came since."""
    asked, metric = question.time_range, question.metric
    found: dict[int, LocalDay] = {}
    if metric.kind not in UNITS or metric.events.filter is not None or question.dimension is not None:
        return found
    for place in unknown:
        period = question.periods[place]
        stored = state.rollups.get(period.start_us // DAY_US)
        if stored is None or period.start_us < asked.start_us or period.end_us > asked.end_us:
            continue
        for one in stored.rollup.local_days:
            if (one.start_us, one.end_us) == (period.start_us, period.end_us):
                found[place] = one
    return found


def leave_out(
    engine: DuckdbEngine, root: Path, source: EventSource, added: Mapping[str, int], versions: Mapping[int, int]
) -> tuple[EventSource, Held]:
    """The source without the files that the roll-ups of these versions have, and what they have of the others."""
    left = source.narrow(lambda file: added[file.path] > versions.get(file.day, 0))
    mixed = replace(left.narrow(lambda file: file.day in versions), tail=parquet.empty_table())
    if not mixed.files:
        return left, ()
    bare = replace(mixed, owners=None, aliases=None, traits=None)
    pairs = [pair for pair in list_segments(engine, bare) if pair[0] in versions]
    flushed = segment_versions(root, {name for _, name in pairs})
    return left, [(day, name) for day, name in pairs if flushed[name] <= versions[day]]


def _spans(question: MetricQuestion, starts: Sequence[int], day: int) -> list[tuple[int, int, int]]:
    """The parts of the range in a day, as its first minute and the one after its last, with the period of each."""
    asked = question.time_range
    spans = []
    low, end = max(asked.start_us, day * DAY_US), min(asked.end_us, (day + 1) * DAY_US)
    while low < end:
        place = bisect_right(starts, low) - 1
        high = min(end, question.periods[place].end_us)
        spans.append(((low - day * DAY_US) // MINUTE_US, (high - day * DAY_US) // MINUTE_US, place))
        low = high
    return spans


def _add_up(minutes: Mapping[int, int], spans: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """The events of each span that has any."""
    if len(spans) == 1 and spans[0][:2] == (0, MINUTES):  # by far the most days of long ranges, and ten times as fast
        yield spans[0][2], sum(minutes.values())
        return
    lows = [low for low, _, _ in spans]
    for minute, count in minutes.items():
        at = bisect_right(lows, minute) - 1
        if at >= 0 and minute < spans[at][1]:
            yield spans[at][2], count


def _cut_days(question: MetricQuestion) -> Mapping[int, set[int]]:
    """By a roll-up's minutes, the days in which the range or a period begins or ends between two steps."""
    edges = [question.time_range.start_us, question.time_range.end_us]
    edges += [edge for period in question.periods for edge in (period.start_us, period.end_us)]
    steps: dict[int, set[int]] = {1: set(), 5: set()}
    for grain, days in steps.items():
        days.update(edge // DAY_US for edge in edges if edge % (grain * MINUTE_US))
    return steps
