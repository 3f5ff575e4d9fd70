"""Which part of a metric's answer the roll-ups have, which is in events alone, and which nobody can tell any more.

A day is read from its roll-up where nothing asked for cuts through the roll-up's minutes; its events are then those
that came after the roll-up's version. A day of which events have expired can be told from its roll-up alone: what that
does not have is unknown, and never guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.metric_sql import MINUTE_US, Held
from iafa_api.analytics.metrics import NOTHING_ROLLED, MetricLine, Rolled, list_segments
from iafa_api.domain.amounts import NOTHING, Amount, add_up
from iafa_api.domain.metrics import EVENTS, UNITS, MetricQuestion
from iafa_api.domain.rolled_figures import TYPE_DIMENSIONS, RolledFigure, rolled_figure
from iafa_api.domain.rollups import COARSE_MINUTES, EVERY, HOUR_MINUTES, MINUTES, DayRollup, FigureDay, LocalDay
from iafa_api.lake import parquet
from iafa_api.lake.event_source import EventSource
from iafa_api.lake.layout import DAY_US
from iafa_api.lake.manifest_rollups import RollupState, StoredFigure, StoredRollup, segment_versions

KeptDay = tuple[Mapping[str, int], bool]  # distinct persons or sessions by value, and whether there were more values


@dataclass(frozen=True, slots=True)
class Reading:
    """`versions` of the days that are read from roll-ups, what these give (`rolled`), and what nobody can tell.

    `unknown` are the places of the periods whose figures events and roll-ups together do not tell. Of the periods
    `partial` the figures of these values are told, and of those in `apart` no values can be put together.
    """

    versions: Mapping[int, int] = field(default_factory=dict)
    rolled: Rolled = NOTHING_ROLLED
    unknown: frozenset[int] = frozenset()
    partial: Mapping[int, frozenset[str]] = field(default_factory=dict)
    apart: frozenset[int] = frozenset()


def is_rolled_up(question: MetricQuestion) -> bool:
    """Whether the roll-ups of event types have what is asked for."""
    metric = question.metric
    return metric.kind == EVENTS and metric.events.filter is None and question.dimension in TYPE_DIMENSIONS


def figure_asked(question: MetricQuestion) -> RolledFigure | None:
    """The defined figure whose roll-ups have what is asked for; None where there is none, or none is needed."""
    return rolled_figure(question.metric, question.dimension)


def is_by_hour(question: MetricQuestion) -> bool:
    """Whether no period that is asked for cuts through an hour of UTC."""
    return not any(edge % (HOUR_MINUTES * MINUTE_US) for edge in _edges(question))


def plan_reading(question: MetricQuestion, state: RollupState) -> Reading:
    """What is read from where, of a state that has every UTC day of the question's range; of first times all days."""
    figure = figure_asked(question)
    usable = _usable_days(question, state, figure)
    cells: dict[str, dict[int, Amount]] = {}
    rest: dict[int, Amount] = {}
    partial: dict[int, frozenset[str]] = {}
    starts = [period.start_us for period in question.periods]
    for day, stored in usable.items():
        spans = _spans(question, starts, day)
        for value, minutes, add in _kept_cells(question, stored.rollup):
            into = cells.setdefault(value, {})
            for place, amount in _add_up(minutes, spans, add):
                into[place] = add_up((into.get(place, NOTHING), amount))
        if isinstance(stored.rollup, FigureDay) and stored.rollup.rest:
            for place, amount in _add_up(stored.rollup.rest, spans, add_up):
                rest[place] = add_up((rest.get(place, NOTHING), amount))
            told = frozenset(stored.rollup.cells)
            partial |= {place: partial.get(place, told) & told for _, _, place in spans}
    rolled = Rolled({value: found for value, found in cells.items() if found}, rest)
    versions = {day: stored.version for day, stored in usable.items()}
    return Reading(versions, rolled, _unknown(question, state.gone - usable.keys()), partial)


def with_local_days(reading: Reading, days: Mapping[int, KeptDay]) -> Reading:
    """The same with what was kept of local days, by the place of the period, before their events expired."""
    cells: dict[str, dict[int, Amount]] = {}
    rest: dict[int, Amount] = {}
    partial = {}
    for place, (found, is_cut) in days.items():
        for value, count in found.items():
            cells.setdefault(value, {})[place] = count, 0
        if is_cut:  # there are others, and nobody can tell how many
            partial[place] = frozenset(found)
            rest[place] = NOTHING
    return replace(
        reading,
        rolled=Rolled(cells, rest, tuple(days)),
        unknown=reading.unknown - days.keys(),
        partial=partial,
        apart=frozenset(days),
    )


def find_local_days(question: MetricQuestion, state: RollupState, unknown: frozenset[int]) -> dict[int, KeptDay]:
    """The kept counts of whole local days, by the place of the period. They hold where no event came since."""
    asked = question.time_range
    found: dict[int, KeptDay] = {}
    if question.metric.kind not in UNITS:
        return found
    for place in unknown:
        period = question.periods[place]
        stored = state.rollups.get(period.start_us // DAY_US)
        if stored is None or period.start_us < asked.start_us or period.end_us > asked.end_us:
            continue
        for one in stored.rollup.local_days:
            kept = _figures_of(question, one)
            if kept is not None and (one.start_us, one.end_us) == (period.start_us, period.end_us):
                found[place] = kept
    return found


def find_untold(reading: Reading, line: MetricLine, lines: Collection[MetricLine]) -> frozenset[int]:
    """The places of the periods in which nobody can tell a line's figure any more."""
    if not line.is_rest:
        return reading.unknown | {place for place, told in reading.partial.items() if line.value not in told}
    shown = {one.value for one in lines if not one.is_rest}
    mixed = {place for place, told in reading.partial.items() if place in reading.apart or not shown <= told}
    return reading.unknown | mixed | {place for place in reading.apart if line.data[place]}


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


def _usable_days(
    question: MetricQuestion, state: RollupState, figure: RolledFigure | None
) -> Mapping[int, StoredRollup | StoredFigure]:
    cut = _cut_days(question)
    if is_rolled_up(question):
        return {
            day: stored
            for day, stored in state.rollups.items()
            if stored.rollup.is_whole and day not in cut[stored.rollup.grain_minutes]
        }
    if figure is None or figure.unit is not None:
        return {}
    return {  # values that are not kept one by one are read from the events, as long as there are any
        day: stored
        for day, stored in state.figures[figure.key].items()
        if day not in cut[stored.rollup.grain_minutes] and (not stored.rollup.rest or day in state.gone)
    }


def _kept_cells(
    question: MetricQuestion, rollup: DayRollup | FigureDay
) -> Iterator[tuple[str, Mapping[int, Any], Callable[[Collection[Any]], Amount]]]:
    """The values of a day, what there is of each by minute, and how that is added up."""
    if isinstance(rollup, FigureDay):
        for value, amounts in rollup.cells.items():
            yield value, amounts, add_up
        return
    wanted = question.metric.events.event_type
    for event_type, minutes in rollup.counts.items():
        if wanted in (None, event_type):
            yield EVERY if question.dimension is None else event_type, minutes, _add_counts


def _add_counts(counts: Collection[int]) -> Amount:
    return sum(counts), 0


def _figures_of(question: MetricQuestion, day: LocalDay) -> KeptDay | None:
    """What was kept of a local day; None where nothing was."""
    metric = question.metric
    if metric.events.filter is None and question.dimension in TYPE_DIMENSIONS:
        counted = day.users if metric.kind == "users" else day.sessions
        wanted = metric.events.event_type
        if question.dimension is None:
            return {EVERY: counted.get(wanted or EVERY, 0)}, False
        return {value: count for value, count in counted.items() if value == (wanted or value) != EVERY}, False
    figure = figure_asked(question)
    if figure is None or figure.key not in day.figures:
        return None
    return day.figures[figure.key], figure.key in day.cut


def _unknown(question: MetricQuestion, lost: Collection[int]) -> frozenset[int]:
    """The places of the periods that days touch of which no one can tell all events."""
    asked = question.time_range
    looks_back = question.metric.kind == "first_time_users"
    return frozenset(
        place
        for place, period in enumerate(question.periods)
        if (looks_back and lost)
        or any(
            max(period.start_us, asked.start_us, day * DAY_US) < min(period.end_us, asked.end_us, (day + 1) * DAY_US)
            for day in lost
        )
    )


def _edges(question: MetricQuestion) -> list[int]:
    """Where the range and its periods begin and end."""
    edges = [question.time_range.start_us, question.time_range.end_us]
    return edges + [edge for period in question.periods for edge in (period.start_us, period.end_us)]


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


def _add_up(
    minutes: Mapping[int, Any], spans: Sequence[tuple[int, int, int]], add: Callable[[Collection[Any]], Amount]
) -> Iterator[tuple[int, Amount]]:
    """The place of each span's period with what the span has, if anything."""
    if len(spans) == 1 and spans[0][:2] == (0, MINUTES):  # by far the most days of long ranges, and ten times as fast
        yield spans[0][2], add(minutes.values())
        return
    lows = [low for low, _, _ in spans]
    found: dict[int, list[Any]] = {}
    for minute, cell in minutes.items():
        at = bisect_right(lows, minute) - 1
        if at >= 0 and minute < spans[at][1]:
            found.setdefault(at, []).append(cell)
    for at, cells in found.items():
        yield spans[at][2], add(cells)


def _cut_days(question: MetricQuestion) -> Mapping[int, set[int]]:
    """By a roll-up's minutes, the days in which the range or a period begins or ends between two steps."""
    edges = _edges(question)
    steps: dict[int, set[int]] = {1: set(), COARSE_MINUTES: set(), HOUR_MINUTES: set()}
    for grain, days in steps.items():
        days.update(edge // DAY_US for edge in edges if edge % (grain * MINUTE_US))
    return steps
