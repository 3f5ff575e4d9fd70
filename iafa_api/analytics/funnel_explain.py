"""Why a unit counts as it does in a funnel: its events, which of them fills which stage, and what stopped it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from iafa_api.analytics import journey_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.funnel_chains import Journey, Rules, Times, assign_events, find_chain, find_entries, rules_of
from iafa_api.analytics.funnel_walks import find_first_times, last_moment
from iafa_api.domain.funnel import FunnelQuestion
from iafa_api.lake.event_source import EventSource


@dataclass(frozen=True, slots=True)
class ExplainedEvent:
    """An event: the stages that it meets, the one that it fills, and the exclusions that it is one of (from 1)."""

    id: str
    event_type: str
    at_us: int
    meets: tuple[int, ...]
    fills: int | None
    excluded_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A unit in a funnel. `times` are None where it is not in it; `stopped_at` is the stage (from 1) not reached."""

    unit: str | None
    times: Times | None
    events: tuple[ExplainedEvent, ...]
    stopped_at: int | None
    reason: str | None


def explain(engine: DuckdbEngine, source: EventSource, question: FunnelQuestion, names: Sequence[str]) -> Explained:
    """The unit that has one of these names; the first of them where several have events."""
    with engine.asking(source) as ask:
        find_first_times(ask, question)
        parameters = Parameters()
        events = ask.events(parameters)
        sql = journey_sql.matched(question, last_moment(question), events, parameters, only=names)
        ask.run(sql, parameters.values)
        rows = ask.run(journey_sql.EXPLAINED)
    unit = next((name for name in names if any(row[0] == name for row in rows)), None)
    rows = [row for row in rows if row[0] == unit]
    journey = Journey(*([row[place] for row in rows] for place in (3, 4, 5)))
    rules = rules_of(question.definition)
    entries = find_entries(rules, journey, question.time_range.end_us)
    times = find_chain(rules, journey, entries, ask.require_time)
    filled = {} if times is None else assign_events(journey, times)
    told = tuple(
        ExplainedEvent(
            row[1], row[2], row[3], _bits(row[4]), filled[place] + 1 if place in filled else None, _bits(row[5])
        )
        for place, row in enumerate(rows)
    )
    stopped_at, reason = _stopped(rules, journey, entries, times)
    return Explained(unit, times, told, stopped_at, reason)


def _stopped(
    rules: Rules, journey: Journey, entries: Sequence[int], times: Times | None
) -> tuple[int | None, str | None]:
    if not entries:
        return 1, "No event meets the first stage in the range."
    freely = find_chain(replace(rules, exclusions=()), journey, entries)
    if times is None or _depth(rules, times) < _depth(rules, freely):
        stage = _next_stage(rules, times)
        return stage, "An excluded event came in between; every chain that goes as far is void."
    stage = _next_stage(rules, times)
    if stage is None:
        return None, None
    if rules.order == "unordered":
        return stage, "No further stage finds an event of its own within the window."
    held = [time for time in times if time is not None]
    later = [time for time, mask in zip(journey.times, journey.masks, strict=True) if mask >> (stage - 1) & 1]
    if rules.order == "strict":
        return stage, "The event that follows does not meet this stage."
    if not any(time >= held[-1] for time in later):
        return stage, "No event meets this stage after the stage before." if later else "No event meets this stage."
    if rules.window_us is not None and not any(held[-1] <= time <= held[0] + rules.window_us for time in later):
        return stage, "The next event for this stage comes after the conversion window."
    return stage, "The only event for this stage at that time fills another one."


def _depth(rules: Rules, times: Times | None) -> int:
    return sum(time is not None for time in times or ())


def _next_stage(rules: Rules, times: Times | None) -> int | None:
    """The first required stage (from 1) that is not held."""
    times = times or (None,) * rules.stage_count
    if rules.order == "unordered":
        return next((stage for stage, time in enumerate(times, 1) if time is None), None)
    return next(
        (
            stage
            for stage, (time, optional) in enumerate(zip(times, rules.optional, strict=True), 1)
            if time is None and not optional
        ),
        None,
    )


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(bit + 1 for bit in range(mask.bit_length()) if mask >> bit & 1)
