"""What the demo's shop is looked at with: saved reports, and the dashboard that shows them.

Each is a question as `POST /reports` takes it, about days that move on with the calendar.
"""

from __future__ import annotations

from typing import Any, Final

from iafa_api.domain.demo_shop import DEMO_FUNNELS

_PAID: Final = {"event_type": "purchase", "filter": {"properties.status": "completed"}}
_ANY_EVENT: Final = {"event_type": None, "filter": None}
_ASKED_OF_FUNNEL: Final = ("stages", "order", "conversion_window")


def _about_funnel(name: str, **beside: Any) -> dict[str, Any]:
    """A question about one of the demo's funnels."""
    (funnel,) = (each for each in DEMO_FUNNELS if each["name"] == name)
    return {part: funnel[part] for part in _ASKED_OF_FUNNEL} | {"start_date": "30d"} | beside


DEMO_REPORTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "Revenue and orders",
        "description": "What completed orders bring in, by day, and what one of them is worth.",
        "kind": "trends",
        "question": {
            "series": [{**_PAID, "measure": "sum of properties.amount"}, {**_PAID, "measure": "events"}],
            "formulas": ["A / B"],
            "interval": "day",
            "start_date": "30d",
        },
    },
    {
        "name": "From page to order",
        "description": "How far the visitors of the last 30 days got.",
        "kind": "funnel",
        "question": _about_funnel("Purchase"),
    },
    {
        "name": "Checkout on phones, day by day",
        "description": "The second Tuesday of the month stands out: a release broke it for ten hours.",
        "kind": "funnel",
        "question": _about_funnel("Checkout on phones", interval="day"),
    },
    {
        "name": "Who comes back",
        "description": "Visitors by the week of their first visit, and how many of them are there again.",
        "kind": "retention",
        "question": {
            "cohort_event": _ANY_EVENT,
            "return_event": _ANY_EVENT,
            "cohort_rule": "first_time",
            "interval": "week",
            "periods": 8,
        },
    },
    {
        "name": "New and returning visitors",
        "description": "Each week’s visitors: new ones, those who stay, those who come back, those who went.",
        "kind": "lifecycle",
        "question": {"event": _ANY_EVENT, "interval": "week", "start_date": "56d"},
    },
    {
        "name": "Visits",
        "description": "How many visits there are, how long they last, how many end after one event.",
        "kind": "sessions",
        "question": {"interval": "day", "start_date": "30d", "compare": "previous_period"},
    },
    {
        "name": "Ways through the shop",
        "description": "What visitors do one after the other, from their first event on.",
        "kind": "paths",
        "question": {"item": "event_type", "max_nodes": 5, "edge_limit": 30, "start_date": "7d"},
    },
    {
        "name": "Active people",
        "description": "How many different people come each day.",
        "kind": "metric",
        "question": {"name": "daily_active_users", "granularity": "day", "start_time": "30d"},
    },
)

DEMO_DASHBOARD: Final[dict[str, Any]] = {
    "name": "Shop at a glance",
    "description": "How the shop does, who comes back, and where orders are lost.",
    # Names of reports, and of how many of two columns each has the room.
    "reports": (
        ("Revenue and orders", 2),
        ("From page to order", 1),
        ("Checkout on phones, day by day", 1),
        ("Who comes back", 2),
        ("Visits", 1),
        ("Active people", 1),
        ("New and returning visitors", 1),
        ("Ways through the shop", 1),
    ),
}
