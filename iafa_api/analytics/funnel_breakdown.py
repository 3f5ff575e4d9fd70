"""A funnel by the values of properties: which units belong to which value, and with which of their events.

Rule 10 of a funnel in docs/semantics.md. A value is a text for each property, the empty one where it is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from iafa_api.analytics.funnel_chains import Journey, Rules, rank_of, rules_of, stages_held
from iafa_api.analytics.funnel_walks import UnitJourney, Walk, walk_all
from iafa_api.domain.funnel import OTHER, Breakdown, FunnelQuestion

Value = tuple[str, ...]
TRAIT = "user."


@dataclass(frozen=True, slots=True)
class Group:
    """The units of one value, with the events that count for it, and their walks.

    In the row of the others a unit may be there more than once, with the events of another value each time.
    """

    value: Value
    units: tuple[UnitJourney, ...]
    walks: tuple[Walk, ...]


def break_down(
    question: FunnelQuestion, breakdown: Breakdown, units: Sequence[UnitJourney], require_time: Callable[[], None]
) -> list[Group]:
    """The groups, those with the most entries first; the ones past the limit are one, whose value is OTHER."""
    is_trait = [name.startswith(TRAIT) for name in breakdown.properties]
    rules = rules_of(question.definition)
    by_value: dict[Value, list[UnitJourney]] = defaultdict(list)
    for unit in units:
        if breakdown.attribution in ("first_touch", "last_touch") or all(is_trait):
            by_value[_touched(unit, breakdown.attribution, is_trait)].append(unit)
        else:
            for value in _values(unit, breakdown):
                by_value[value].append(_only(unit, value, breakdown, question.definition.order == "strict"))
    groups = []
    for value, members in by_value.items():
        walks = walk_all(question, members, require_time)
        if breakdown.attribution == "stage" and breakdown.stage and not all(is_trait):
            journeys = {unit.unit: unit.journey for unit in members}
            walks = [
                walk for walk in walks if breakdown.stage - 1 in stages_held(rules, journeys[walk.unit], walk.times)
            ]
            reached = {walk.unit for walk in walks}
            members = [unit for unit in members if unit.unit in reached]
        if walks:
            groups.append(Group(value, tuple(members), tuple(walks)))
    groups.sort(key=lambda group: (-len(group.walks), group.value))
    kept, rest = groups[: breakdown.limit], groups[breakdown.limit :]
    return [*kept, _together(rest, len(breakdown.properties), rules)] if rest else kept


def _touched(unit: UnitJourney, attribution: str, is_trait: Sequence[bool]) -> Value:
    """The values on the first or the last event that meets a stage and has one; traits are on every event."""
    places = range(len(unit.values)) if attribution != "last_touch" else reversed(range(len(unit.values)))
    for place in places:
        values = unit.values[place]
        own = [value for value, trait in zip(values, is_trait, strict=True) if not trait]
        if unit.journey.masks[place] and (any(own) or not own):
            return _told(values)
    traits = zip(unit.values[0], is_trait, strict=True)
    return tuple((value or "") if trait else "" for value, trait in traits)


def _values(unit: UnitJourney, breakdown: Breakdown) -> set[Value]:
    """Those on events that meet a stage, or the stage that the attribution looks at."""
    wanted = 1 << (breakdown.stage - 1) if breakdown.attribution == "stage" and breakdown.stage else ~0
    return {_told(values) for values, mask in zip(unit.values, unit.journey.masks, strict=True) if mask & wanted}


def _only(unit: UnitJourney, value: Value, breakdown: Breakdown, is_strict: bool) -> UnitJourney:
    """The journey as this value sees it: one stage takes only its events, or all others are left out.

    In a strict funnel events that meet no stage stay in between.
    """
    journey = unit.journey
    has_value = [_told(values) == value for values in unit.values]
    if breakdown.attribution == "stage" and breakdown.stage:
        without = ~(1 << (breakdown.stage - 1))
        masks = [mask if has else mask & without for mask, has in zip(journey.masks, has_value, strict=True)]
        return replace(unit, journey=Journey(journey.times, masks, journey.excluded))
    kept = [place for place, mask in enumerate(journey.masks) if has_value[place] or (is_strict and not mask)]
    return UnitJourney(
        unit.unit,
        Journey(*([column[place] for place in kept] for column in (journey.times, journey.masks, journey.excluded))),
        tuple(unit.values[place] for place in kept),
    )


def _together(groups: Sequence[Group], size: int, rules: Rules) -> Group:
    """The rest as one: a unit of several values counts once, by its furthest walk there, and enters by any of them."""
    by_unit: dict[str, list[Walk]] = defaultdict(list)
    for group in groups:
        for walk in group.walks:
            by_unit[walk.unit].append(walk)
    walks = []
    for several in by_unit.values():
        best = min(several, key=lambda walk: rank_of(rules, walk.times))
        walks.append(replace(best, entries=tuple(entry for walk in several for entry in walk.entries)))
    return Group((OTHER,) * size, tuple(unit for group in groups for unit in group.units), tuple(walks))


def _told(values: Sequence[str | None]) -> Value:
    return tuple(value or "" for value in values)
