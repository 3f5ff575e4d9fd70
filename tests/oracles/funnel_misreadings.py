"""Readings of the funnel's rules that are wrong, each as one function of the oracle put in another's place.

An engine that agrees with the oracle must disagree with every one of these on the same cases: what they get wrong, the
cases would show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from iafa_api.domain.funnel import Exclusion, FunnelDefinition, FunnelQuestion
from tests.oracles import funnel_breakdown_oracle as by_value
from tests.oracles import funnel_chain_oracle as of_one
from tests.oracles import funnel_oracle as of_all
from tests.oracles.funnel_chain_oracle import Chain, Moment

_rank, _depth, _is_void, _between = of_one.rank, of_one._depth, of_one.is_void, of_one._lies_between
_counts, _all, _unordered, _strict = of_one.chain_that_counts, of_one.all_chains, of_one._unordered, of_one._strict
_firsts, _looked_at, _entries, _walks_of = of_all._firsts, of_all._is_looked_at, of_all._entries, of_all.walks_of
_pending, _histories, _previous = of_all._pending, of_all.histories, of_all.previous_required
_runs, _value = by_value._runs, by_value._value


def _window_ends_outside(time: int, entry: int, definition: FunnelDefinition) -> bool:
    return definition.window is None or time < entry + definition.window.microseconds


def _no_window(time: int, entry: int, definition: FunnelDefinition) -> bool:
    return True


def _first_entry(chain: Chain, definition: FunnelDefinition) -> Any:
    required, optional, end, entry, by_stage = _rank(chain, definition)
    return required, optional, end, -entry, by_stage


def _last_end(chain: Chain, definition: FunnelDefinition) -> Any:
    required, optional, end, entry, by_stage = _rank(chain, definition)
    return required, optional, -end, entry, by_stage


def _entry_before_end(chain: Chain, definition: FunnelDefinition) -> Any:
    required, optional, end, entry, by_stage = _rank(chain, definition)
    return required, optional, entry, end, by_stage


def _late_stages(chain: Chain, definition: FunnelDefinition) -> Any:
    *before, _ = _rank(chain, definition)
    return (*before, tuple(math.inf if time is None else -time for time in chain.times))


def _skipped_before_held(chain: Chain, definition: FunnelDefinition) -> Any:
    *before, _ = _rank(chain, definition)
    return (*before, tuple(-1 if time is None else time for time in chain.times))


def _optional_counts_alike(chain: Chain, definition: FunnelDefinition) -> tuple[int, int]:
    return sum(_depth(chain, definition)), 0


def _optional_counts_nothing(chain: Chain, definition: FunnelDefinition) -> tuple[int, int]:
    return _depth(chain, definition)[0], 0


def _times_step_forward(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    chains = _all(history, definition)
    held = {chain: [time for time in chain.times if time is not None] for chain in chains}
    return {chain for chain in chains if len(set(held[chain])) == len(held[chain])}


def _ties_in_order_of_arrival(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    return of_one._in_stages_order(history, definition, lambda index, used: index > used[-1])


def _foreign_events_pass(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    return _strict([moment for moment in history if moment.stages], definition)


def _entry_meets_the_first_stage(history: Sequence[Moment], definition: FunnelDefinition) -> set[Chain]:
    entries = {moment.time for moment in history if 0 in moment.stages}
    return {chain for chain in _unordered(history, definition) if chain.entry in entries}


def _voided_leave_unordered_too(history: Sequence[Moment], definition: FunnelDefinition, *is_entry: Any) -> Any:
    found = _counts(history, definition, *is_entry)
    return found if found is None or not _is_void(found, history, definition) else None


def _always_stop(history: Sequence[Moment], definition: FunnelDefinition, *is_entry: Any) -> Any:
    return _counts(history, replace(definition, exclusion_policy="stop"), *is_entry)


def _always_leave(history: Sequence[Moment], definition: FunnelDefinition, *is_entry: Any) -> Any:
    return _counts(history, replace(definition, exclusion_policy="leave"), *is_entry)


def _only_the_best_decides(history: Sequence[Moment], definition: FunnelDefinition, *is_entry: Any) -> Any:
    found = _counts(history, replace(definition, exclusions=()), *is_entry)
    if found is None or definition.order == "unordered":
        return _counts(history, definition, *is_entry)
    return None if _is_void(found, history, definition) else found


def _any_void_chain_voids(history: Sequence[Moment], definition: FunnelDefinition, *is_entry: Any) -> Any:
    is_void = any(_is_void(chain, history, definition) for chain in _all(history, definition))
    return None if is_void and definition.order != "unordered" else _counts(history, definition, *is_entry)


def _at_the_start_too(time: int, chain: Chain, exclusion: Exclusion, definition: FunnelDefinition) -> bool:
    return _between(time, chain, exclusion, definition) or time == chain.times[exclusion.from_stage - 1]


def _at_the_end_too(time: int, chain: Chain, exclusion: Exclusion, definition: FunnelDefinition) -> bool:
    return _between(time, chain, exclusion, definition) or (
        chain.times[exclusion.from_stage - 1] is not None and time == chain.times[exclusion.to_stage - 1]
    )


def _only_between(time: int, chain: Chain, exclusion: Exclusion, definition: FunnelDefinition) -> bool:
    reaches = any(held is not None for held in chain.times[exclusion.to_stage - 1 :])
    return reaches and _between(time, chain, exclusion, definition)


def _skipped_end_is_open(time: int, chain: Chain, exclusion: Exclusion, definition: FunnelDefinition) -> bool:
    if chain.times[exclusion.to_stage - 1] is not None:
        return _between(time, chain, exclusion, definition)
    start = chain.times[exclusion.from_stage - 1]
    return start is not None and start < time and of_one._is_within_window(time, chain.entry, definition)


def _skipped_start_is_the_one_before(
    time: int, chain: Chain, exclusion: Exclusion, definition: FunnelDefinition
) -> bool:
    start = exclusion.from_stage
    if any(held is not None for held in chain.times[start - 1 :]):
        while chain.times[start - 1] is None:
            start -= 1
    return _between(time, chain, replace(exclusion, from_stage=start), definition)


def _by_type(row: Mapping[str, Any]) -> Any:
    return row["created_at"], row["event_type"]


def _by_name(row: Mapping[str, Any]) -> tuple[str, str]:
    return "user", row["user_id"] or row["anonymous_id"]


def _person_always(row: Mapping[str, Any], question: FunnelQuestion) -> tuple[str, str]:
    return of_all.person_of(row)


def _any_time(passed: Any, stage: Any) -> Any:
    return _firsts(passed, replace(stage, first_time_only=False))


def _first_is_first_matching(passed: Any, stage: Any) -> Any:
    return _firsts(passed, replace(stage, first_time_only=stage.first_time_only and "matching_filter"))


def _first_matching_is_first(passed: Any, stage: Any) -> Any:
    return _firsts(passed, replace(stage, first_time_only=bool(stage.first_time_only)))


def _all_history_unfiltered(rows: Iterable[Any], question: FunnelQuestion) -> Any:
    rows = list(rows)
    kept = _histories(rows, question)
    passed = {id(one.row) for seen in kept.values() for one in seen}
    unfiltered = _histories(rows, replace(question, filter=None))
    return {unit: [one for one in seen if id(one.row) in passed] for unit, seen in unfiltered.items()}


def _range_is_the_end(row: Any, question: FunnelQuestion) -> bool:
    return _looked_at(row, replace(question, completion="in_range"))


def _events_after_the_range_count(row: Any, question: FunnelQuestion) -> bool:
    return _looked_at(row, replace(question, completion="in_window"))


def _entries_of_the_chain(history: Any, question: FunnelQuestion) -> Any:
    return _entries(history, question)[:1]


def _previous_stage(k: int, question: FunnelQuestion) -> int:
    return k - 1


def _pending_a_moment_longer(walked: Any, k: int, before: int, question: FunnelQuestion) -> Any:
    return _pending(walked, k, before, replace(question, now_us=question.now_us - 1))


def _pending_without_now(walked: Any, k: int, before: int, question: FunnelQuestion) -> Any:
    return _pending(walked, k, before, replace(question, now_us=question.time_range.end_us))


def _best_of_the_whole_range(by_unit: Any, question: FunnelQuestion, period: Any = None) -> Any:
    if period is None:
        return _walks_of(by_unit, question)
    return {
        unit: walk
        for unit, walk in _walks_of(by_unit, question).items()
        if any(period[0] <= entry < period[1] for entry in walk.entries)
    }


def _booked_on_the_chains_entry(by_unit: Any, question: FunnelQuestion, period: Any = None) -> Any:
    if period is None:
        return _walks_of(by_unit, question)
    walked = _walks_of(by_unit, question)
    return {unit: walk for unit, walk in walked.items() if period[0] <= (walk.times[0] or 0) < period[1]}


def _attributed_by(attribution: str, other: str) -> Any:
    def runs(seen: Any, asked: Any, question: Any, traits: Any) -> Any:
        is_meant = asked.attribution == attribution
        return _runs(seen, replace(asked, attribution=other) if is_meant else asked, question, traits)

    return runs


def _foreign_events_need_the_value(seen: Any, asked: Any, question: FunnelQuestion, traits: Any) -> Any:
    relaxed = replace(question, definition=replace(question.definition, order="ordered"))
    return _runs(seen, asked, relaxed, traits)


def _empty_is_no_value(seen: Any, asked: Any, question: FunnelQuestion, traits: Any) -> Any:
    return {value: run for value, run in _runs(seen, asked, question, traits).items() if any(value)}


def _touch_of_any_event(seen: Any, asked: Any, question: FunnelQuestion, traits: Any) -> Any:
    """The first event that matches, with a value or without."""
    if asked.attribution != "first_touch":
        return _runs(seen, asked, question, traits)
    matching = [one for one in seen if one.moment.stages]
    return {_value(matching[0].row, asked, traits): of_all.moments(seen)} if matching else {}


def _each_value_counts_in_the_rest(found: Iterable[Mapping[Any, Any]], question: FunnelQuestion) -> Any:
    return {(unit, number): walk for number, walked in enumerate(found) for unit, walk in walked.items()}


MISREADINGS: dict[str, tuple[ModuleType, str, Any]] = {
    "the window's end is outside": (of_one, "_is_within_window", _window_ends_outside),
    "no window": (of_one, "_is_within_window", _no_window),
    "the first entry counts": (of_one, "rank", _first_entry),
    "the last end counts": (of_one, "rank", _last_end),
    "the latest entry comes before the first end": (of_one, "rank", _entry_before_end),
    "stages as late as they can be": (of_one, "rank", _late_stages),
    "skipped before held": (of_one, "rank", _skipped_before_held),
    "an optional stage counts like a required one": (of_one, "_depth", _optional_counts_alike),
    "an optional stage counts nothing": (of_one, "_depth", _optional_counts_nothing),
    "times step forward": (of_one, "all_chains", _times_step_forward),
    "ties in order of arrival": (of_one, "_ordered", _ties_in_order_of_arrival),
    "strict forgives the order within an instant": (of_all, "order_of_arrival", _by_type),
    "strict steps over foreign events": (of_one, "_strict", _foreign_events_pass),
    "strict is ordered": (of_one, "_strict", of_one._ordered),
    "unordered begins with the first stage": (of_one, "_unordered", _entry_meets_the_first_stage),
    "unordered persons leave": (of_all, "chain_that_counts", _voided_leave_unordered_too),
    "void chains fall away, shorter ones count": (of_all, "chain_that_counts", _always_stop),
    "stop does nothing": (of_all, "chain_that_counts", _always_leave),
    "only the best chain decides": (of_all, "chain_that_counts", _only_the_best_decides),
    "one void chain is enough": (of_all, "chain_that_counts", _any_void_chain_voids),
    "excluded at stage a's time": (of_one, "_lies_between", _at_the_start_too),
    "excluded at stage b's time": (of_one, "_lies_between", _at_the_end_too),
    "excluded only before a stage reached": (of_one, "_lies_between", _only_between),
    "a skipped stage b leaves the exclusion open": (of_one, "_lies_between", _skipped_end_is_open),
    "a skipped stage a is the one before": (of_one, "_lies_between", _skipped_start_is_the_one_before),
    "first-time stages accept any": (of_all, "_firsts", _any_time),
    "the first is the first that matches": (of_all, "_firsts", _first_is_first_matching),
    "the first that matches is the first": (of_all, "_firsts", _first_matching_is_first),
    "all history without the question's filter": (of_all, "histories", _all_history_unfiltered),
    "the range is always the end": (of_all, "_is_looked_at", _range_is_the_end),
    "chains may always end after the range": (of_all, "_is_looked_at", _events_after_the_range_count),
    "the previous stage, required or not": (of_all, "previous_required", _previous_stage),
    "who waits is told by one entry": (of_all, "_entries", _entries_of_the_chain),
    "who waits is counted a moment too long": (of_all, "_pending", _pending_a_moment_longer),
    "who waits is told without the clock": (of_all, "_pending", _pending_without_now),
    "sessions are persons": (of_all, "unit_of", _person_always),
    "a user and a visitor of one name are one": (of_all, "person_of", _by_name),
    "a trend books the whole range's chain": (of_all, "walks_of", _best_of_the_whole_range),
    "a trend books a person once": (of_all, "walks_of", _booked_on_the_chains_entry),
    "last touch is first touch": (by_value, "_runs", _attributed_by("last_touch", "first_touch")),
    "first touch is last touch": (by_value, "_runs", _attributed_by("first_touch", "last_touch")),
    "all events is first touch": (by_value, "_runs", _attributed_by("all_events", "first_touch")),
    "first touch takes an event without a value": (by_value, "_runs", _touch_of_any_event),
    "strict by value forgets what is between": (by_value, "_runs", _foreign_events_need_the_value),
    "the empty text is no value": (by_value, "_runs", _empty_is_no_value),
    "the rest counts a person per value": (by_value, "_together", _each_value_counts_in_the_rest),
}  # fmt: skip


def misread(name: str, patch: Callable[[ModuleType, str, Any], None]) -> None:
    """Puts the wrong function wherever the oracle calls the right one."""
    module, attribute, wrong = MISREADINGS[name]
    right = getattr(module, attribute)
    for one in (of_one, of_all, by_value):
        if getattr(one, attribute, None) is right:
            patch(one, attribute, wrong)
