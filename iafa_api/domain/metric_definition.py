"""What a defined metric is: a measure of some events, asked for by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from iafa_api.domain.asked_events import read_events_at
from iafa_api.domain.faults import Faults
from iafa_api.domain.filters import Filter
from iafa_api.domain.metrics import BUILT_IN
from iafa_api.domain.trends import read_measure

UNIT_MAX: Final = 30  # characters, behind each figure
NOT_IN_A_PATH: Final = "/\\?#%"  # the name stands in the path /metrics/NAME, where these mean other things


def read_definition(document: Mapping[str, Any]) -> Filter | None:
    """The filter of a definition; InvalidInput names what is wrong with its name, event_type, measure or filter."""
    faults = Faults()
    name = document["name"]
    if name in BUILT_IN:
        faults.add(("name",), f"Must not be one of those that are always there: {', '.join(BUILT_IN)}.")
    if name != name.strip() or name.strip(".") == "" or any(letter in NOT_IN_A_PATH for letter in name):
        faults.add(("name",), f"Must have no blanks at its ends and none of {' '.join(NOT_IN_A_PATH)}")
    events = read_events_at({each: document.get(each) for each in ("event_type", "filter")}, faults, ())
    if "measure" in document:
        read_measure(document["measure"], faults, ("measure",))
    faults.require_none()
    return events.filter
