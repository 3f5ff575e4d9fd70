"""What may be asked of a funnel beside its definition: counting, breakdown, trend, time to convert, comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.comparison import read_comparison
from iafa_api.domain.faults import MISSING, UNKNOWN, Faults, Path
from iafa_api.domain.filters import is_property
from iafa_api.domain.funnel import ATTRIBUTIONS, COMPLETIONS, Breakdown, FunnelDefinition, Span
from iafa_api.domain.periods import INTERVALS

MAX_PROPERTIES: Final = 3
MAX_LIMIT: Final = 1000
MAX_BINS: Final = 1000
_BREAKDOWN_KEYS: Final = {"properties", "attribution", "attribution_stage", "limit"}
_SPAN_KEYS: Final = {"from_stage", "to_stage", "bins"}
PROPERTY: Final = "Must be a column, properties.NAME or user.NAME."


@dataclass(frozen=True, slots=True)
class FunnelOptions:
    """As `FunnelQuestion` has them; `compare` as `domain.comparison` has it."""

    count_by: str | None = None
    completion: str = "in_range"
    breakdown: Breakdown | None = None
    interval: str | None = None
    span: Span | None = None
    time_to_convert: Span | None = None
    compare: str | int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether only the table of stages is asked for, of persons."""
        return self == FunnelOptions(compare=self.compare)


def read_options(document: Mapping[str, Any], definition: FunnelDefinition) -> FunnelOptions:
    """The options in a question's body; InvalidInput names each field that is wrong."""
    faults = Faults()
    stages = len(definition.stages)
    completion = document.get("completion") or "in_range"
    if completion not in COMPLETIONS:
        faults.add(("completion",), f"Must be one of: {', '.join(COMPLETIONS)}.")
    interval = document.get("interval")
    if interval is not None and interval not in INTERVALS:
        faults.add(("interval",), f"Must be one of: {', '.join(INTERVALS)}.")
    ends = {name: document[name] for name in ("from_stage", "to_stage") if document.get(name) is not None}
    span = _read_span(ends, stages, faults, ())
    to_convert = document.get("time_to_convert")
    options = FunnelOptions(
        count_by=read_count_by(document.get("count_by"), faults),
        completion=completion,
        breakdown=_read_breakdown(document.get("breakdown"), stages, faults),
        interval=interval,
        span=span if interval else None,
        time_to_convert=None if to_convert is None else _read_span(to_convert, stages, faults, ("time_to_convert",)),
        compare=read_comparison(document.get("compare"), faults),
    )
    faults.require_none()
    return options


def read_count_by(value: object, faults: Faults) -> str | None:
    """None for persons, else the property whose values are counted."""
    if value in (None, "users"):
        return None
    if value == "sessions":
        return "session_id"
    if isinstance(value, str) and value.startswith("properties.") and is_property(value):
        return value
    faults.add(("count_by",), "Must be users, sessions or properties.NAME.")
    return None


def _read_breakdown(document: object, stages: int, faults: Faults) -> Breakdown | None:
    if document is None:
        return None
    path: Path = ("breakdown",)
    if not isinstance(document, Mapping):
        faults.add(path, 'Must be such as {"properties": ["properties.plan"]}.')
        return None
    for key in document.keys() - _BREAKDOWN_KEYS:
        faults.add((*path, str(key)), UNKNOWN)
    properties = document.get("properties")
    if properties is None:
        faults.add((*path, "properties"), MISSING)
        return None
    if not isinstance(properties, list) or not 1 <= len(properties) <= MAX_PROPERTIES:
        faults.add((*path, "properties"), f"Must be a list of 1 to {MAX_PROPERTIES} properties.")
        return None
    for place, name in enumerate(properties):
        if not is_property(name):
            faults.add((*path, "properties", str(place)), PROPERTY)
    attribution = document.get("attribution") or "first_touch"
    stage = document.get("attribution_stage")
    if attribution not in ATTRIBUTIONS:
        faults.add((*path, "attribution"), f"Must be one of: {', '.join(ATTRIBUTIONS)}.")
    if (attribution == "stage") != (stage is not None):
        faults.add((*path, "attribution_stage"), "Must be given with the attribution stage, and with no other.")
    elif stage is not None and not (type(stage) is int and 1 <= stage <= stages):
        faults.add((*path, "attribution_stage"), f"Must be the number of a stage, 1 to {stages}.")
    limit = 25 if document.get("limit") is None else document["limit"]
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        faults.add((*path, "limit"), f"Must be 1 to {MAX_LIMIT}.")
    return None if faults else Breakdown(tuple(properties), attribution, stage, limit)


def _read_span(document: object, stages: int, faults: Faults, path: Path) -> Span | None:
    if not isinstance(document, Mapping):
        faults.add(path, 'Must be such as {"from_stage": 1, "to_stage": 2, "bins": 10}.')
        return None
    for key in document.keys() - _SPAN_KEYS:
        faults.add((*path, str(key)), UNKNOWN)
    first, last, bins = document.get("from_stage", 1), document.get("to_stage", stages), document.get("bins", 10)
    if type(first) is not int or not 1 <= first <= stages:
        faults.add((*path, "from_stage"), f"Must be the number of a stage, 1 to {stages}.")
    elif type(last) is not int or not first <= last <= stages:
        faults.add((*path, "to_stage"), f"Must be the number of a stage, {first} to {stages}.")
    elif type(bins) is not int or not 1 <= bins <= MAX_BINS:
        faults.add((*path, "bins"), f"Must be 1 to {MAX_BINS}.")
    else:
        return Span(first, last, bins)
    return None
