"""How everything here is measured: ours and the peer by turns (A B A B), medians, and one table of ratios.

A machine that others use as well makes every figure a matter of the moment. Ours and the peer's readings of one round
lie next to each other in time, so their ratio holds where neither figure does. The ratio in the table is the median of
the rounds' ratios, and so need not be the ratio of the two medians beside it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

HEADINGS = ("what", "ours", "peer", "ratio", "target", "met")
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. A target is the ratio's bound, above (`most`) or below (`least`), or there is none."""

    what: str
    ours: str
    peer: str
    ratio: float
    most: float | None = None
    least: float | None = None

    @property
    def target(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:g} ×"
        return "" if self.least is None else f"≥ {self.least:g} ×"

    @property
    def is_met(self) -> bool | None:
        """None where there is no target."""
        if self.most is not None:
            return self.ratio <= self.most
        return None if self.least is None else self.ratio >= self.least

    def cells(self) -> tuple[str, ...]:
        met = {True: "yes", False: "**no**", None: ""}[self.is_met]
        return (self.what, self.ours, self.peer, f"{self.ratio:.2f} ×", self.target, met)


def interleave(rounds: int, *measures: Measure) -> list[list[float]]:
    """The readings of each measure, taken by turns, after one turn that is not counted."""
    gc.collect()
    gc.freeze()  # what the collector walks should be the work's own objects
    try:
        for measure in measures:
            measure()
        readings: list[list[float]] = [[] for _ in measures]
        for _ in range(rounds):
            for measure, taken in zip(measures, readings, strict=True):
                taken.append(measure())
        return readings
    finally:
        gc.unfreeze()


def ratio_of(ours: Sequence[float], peer: Sequence[float]) -> float:
    """The median over the rounds of ours divided by the peer's."""
    return median(one / other for one, other in zip(ours, peer, strict=True))


def compare(
    what: str, ours: Sequence[float], peer: Sequence[float], *, most: float | None = None, note: str = ""
) -> Row:
    """The row for readings in seconds: lower is better. `note` names the peer."""
    shown = seconds(median(peer))
    return Row(what, seconds(median(ours)), f"{shown} {note}".rstrip(), ratio_of(ours, peer), most=most)


def compare_rates(
    what: str, ours: Sequence[float], peer: Sequence[float], *, least: float | None = None, note: str = ""
) -> Row:
    """The row for readings in seconds an event, shown as events a second: higher is better."""
    shown = rate(1 / median(peer))
    return Row(what, rate(1 / median(ours)), f"{shown} {note}".rstrip(), ratio_of(peer, ours), least=least)


def cpu_of(work: Callable[[], object]) -> float:
    """Seconds of processor that the work took in all threads of this process, user and system."""
    started = time.process_time()
    work()
    return time.process_time() - started


def wall_of(work: Callable[[], object]) -> float:
    """Seconds that passed meanwhile."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def seconds(value: float) -> str:
    """Three digits with the unit that suits them."""
    for size, unit in UNITS:
        if value >= size:
            return f"{_three_digits(value / size)} {unit}"
    return f"{value / 1e-9:.2g} ns"


def rate(events: float) -> str:
    """Events a second, in thousands where they are many."""
    return f"{_three_digits(events / 1000)} k/s" if events >= 1000 else f"{_three_digits(events)} /s"


def markdown(rows: Iterable[Row]) -> str:
    """The table as Markdown, its columns aligned so that it reads as well where nothing renders it."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths))
    return "".join(f"{line} |\n" if not line.startswith("|-") else f"{line}|\n" for line in text)


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
