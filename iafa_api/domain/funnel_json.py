"""A funnel from and to JSON: what a document must be, told field by field.

`funnel_from_json` promises a definition that keeps every rule, or `InvalidInput` whose `errors` name each field that
does not, by its place in the document as it came. `to_json` gives the one form that is stored: what was read from it is
equal to what was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from iafa_api.domain.faults import MISSING, UNKNOWN, Faults, Path, refuse
from iafa_api.domain.filters import read_filter
from iafa_api.domain.funnel import (
    FIRST_MATCHING,
    MAX_STAGES,
    ORDERS,
    POLICIES,
    UNIT_SECONDS,
    ConversionWindow,
    Exclusion,
    FunnelDefinition,
    Stage,
)
from iafa_api.domain.names import is_one_line

LEAST_STAGES_SAVED: Final = 2
LEAST_STAGES_ASKED: Final = 1
MAX_NAME: Final = 100
MAX_EXCLUSIONS: Final = 20
MAX_WINDOW_SECONDS: Final = 3650 * 86_400
ANY_EVENT: Final = "Any event"

_SHORT_UNITS: Final = {unit[0]: unit for unit in UNIT_SECONDS}
FUNNEL_KEYS: Final = {"stages", "order", "conversion_window", "exclusions", "exclusion_policy"}
_STAGE_KEYS: Final = {"order", "name", "event_type", "event", "filter", "filters", "optional", "first_time_only"}
_EXCLUSION_KEYS: Final = {"event_type", "event", "filter", "filters", "from_stage", "to_stage"}


def parse_window(text: str, *, path: Path = ("conversion_window",)) -> ConversionWindow:
    """`7d`: a whole number and one of the units s, m, h, d and w."""
    found = re.fullmatch("([0-9]{1,9})([smhdw])", text)
    window = ConversionWindow(int(found[1]), _SHORT_UNITS[found[2]]) if found else None
    if window is None or not _is_sane(window):
        raise refuse(path, "Must be a whole number and a unit (s, m, h, d, w), such as 7d, up to 3650d.")
    return window


def funnel_from_json(document: object, *, least_stages: int) -> FunnelDefinition:
    if not isinstance(document, Mapping):
        raise refuse(("stages",), MISSING)
    faults = Faults()
    _require_known(document, FUNNEL_KEYS, faults, ())
    stages = _read_stages(document, least_stages, faults)
    order = document.get("order", "ordered")
    if order not in ORDERS:
        faults.add(("order",), f"Must be one of: {', '.join(ORDERS)}.")
    if order == "unordered":
        for index, stage in enumerate(stages):
            if stage.is_optional:
                faults.add(("stages", str(index), "optional"), "Must be left out where the order is unordered.")
    window = _read_window(document.get("conversion_window"), faults)
    exclusions = _read_exclusions(document.get("exclusions"), len(stages), order, faults)
    policy = document.get("exclusion_policy") or "leave"
    if policy not in POLICIES:
        faults.add(("exclusion_policy",), f"Must be one of: {', '.join(POLICIES)}.")
    faults.require_none()
    return FunnelDefinition(stages, order, window, exclusions, policy)


def to_json(definition: FunnelDefinition) -> dict[str, Any]:
    """The one stored form. What is as it is by default and came later than the first funnels is left out."""
    window = definition.window
    return {
        "stages": [_stage_to_json(stage) for stage in definition.stages],
        "order": definition.order,
        "conversion_window": None if window is None else {"value": window.value, "unit": window.unit},
        "exclusions": [
            {
                "event_type": exclusion.event_type,
                "filter": exclusion.filter_json,
                "from_stage": exclusion.from_stage,
                "to_stage": exclusion.to_stage,
            }
            for exclusion in definition.exclusions
        ],
        **({} if definition.exclusion_policy == "leave" else {"exclusion_policy": definition.exclusion_policy}),
    }


def _stage_to_json(stage: Stage) -> dict[str, Any]:
    return {
        "order": stage.order,
        "name": stage.name,
        "event_type": stage.event_type,
        "filter": stage.filter_json,
        **({"optional": True} if stage.is_optional else {}),
        **({"first_time_only": stage.first_time_only} if stage.first_time_only else {}),
    }


def _read_stages(document: Mapping[Any, Any], least: int, faults: Faults) -> tuple[Stage, ...]:
    listed = document.get("stages")
    if listed is None:
        faults.add(("stages",), MISSING)
        return ()
    if not isinstance(listed, list) or not least <= len(listed) <= MAX_STAGES:
        faults.add(("stages",), f"Must be a list of {least} to {MAX_STAGES} stages.")
        return ()
    stages = [_read_stage(stage, index, faults) for index, stage in enumerate(listed)]
    whole = [stage for stage in stages if stage is not None]
    if len(whole) < len(stages) or sorted(stage.order for stage in whole) == list(range(1, len(stages) + 1)):
        for index, stage in enumerate(whole):
            if stage.is_optional and stage.order in (1, len(whole)):
                faults.add(("stages", str(index), "optional"), "The first and the last stage cannot be skipped.")
        return tuple(sorted(whole, key=lambda stage: stage.order))
    wrong, seen = [], set()
    for index, stage in enumerate(whole):
        if stage.order in seen or not 1 <= stage.order <= len(whole):
            wrong.append(index)
        seen.add(stage.order)
    for index in wrong:
        faults.add(("stages", str(index), "order"), f"Must number the stages 1 to {len(whole)}, each number once.")
    return ()


def _read_stage(stage: object, index: int, faults: Faults) -> Stage | None:
    path: Path = ("stages", str(index))
    if not isinstance(stage, Mapping):
        faults.add(path, "Must be a stage: a mapping with an event_type.")
        return None
    _require_known(stage, _STAGE_KEYS, faults, path)
    is_optional, first_time_only = stage.get("optional") or False, stage.get("first_time_only") or False
    if is_optional not in (True, False):
        faults.add((*path, "optional"), "Must be true or false.")
    if first_time_only not in (True, False, FIRST_MATCHING):
        faults.add((*path, "first_time_only"), f"Must be true, false or {FIRST_MATCHING}.")
    order = stage.get("order", index + 1)
    if not isinstance(order, int) or isinstance(order, bool):
        faults.add((*path, "order"), "Must be a whole number.")
        order = index + 1
    event_type = _read_event_type(stage, faults, path)
    name = stage.get("name")
    if name is not None and not (is_label(name) and name.strip()):
        faults.add((*path, "name"), f"Must be a text of 1 to {MAX_NAME} characters without control characters.")
    key = _one_of(stage, "filter", "filters", faults, path)
    tree = read_filter(stage.get(key), faults, (*path, key))
    label = str(name or event_type or ANY_EVENT)
    return Stage(order, label, event_type, tree, stage.get(key), is_optional, first_time_only)


def _read_event_type(document: Mapping[Any, Any], faults: Faults, path: Path) -> str | None:
    key = _one_of(document, "event_type", "event", faults, path)
    if key not in document:
        faults.add((*path, key), MISSING)
        return None
    event_type = document[key]
    if event_type is None or is_label(event_type):
        return event_type if isinstance(event_type, str) else None
    faults.add((*path, key), f"Must be 1 to {MAX_NAME} characters without control characters, or null for any event.")
    return None


def _one_of(document: Mapping[Any, Any], key: str, other: str, faults: Faults, path: Path) -> str:
    if key in document and other in document:
        faults.add((*path, other), f"Must be left out where {key} is given.")
    return other if other in document and key not in document else key


def _read_window(document: object, faults: Faults) -> ConversionWindow | None:
    if document is None:
        return None
    path: Path = ("conversion_window",)
    if not isinstance(document, Mapping):
        faults.add(path, 'Must be such as {"value": 7, "unit": "day"}, or null for the whole range.')
        return None
    _require_known(document, {"value", "unit"}, faults, path)
    value, unit = document.get("value"), document.get("unit")
    if "value" not in document:
        faults.add((*path, "value"), MISSING)
    elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
        faults.add((*path, "value"), "Must be a whole number from 1 on.")
    if "unit" not in document:
        faults.add((*path, "unit"), MISSING)
    elif unit not in tuple(UNIT_SECONDS):
        faults.add((*path, "unit"), f"Must be one of: {', '.join(UNIT_SECONDS)}.")
    if faults or not isinstance(value, int) or not isinstance(unit, str):
        return None
    window = ConversionWindow(value, unit)
    if not _is_sane(window):
        faults.add((*path, "value"), f"Must not be longer than {MAX_WINDOW_SECONDS // UNIT_SECONDS[unit]} {unit}s.")
    return window


def _is_sane(window: ConversionWindow) -> bool:
    return 0 < window.value * UNIT_SECONDS[window.unit] <= MAX_WINDOW_SECONDS


def _read_exclusions(document: object, stage_count: int, order: object, faults: Faults) -> tuple[Exclusion, ...]:
    if document is None:
        return ()
    if not isinstance(document, list) or len(document) > MAX_EXCLUSIONS:
        faults.add(("exclusions",), f"Must be a list of at most {MAX_EXCLUSIONS} exclusions.")
        return ()
    read = [
        _read_exclusion(exclusion, stage_count, order, faults, ("exclusions", str(index)))
        for index, exclusion in enumerate(document)
    ]
    return tuple(exclusion for exclusion in read if exclusion is not None)


def _read_exclusion(exclusion: object, stage_count: int, order: object, faults: Faults, path: Path) -> Exclusion | None:
    if not isinstance(exclusion, Mapping):
        faults.add(path, "Must be a mapping with event_type, from_stage and to_stage.")
        return None
    _require_known(exclusion, _EXCLUSION_KEYS, faults, path)
    event_type = _read_event_type(exclusion, faults, path)
    key = _one_of(exclusion, "filter", "filters", faults, path)
    tree = read_filter(exclusion.get(key), faults, (*path, key))
    first, last = exclusion.get("from_stage"), exclusion.get("to_stage")
    if type(first) is not int or not 1 <= first < stage_count:
        faults.add((*path, "from_stage"), "Must be the number of a stage before the last.")
    elif type(last) is not int or not first < last <= stage_count:
        faults.add((*path, "to_stage"), "Must be the number of a stage after from_stage.")
    elif order == "unordered" and (first, last) != (1, stage_count):
        faults.add((*path, "from_stage"), "Must reach from the first to the last stage where the order is unordered.")
    else:
        return Exclusion(event_type, first, last, tree, exclusion.get(key))
    return None


def _require_known(document: Mapping[Any, Any], known: set[str], faults: Faults, path: Path) -> None:
    for key in document:
        if key not in known:
            faults.add((*path, str(key)), UNKNOWN)


def is_label(text: object) -> bool:
    """1 to 100 characters that can be shown on one line."""
    return isinstance(text, str) and 1 <= len(text) <= MAX_NAME and is_one_line(text)
