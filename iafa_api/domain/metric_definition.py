"""What a defined metric is: a measure of some events, asked for by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from iafa_api.domain.asked_events import read_events_at
from iafa_api.domain.faults import Faults
from iafa_api.domain.filters import Filter, is_property
from iafa_api.domain.metrics import BUILT_IN
from iafa_api.domain.trends import read_measure

DIMENSIONS_MAX: Final = 3  # each has a roll-up of its own
NO_DIMENSIONS: Final = ("id", "user_id", "anonymous_id", "session_id", "ip_address")  # values outlive the events
UNIT_MAX: Final = 30  # characters, behind each figure
NOT_IN_A_PATH: Final = "/\\?#%"  # the name stands in the path /metrics/NAME, where these mean other things


def read_definition(document: Mapping[str, Any]) -> Filter | None:
    """The filter of a definition; InvalidInput names what is wrong with its name, event_type, measure, filter or
    dimensions."""
    faults = Faults()
    name = document["name"]
    if name in BUILT_IN:
        faults.add(("name",), f"Must not be one of those that are always there: {', '.join(BUILT_IN)}.")
    if name != name.strip() or name.strip(".") == "" or any(letter in NOT_IN_A_PATH for letter in name):
        faults.add(("name",), f"Must have no blanks at its ends and none of {' '.join(NOT_IN_A_PATH)}")
    events = read_events_at({each: document.get(each) for each in ("event_type", "filter")}, faults, ())
    if "measure" in document:
        read_measure(document["measure"], faults, ("measure",))
    _read_dimensions(document.get("dimensions") or (), faults)
    faults.require_none()
    return events.filter


def _read_dimensions(asked: Sequence[Any], faults: Faults) -> None:
    if len(asked) > DIMENSIONS_MAX or len(set(asked)) < len(asked):
        faults.add(("dimensions",), f"Must be at most {DIMENSIONS_MAX} different properties.")
    for place, name in enumerate(asked):
        if not is_property(name) or name.startswith("user.") or name in NO_DIMENSIONS:
            faults.add(("dimensions", str(place)), "Must be properties.NAME, or a column that names no person.")
