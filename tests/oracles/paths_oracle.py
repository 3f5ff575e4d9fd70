"""What paths answer, slowly: one session after the other becomes a list of items, which is cut as the definition says.

`node_of_event` reads an item on its own: Python's reader of addresses, and patterns as its regular expressions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from iafa_api.domain.filters import matches
from iafa_api.domain.path_items import Items
from iafa_api.domain.path_question import PathsQuestion
from tests.oracles.activity import Event, arrival, unit_of, value_of

Step = tuple[str, int]  # item, time


def node_of_event(event: Event, items: Items) -> str | None:
    if items.source.startswith("user."):
        text = (event.get("traits") or {}).get(items.source.removeprefix("user."))
    else:
        text = value_of(event, items.source)
    if text and items.source == "url":
        parts = urlsplit(text)
        text = parts.path or ("/" if parts.netloc else "")
    if not text:
        return None
    if text != "/" and text[-1] == "/":
        text = text[:-1]
    for group in items.groups:
        trimmed = group[:-1] if group != "/" and group[-1] == "/" else group
        if re.fullmatch(".*".join(map(re.escape, trimmed.split("*"))), text, re.DOTALL):
            return group
    return text


def paths_figures(rows: Sequence[Event], question: PathsQuestion) -> dict[str, Any]:
    """`nodes` and `links`."""
    reached: dict[tuple[int, str], list[Any]] = defaultdict(list)
    went: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    for person, session in _sessions(rows, question):
        found = _walk(session, question)
        if found is None:
            continue
        walk, is_stopped = found
        for place, (item, _) in enumerate(walk, 1):
            fate = "continued" if place < len(walk) else "ended" if is_stopped else "dropped"
            reached[place, item].append((fate, person))
        for place, ((item, time), (following, later)) in enumerate(pairwise(walk), 1):
            went[place, item, following].append((later - time, person))
    links = [
        {
            "source": f"{place}_{item}",
            "target": f"{place + 1}_{following}",
            "count": len(walks),
            "users": len({person for _, person in walks}),
            "average_seconds": float(Fraction(sum(length for length, _ in walks), len(walks) * 1_000_000)),
        }
        for (place, item, following), walks in went.items()
    ]
    links.sort(key=lambda link: (-link["count"], link["source"], link["target"]))
    links = _led_to(links[: question.edge_limit])
    nodes = [
        {
            "id": f"{place}_{item}",
            "item": item,
            "position": place,
            "reached": len(walks),
            **{fate: sum(1 for one, _ in walks if one == fate) for fate in ("continued", "dropped", "ended")},
            "users": len({person for _, person in walks}),
        }
        for (place, item), walks in reached.items()
    ]
    nodes.sort(key=lambda node: (node["position"], -node["reached"], node["item"]))
    linked = {link[end] for link in links for end in ("source", "target")}
    alone = [node["id"] for node in nodes if node["position"] == 1 and node["id"] not in linked]
    shown = linked | set(alone[: question.edge_limit])
    return {"nodes": [node for node in nodes if node["id"] in shown], "links": links}


def _sessions(rows: Sequence[Event], question: PathsQuestion) -> list[tuple[Any, list[Step]]]:
    found: list[tuple[Any, list[Step]]] = []
    last: dict[Any, int] = {}
    for one in sorted(rows, key=lambda one: (str(unit_of(one, None)), arrival(one))):
        time = one["created_at"]
        node = node_of_event(one, question.items)
        counts = (
            question.time_range.start_us <= time < question.time_range.end_us
            and matches(question.filter, one)
            and (question.event_types is None or one["event_type"] in question.event_types)
            and one["event_type"] not in question.excluded_types
        )
        if not counts or node is None:
            continue
        person = unit_of(one, None)
        if person not in last or time - last[person] > question.gap_us:
            found.append((person, []))
        found[-1][1].append((node, time))
        last[person] = time
    return found


def _walk(session: list[Step], question: PathsQuestion) -> tuple[list[Step], bool] | None:
    """What is left of a session, and whether it was stopped; None where it is left out."""
    steps: list[Step] = []
    for item, time in session:
        if steps and steps[-1][0] == item:
            steps.pop()
        steps.append((item, time))
    if question.start is not None:
        items = [item for item, _ in steps]
        if question.start not in items:
            return None
        steps = steps[items.index(question.start) :]
    is_stopped = False
    if question.end is not None:
        items = [item for item, _ in steps]
        if question.end not in items:
            return None
        steps = steps[: items.index(question.end) + 1]
        is_stopped = True
        if question.start is None:
            return steps[-question.node_max :], True
    return steps[: question.node_max], is_stopped or len(steps) > question.node_max


def _led_to(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cut what nothing leads to, until there is nothing to cut."""
    while True:
        targets = {link["target"] for link in links}
        kept = [link for link in links if link["source"].startswith("1_") or link["source"] in targets]
        if kept == links:
            return links
        links = kept
