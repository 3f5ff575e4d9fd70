"""What paths ask: which items people walk through, one after the other, within a session.

`paths_from_json` promises a question that can be answered, or `InvalidInput` whose `errors` name each field that is
wrong. What the figures mean: docs/semantics.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iafa_api.domain.asked_events import read_whole_number
from iafa_api.domain.faults import Faults
from iafa_api.domain.filters import Filter, read_filter
from iafa_api.domain.funnel_json import MAX_NAME, is_label
from iafa_api.domain.path_items import Items, node_of, read_items
from iafa_api.domain.session_question import MINUTE_US, read_gap
from iafa_api.domain.time_range import TimeRange, parse_range

DEFAULT_NODES: Final = 5
NODES_MAX: Final = 50
DEFAULT_EDGES: Final = 50
EDGES_MAX: Final = 5000
TYPES_MAX: Final = 1000
ITEM_LENGTH_MAX: Final = 2000


@dataclass(frozen=True, slots=True)
class PathsQuestion:
    """Walks of at most `node_max` items in sessions of the range; `start` and `end` are nodes, as items become them.

    `event_types` are the only ones that count (None: all), `excluded_types` never do. `asked` is the question in JSON,
    with everything that was left out filled in.
    """

    items: Items
    time_range: TimeRange
    event_types: tuple[str, ...] | None = None
    excluded_types: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    node_max: int = DEFAULT_NODES
    gap_us: int = 30 * MINUTE_US
    edge_limit: int = DEFAULT_EDGES
    filter: Filter | None = None
    asked: Mapping[str, Any] = field(compare=False, default_factory=dict)


def paths_from_json(document: Mapping[str, Any], *, timezone: str, now_us: int) -> PathsQuestion:
    faults = Faults()
    items = read_items(document, faults)
    wanted = _read_types(document, "event_types", faults)
    excluded = _read_types(document, "exclude_event_types", faults)
    start = _read_item(document, "start_item", items, faults)
    end = _read_item(document, "end_item", items, faults)
    node_max = read_whole_number(document, "max_nodes", faults, default=DEFAULT_NODES, least=2, most=NODES_MAX)
    gap = read_gap(document, "session_gap_minutes", faults)
    edge_limit = read_whole_number(document, "edge_limit", faults, default=DEFAULT_EDGES, least=1, most=EDGES_MAX)
    tree = read_filter(document.get("filter"), faults, ("filter",))
    faults.require_none()
    time_range = parse_range(document.get("start_date"), document.get("end_date"), timezone=timezone, now_us=now_us)
    asked = {
        "item": items.source,
        "event_types": document.get("event_types"),
        "exclude_event_types": document.get("exclude_event_types"),
        "start_item": document.get("start_item"),
        "end_item": document.get("end_item"),
        "max_nodes": node_max,
        "session_gap_minutes": gap,
        "edge_limit": edge_limit,
        "path_groups": list(items.groups),
        "filter": document.get("filter"),
        "start_date": time_range.start,
        "end_date": time_range.end,
    }
    return PathsQuestion(
        items,
        time_range,
        wanted,
        excluded or (),
        start,
        end,
        node_max,
        gap * MINUTE_US,
        edge_limit,
        tree,
        asked,
    )


def _read_types(document: Mapping[str, Any], name: str, faults: Faults) -> tuple[str, ...] | None:
    listed = document.get(name)
    if listed is None:
        return None
    if not isinstance(listed, list) or len(listed) > TYPES_MAX:
        faults.add((name,), f"Must be a list of at most {TYPES_MAX} event types.")
        return None
    for place, one in enumerate(listed):
        if not is_label(one):
            faults.add((name, str(place)), f"Must be 1 to {MAX_NAME} characters without control characters.")
    return tuple(map(str, listed))


def _read_item(document: Mapping[str, Any], name: str, items: Items, faults: Faults) -> str | None:
    """The node that an item as people write it becomes; a group is itself."""
    text = document.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > ITEM_LENGTH_MAX:
        faults.add((name,), f"Must be a text of at most {ITEM_LENGTH_MAX} characters.")
        return None
    if text in items.groups:
        return text
    node = node_of(items, text)
    if node is None:
        faults.add((name,), "Must be an item, and not the empty text.")
    return node
