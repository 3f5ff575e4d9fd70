"""From walks to figures: counts by stage, the time to convert, and who stands behind a stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from iafa_api.analytics.funnel_walks import Walk
from iafa_api.domain.funnel import FunnelQuestion, Span, StageCounts

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Bin:
    """Of a histogram: both ends in seconds; the last bin's own end belongs to it, the others' to the next."""

    from_seconds: float
    to_seconds: float
    count: int


@dataclass(frozen=True, slots=True)
class TimeToConvert:
    """Seconds between two stages; None where nobody holds both."""

    persons: int
    average_seconds: float | None
    median_seconds: float | None
    p90_seconds: float | None
    histogram: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """A unit behind a stage: when it was there (or, of those who dropped, where it was last), and since its entry."""

    unit: str
    at_us: int
    seconds_from_entry: float


def previous_required(question: FunnelQuestion, stage: int) -> int:
    """The required stage before one (both from 0); the first is its own."""
    stages = question.definition.stages
    return next((other for other in range(stage - 1, -1, -1) if not stages[other].is_optional), 0)


def count_stages(question: FunnelQuestion, walks: Sequence[Walk]) -> tuple[StageCounts, ...]:
    """What a funnel's table is made of. Times are from the previous required stage."""
    return tuple(_count_stage(question, walks, stage) for stage in range(len(question.definition.stages)))


def measure_times(walks: Iterable[Walk], span: Span) -> TimeToConvert:
    """The times between two stages on the chains that count."""
    taken = sorted(
        end - start
        for walk in walks
        if (start := walk.times[span.from_stage - 1]) is not None and (end := walk.times[span.to_stage - 1]) is not None
    )
    if not taken:
        return TimeToConvert(0, None, None, None, ())
    return TimeToConvert(
        len(taken),
        _mean(taken),
        _quantile(taken, Fraction(1, 2)),
        _quantile(taken, Fraction(9, 10)),
        _bins(taken, span.bins),
    )


def list_behind(question: FunnelQuestion, walks: Iterable[Walk], stage: int, *, reached: bool) -> list[Behind]:
    """Who reached a stage (from 0), or was at the required one before it and not here; by time, then by name."""
    before = previous_required(question, stage)
    found = []
    for walk in walks:
        at_us = walk.times[stage] if reached else walk.times[before]
        entry_us = walk.times[0]
        if at_us is None or entry_us is None or (not reached and (stage == 0 or walk.times[stage] is not None)):
            continue
        found.append(Behind(walk.unit, at_us, (at_us - entry_us) / SECOND_US))
    return sorted(found, key=lambda behind: (behind.at_us, behind.unit))


def _count_stage(question: FunnelQuestion, walks: Sequence[Walk], stage: int) -> StageCounts:
    persons = sum(walk.times[stage] is not None for walk in walks)
    if stage == 0:
        return StageCounts(persons)
    before = previous_required(question, stage)
    taken = sorted(
        end - start
        for walk in walks
        if (end := walk.times[stage]) is not None and (start := walk.times[before]) is not None
    )
    pending = None
    window = question.definition.window
    if window is not None:
        # The range's last moment belongs to it: a window that ends with the next microsecond outlives the range.
        known_until = min(question.time_range.end_us - 1, question.now_us)
        pending = sum(
            walk.times[before] is not None
            and walk.times[stage] is None
            and max(walk.entries) + window.microseconds > known_until
            for walk in walks
        )
    if not taken:
        return StageCounts(persons, pending=pending)
    return StageCounts(persons, _mean(taken), _quantile(taken, Fraction(1, 2)), pending)


def _mean(taken: Sequence[int]) -> float:
    return float(Fraction(sum(taken), len(taken) * SECOND_US))


def _quantile(taken: Sequence[int], share: Fraction) -> float:
    """Of sorted times, in seconds: linear between the two that it lies between."""
    place = share * (len(taken) - 1)
    low = place.numerator // place.denominator
    high = min(low + 1, len(taken) - 1)
    return float((taken[low] + (place - low) * (taken[high] - taken[low])) / SECOND_US)


def _bins(taken: Sequence[int], count: int) -> tuple[Bin, ...]:
    """Equal bins from the shortest to the longest time; one where all are the same."""
    low, high = taken[0], taken[-1]
    if low == high:
        return (Bin(low / SECOND_US, high / SECOND_US, len(taken)),)
    counts = [0] * count
    for time in taken:
        counts[min((time - low) * count // (high - low), count - 1)] += 1
    edges = [float(Fraction(low * count + (high - low) * place, count * SECOND_US)) for place in range(count + 1)]
    return tuple(Bin(edges[place], edges[place + 1], counts[place]) for place in range(count))
