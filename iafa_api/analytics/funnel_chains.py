"""The chain of one unit (a person, a session …) that counts for a funnel: the rules of docs/semantics.md, in Python.

Promises the exact answer for every order, optional stage, window and exclusion, in time that grows with the entries
and not with the number of chains. Why that is enough: for one entry and one choice of stages, the chains form a lattice
(the earlier of two chains, stage by stage, is a chain again, and clean where both are), so there is a least one, found
by placing each stage as early as it can be, and later again where an excluded event asks for it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from iafa_api.analytics.funnel_matching import can_match, can_match_one_more, give_event
from iafa_api.domain.funnel import FunnelDefinition

Times = tuple[int | None, ...]  # for each stage the moment at which the chain holds it, None where it does not
Held = tuple[int, ...]  # the stages (from 0) that a chain holds
Chain = tuple[int, ...]  # when it holds each of them


@dataclass(frozen=True, slots=True)
class Rules:
    """A definition as the search needs it; stages are counted from 0. `exclusions` are pairs of stages."""

    stage_count: int
    order: str
    window_us: int | None
    optional: tuple[bool, ...]
    exclusions: tuple[tuple[int, int], ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Journey:
    """A unit's events in order of time and arrival: when, which stages each meets, which exclusions (as bits)."""

    times: Sequence[int]
    masks: Sequence[int]
    excluded: Sequence[int]


def rules_of(definition: FunnelDefinition) -> Rules:
    """The rules that a definition stands for."""
    return Rules(
        stage_count=len(definition.stages),
        order=definition.order,
        window_us=None if definition.window is None else definition.window.microseconds,
        optional=tuple(stage.is_optional for stage in definition.stages),
        exclusions=tuple((exclusion.from_stage - 1, exclusion.to_stage - 1) for exclusion in definition.exclusions),
        policy=definition.exclusion_policy,
    )


def find_entries(rules: Rules, journey: Journey, until_us: int) -> list[int]:
    """The places of the events that may begin a chain, before `until_us`."""
    wanted = ~0 if rules.order == "unordered" else 1
    return [
        place
        for place, (time, mask) in enumerate(zip(journey.times, journey.masks, strict=True))
        if mask & wanted and time < until_us
    ]


def find_chain(
    rules: Rules, journey: Journey, entries: Sequence[int], require_time: Callable[[], None] = lambda: None
) -> Times | None:
    """The chain that counts among those from one of these entries; None where the unit is not in the funnel.

    `require_time` is asked where the search may be long (optional stages that share events), and may raise.
    """
    if not entries:
        return None
    if rules.order == "ordered":
        return _Ordered(rules, journey, require_time).best(entries)
    if rules.order == "strict":
        return _Strict(rules, journey).best(entries)
    return _Unordered(rules, journey).best(entries)


def stages_held(rules: Rules, journey: Journey, times: Times) -> set[int]:
    """The stages that the chain's events fill. An unordered chain tells how many: then all that its events can fill.

    (Any event within the window that meets one more could be paired with it, and the chain would go further.)
    """
    held = [time for time in times if time is not None]
    if rules.order != "unordered":
        return {stage for stage, time in enumerate(times) if time is not None}
    last = held[0] if len(held) == 1 else math.inf if rules.window_us is None else held[0] + rules.window_us
    met = 0
    for mask in journey.masks[bisect_left(journey.times, held[0]) : bisect_right(journey.times, last)]:
        met |= mask
    return {stage for stage in range(rules.stage_count) if met >> stage & 1}


def rank_of(rules: Rules, times: Times) -> tuple[float, ...]:
    """The least is the chain that counts among several: the furthest, ends first, latest entry, early stages."""
    held = [(rules.optional[stage], time) for stage, time in enumerate(times) if time is not None]
    optional = sum(is_optional for is_optional, _ in held)
    moments = [time for _, time in held]
    return (optional - len(held), -optional, max(moments), -moments[0], *_as_early_as_can_be(times))


def assign_events(journey: Journey, times: Times) -> dict[int, int]:
    """Which event (by its place) fills which stage of a chain, where several could, the first that leaves the others
    theirs."""
    by_moment: dict[int, list[int]] = {}
    for stage, time in enumerate(times):
        if time is not None:
            by_moment.setdefault(time, []).append(stage)
    filled: dict[int, int] = {}
    for moment, stages in by_moment.items():
        first, end = bisect_left(journey.times, moment), bisect_right(journey.times, moment)
        stage_of: dict[int, int] = {}
        for stage in stages:
            give_event(stage, journey.masks[first:end], stage_of, set())
        filled |= {first + event: stage for event, stage in stage_of.items()}
    return filled


class _Search:
    """What the orders share: which chain counts, once the furthest are known."""

    def __init__(self, rules: Rules, journey: Journey) -> None:
        self._rules = rules
        self._journey = journey
        self._excluded_at = [
            [time for time, bits in zip(journey.times, journey.excluded, strict=True) if bits >> place & 1]
            for place in range(len(rules.exclusions))
        ]

    def _limit(self, entry_us: int) -> float:
        return math.inf if self._rules.window_us is None else entry_us + self._rules.window_us

    def _progress(self, held: Held) -> tuple[int, int]:
        """How far: the required stages first, then the optional ones."""
        optional = sum(self._rules.optional[stage] for stage in held)
        return len(held) - optional, optional

    def _padded(self, held: Held, times: Iterable[int]) -> Times:
        by_stage = dict(zip(held, times, strict=True))
        return tuple(by_stage.get(stage) for stage in range(self._rules.stage_count))

    def _voids(self, held: Held, times: Sequence[int], limit: float) -> Iterator[tuple[int, int]]:
        """The places in the chain whose stage an exclusion begins at and has come after, with the last such moment."""
        for place, (first, last) in enumerate(self._rules.exclusions):
            if first not in held:
                continue
            at = held.index(first)
            end = next((end for end, stage in enumerate(held) if stage >= last), None)
            excluded = self._excluded_at[place]
            count = bisect_right(excluded, limit) if end is None else bisect_left(excluded, times[end])
            if count and excluded[count - 1] > times[at]:
                yield at, excluded[count - 1]


class _Instants:
    """When each stage can be held, and whether several can be at one moment."""

    def __init__(self, rules: Rules, journey: Journey) -> None:
        self.of_stage: list[list[int]] = [[] for _ in range(rules.stage_count)]
        self.has_wide = False  # whether an event meets several stages
        self._masks: dict[int, list[int]] = {}
        for time, mask in zip(journey.times, journey.masks, strict=True):
            if not mask:
                continue
            self._masks.setdefault(time, []).append(mask)
            self.has_wide |= mask & (mask - 1) > 0
            while mask:
                instants = self.of_stage[(mask & -mask).bit_length() - 1]
                if not instants or instants[-1] != time:
                    instants.append(time)
                mask &= mask - 1

    def fit(self, stages: Held, moment: int) -> bool:
        """Whether the events of a moment can hold all of these stages, each of which has one there."""
        masks = self._masks[moment]
        if len(stages) > len(masks):
            return False
        return len(stages) == 1 or not self.has_wide or can_match(stages, masks)


class _Ordered(_Search):
    """Different events, times never going back; events of one instant in whichever order serves."""

    def __init__(self, rules: Rules, journey: Journey, require_time: Callable[[], None]) -> None:
        super().__init__(rules, journey)
        self._instants = _Instants(rules, journey)
        self._require_time = require_time

    def best(self, entries: Sequence[int]) -> Times | None:
        reached = [
            (self._progress(held), held, times)
            for entry_us in dict.fromkeys(self._journey.times[entry] for entry in entries)
            for held, times in self._reach(entry_us)
        ]
        for progress in sorted({progress for progress, _, _ in reached}, reverse=True):
            chains = [
                (clean[-1], -clean[0], self._padded(held, clean))
                for other, held, times in reached
                if other == progress and (clean := self._least_clean(held, times)) is not None
            ]
            if chains:
                return min(chains, key=lambda chain: (*chain[:2], _as_early_as_can_be(chain[2])))[2]
            if self._rules.policy == "leave":
                return None
        return None

    def _reach(self, entry_us: int) -> list[tuple[Held, Chain]]:
        """The choices of stages that a chain from this entry can hold, and the earliest times of each.

        Only the furthest, where nothing shorter can ever count.
        """
        limit, rules = self._limit(entry_us), self._rules
        open_: list[tuple[Held, Chain]] = [((0,), (entry_us,))]
        found = list(open_)
        for stage in range(1, rules.stage_count):
            further: list[tuple[Held, Chain]] = []
            for held, times in open_:
                moment = self._place(stage, held, times, times[-1])
                if moment is not None and moment <= limit:
                    further.append(((*held, stage), (*times, moment)))
            found += further
            open_ = self._without_equals(further + open_) if rules.optional[stage] else further
            if not open_:
                break
        if rules.policy == "stop":
            return found
        furthest = max(self._progress(held) for held, _ in found)
        return [(held, times) for held, times in found if self._progress(held) == furthest]

    def _without_equals(self, chains: list[tuple[Held, Chain]]) -> list[tuple[Held, Chain]]:
        """Of chains that can go on alike, the one that would win: else they double with every optional stage."""
        self._require_time()
        if self._rules.exclusions:  # which stages are held decides what is void
            return chains
        best: dict[object, tuple[Held, Chain]] = {}
        for held, times in chains:
            together = tuple(stage for stage, time in zip(held, times, strict=True) if time == times[-1])
            key = (self._progress(held), times[-1], together if self._instants.has_wide else None)
            if key not in best or self._early(held, times) < self._early(*best[key]):
                best[key] = (held, times)
        return list(best.values())

    def _early(self, held: Held, times: Chain) -> tuple[float, ...]:
        return _as_early_as_can_be(self._padded(held, times))

    def _least_clean(self, held: Held, times: Chain) -> Chain | None:
        """The earliest times at which a chain holds these stages and no excluded event voids it."""
        floors: dict[int, int] = {}
        limit = self._limit(times[0])
        least: Chain | None = times
        while least is not None:
            voids = dict(self._voids(held, least, limit))
            if not voids:
                return least
            if 0 in voids:
                return None
            for at, moment in voids.items():
                floors[at] = max(moment, floors.get(at, moment))
            least = self._least(held, times[0], floors, limit)
        return None

    def _least(self, held: Held, entry_us: int, floors: dict[int, int], limit: float) -> Chain | None:
        times: Chain = (entry_us,)
        for at, stage in enumerate(held[1:], start=1):
            moment = self._place(stage, held[:at], times, max(times[-1], floors.get(at, times[-1])))
            if moment is None or moment > limit:
                return None
            times = (*times, moment)
        return times

    def _place(self, stage: int, held: Held, times: Chain, earliest: int) -> int | None:
        """The first moment from `earliest` on that has an event for the stage beside those that the chain has there."""
        instants = self._instants.of_stage[stage]
        place = bisect_left(instants, earliest)
        if place < len(instants) and instants[place] == times[-1]:
            together = tuple(other for other, time in zip(held, times, strict=True) if time == times[-1])
            if not self._instants.fit((*together, stage), times[-1]):
                place += 1
        return instants[place] if place < len(instants) else None


class _Strict(_Search):
    """Neighbours among all of the unit's events."""

    def best(self, entries: Sequence[int]) -> Times | None:
        reached = [(self._progress(held), held, times) for entry in entries for held, times in self._chains_from(entry)]
        for progress in sorted({progress for progress, _, _ in reached}, reverse=True):
            chains = [
                (times[-1], -times[0], self._padded(held, times))
                for other, held, times in reached
                if other == progress and not any(self._voids(held, times, self._limit(times[0])))
            ]
            if chains:
                return min(chains, key=lambda chain: (*chain[:2], _as_early_as_can_be(chain[2])))[2]
            if self._rules.policy == "leave":
                return None
        return None

    def _chains_from(self, entry: int) -> list[tuple[Held, tuple[int, ...]]]:
        times, masks, optional = self._journey.times, self._journey.masks, self._rules.optional
        limit = self._limit(times[entry])
        open_: list[tuple[Held, tuple[int, ...]]] = [((0,), (times[entry],))]
        found = list(open_)
        for place in range(entry + 1, len(times)):
            if times[place] > limit:
                break
            further = []
            for held, so_far in open_:
                for stage in range(held[-1] + 1, self._rules.stage_count):
                    if masks[place] >> stage & 1:
                        further.append(((*held, stage), (*so_far, times[place])))
                    if not optional[stage]:
                        break
            if not further:
                break
            found += further
            open_ = further
        return found


class _Unordered(_Search):
    """As many stages as events from the entry on can be paired with; where all is void, the first one is left."""

    def __init__(self, rules: Rules, journey: Journey) -> None:
        super().__init__(rules, journey)
        self._instants = _Instants(rules, journey)

    def best(self, entries: Sequence[int]) -> Times | None:
        moments = list(dict.fromkeys(self._journey.times[entry] for entry in entries))
        stages = tuple(range(self._rules.stage_count))
        found: list[Chain] = []
        for entry_us in moments:
            limit = self._limit(entry_us)
            times = self._pairs(entry_us, limit)
            if not any(self._voids(stages[: len(times)], (entry_us, *times[1:]), limit)):
                found.append(times)
        found = found or [(min(moments),)]
        _, _, _, best = min((-len(times), times[-1], -times[0], times) for times in found)
        return self._padded(stages[: len(best)], best)

    def _pairs(self, entry_us: int, limit: float) -> tuple[int, ...]:
        """The moments at which one pair more is complete; the first is the entry itself."""
        if not self._instants.has_wide:
            return self._pairs_of_distinct(entry_us, limit)
        times, masks = self._journey.times, self._journey.masks
        used: list[int] = []
        moments: list[int] = []
        for place in range(bisect_left(times, entry_us), len(times)):
            if times[place] > limit or len(moments) == self._rules.stage_count:
                break
            if masks[place] and can_match_one_more(used, masks[place], self._rules.stage_count):
                used.append(masks[place])
                moments.append(times[place])
        return tuple(moments)

    def _pairs_of_distinct(self, entry_us: int, limit: float) -> Chain:
        """The same where no event meets several stages: then each stage has its first event."""
        found = []
        for instants in self._instants.of_stage:
            place = bisect_left(instants, entry_us)
            if place < len(instants) and instants[place] <= limit:
                found.append(instants[place])
        return tuple(sorted(found))


def _as_early_as_can_be(times: Times) -> tuple[float, ...]:
    return tuple(math.inf if time is None else time for time in times)
