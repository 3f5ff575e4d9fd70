"""What a dashboard is: reports in an order, each with hints how much room it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from iafa_api.domain.faults import Faults

REPORTS_MAX: Final = 100  # of one dashboard: each is a question that a look at it asks
GRID_MAX: Final = 1000  # columns or rows
HINTS: Final = ("column", "row", "width", "height")


def require_different(reports: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a dashboard that shows a report twice: which of the two is moved or removed could not be said."""
    faults, seen = Faults(), set()
    for place, each in enumerate(reports):
        if each["report_id"] in seen:
            faults.add(("reports", str(place), "report_id"), "Must stand on a dashboard once.")
        seen.add(each["report_id"])
    faults.require_none()


def require_added(reports: Sequence[Mapping[str, Any]], known: Collection[str]) -> None:
    """Refuse a dashboard with a report that is not one of `known`."""
    faults = Faults()
    for place, each in enumerate(reports):
        if each["report_id"] not in known:
            faults.add(("reports", str(place), "report_id"), "Must be the id of a report of this project.")
    faults.require_none()
