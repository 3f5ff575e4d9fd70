"""The plain ordered funnel, counted by DuckDB step by step; what the steps do and why is told in `funnel_sql`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from iafa_api import clock
from iafa_api.analytics import funnel_sql
from iafa_api.analytics.duckdb_engine import Asking, DuckdbEngine
from iafa_api.analytics.event_sql import Parameters
from iafa_api.analytics.tie_groups import Needs, needs_of_distinct, needs_of_many, needs_of_one
from iafa_api.domain.funnel import FunnelCounts, FunnelQuestion, StageCounts
from iafa_api.lake.event_source import EventSource


def count_funnel(engine: DuckdbEngine, source: EventSource, question: FunnelQuestion) -> FunnelCounts:
    """The counts of an ordered funnel; `funnels.require_answerable` says which those are."""
    engine.require_patterns([question.filter, *(stage.filter for stage in question.definition.stages)])
    with engine.asking(source) as ask:
        return _FunnelRun(ask, question).counts()


class _FunnelRun:
    """One funnel."""

    def __init__(self, ask: Asking, question: FunnelQuestion) -> None:
        self._ask = ask
        self._question = question
        self._stage_count = len(question.definition.stages)
        window = question.definition.window
        self._window_us = None if window is None else window.microseconds

    def counts(self) -> FunnelCounts:
        run = self._ask.run
        parameters = Parameters()
        run(funnel_sql.matched(self._question, self._ask.events(parameters), parameters), parameters.values)
        run(funnel_sql.PERSONS)
        run(funnel_sql.INSTANTS)
        needs = self._make_groups()
        self._go_up(needs)
        run(funnel_sql.DEPTHS)
        reached = self._at_least(dict(run(funnel_sql.COUNTS)))
        pending = self._pending()
        times = self._walk_forward(deepest=sum(1 for persons in reached if persons))
        stages = []
        for index, persons in enumerate(reached):
            average, median = times.get(index + 1, (None, None))
            stages.append(StageCounts(persons, average, median, pending[index]))
        return FunnelCounts(tuple(stages), self._events_looked_at())

    def _make_groups(self) -> list[Needs]:
        """Makes the tie groups; answers the needs that occur among them."""
        run, count = self._ask.run, self._stage_count
        kinds: list[int] = []
        codes: list[int] = []
        found: list[Needs] = []
        for kind, mask in run(funnel_sql.MASKS):
            kinds.append(kind)
            codes.append(mask)
            found.append(needs_of_one(mask, count) if kind == 1 else needs_of_distinct(mask, count))
        [(has_crowds,)] = run(funnel_sql.HAS_CROWDS)
        run(funnel_sql.CROWDS if has_crowds else funnel_sql.NO_CROWDS)
        for code, classes in run(funnel_sql.CLASSES) if has_crowds else ():
            self._ask.require_time()
            kinds.append(3)
            codes.append(code)
            found.append(needs_of_many(_classes(classes), count))
        columns = {f"need{k + 1}": [needs[k] for needs in found] for k in range(count)}
        run(funnel_sql.needs(count), {"kinds": kinds, "codes": codes, **columns})
        run("DROP TABLE matched")
        run(funnel_sql.groups(count))
        for name in ("instants", "crowds", "persons"):
            run(f"DROP TABLE {name}")
        return found

    def _go_up(self, found: list[Needs]) -> None:
        self._ask.run(funnel_sql.ENDS)
        needed = [{need for needs in found if (need := needs[k]) is not None} for k in range(self._stage_count)]
        kept: set[int] = set()
        for stage, wanted in enumerate(needed, start=1):
            if not wanted:
                return  # nobody meets this stage, so nobody passes it
            uses_window = self._window_us is not None and wanted != {0}
            values = {"window": self._window_us} if uses_window else None
            self._ask.run(funnel_sql.up(stage, sorted(wanted), has_window=uses_window), values)
            self._ask.run(funnel_sql.ends(stage))
            kept.add(stage)
            for spent in kept - set().union(*needed[stage:]):
                self._ask.run(f"DROP TABLE b{spent}")
                kept.remove(spent)

    def _at_least(self, by_depth: Mapping[int, int]) -> list[int]:
        return [
            sum(persons for depth, persons in by_depth.items() if depth > index) for index in range(self._stage_count)
        ]

    def _pending(self) -> list[int | None]:
        if self._window_us is None:
            return [None] * self._stage_count
        # The range's last moment belongs to it: a window that ends with the next microsecond outlives the range.
        known_until = min(self._question.time_range.end_us - 1, self._question.now_us)
        values = {"known_until": known_until, "window": self._window_us}
        by_depth = dict(self._ask.run(funnel_sql.PENDING, values))
        return [None, *(by_depth.get(stage, 0) for stage in range(1, self._stage_count))]

    def _walk_forward(self, *, deepest: int) -> dict[int, tuple[float, float]]:
        """By stage, the mean and the median of the seconds since the stage before."""
        run = self._ask.run
        found = {}
        if deepest > 1:
            run(funnel_sql.WALKED)
            run(funnel_sql.WALK)
        for stage in range(2, deepest + 1):
            run(funnel_sql.forward(stage))
            [(persons, total_us, median_us)] = run(funnel_sql.times(stage))
            run(f"DROP TABLE w{stage - 1}")
            found[stage] = (
                float(Fraction(int(total_us), persons * clock.MICROSECONDS)),
                median_us / clock.MICROSECONDS,
            )
        return found

    def _events_looked_at(self) -> int:
        return self._ask.count_events(self._question.time_range, self._question.filter)


def _classes(text: str) -> list[tuple[int, int]]:
    pairs = (part.split("x") for part in text.split(","))
    return [(int(mask), int(count)) for mask, count in pairs]
