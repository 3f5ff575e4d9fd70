"""Paths: the nodes and links of people's walks. What the steps of the counting are is told in `path_sql`.

All of a node's figures are of all walks, also where links are cut: reached = continued + dropped + ended. Shown are the
nodes of the links that stay, and the first nodes without one, the most reached first, up to the limit of links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from iafa_api import clock
from iafa_api.analytics import path_sql
from iafa_api.analytics.duckdb_engine import DuckdbEngine
from iafa_api.analytics.event_sql import Parameters, count_sql, looked_at_sql
from iafa_api.analytics.session_sql import parts_sql
from iafa_api.domain.path_question import PathsQuestion
from iafa_api.lake.event_source import EventSource


@dataclass(frozen=True, slots=True)
class Node:
    """An item at a position of walks: how many reach it, go on, end there by themselves (`dropped`) or are stopped
    there (`ended`)."""

    id: str
    item: str
    position: int
    reached: int
    continued: int
    dropped: int
    ended: int
    users: int


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes, one after the other in `count` walks."""

    source: str
    target: str
    count: int
    users: int
    average_seconds: float


@dataclass(frozen=True, slots=True)
class Paths:
    """What is shown, and how many events of the range passed the question's filter."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    events: int


def count_paths(engine: DuckdbEngine, source: EventSource, question: PathsQuestion) -> Paths:
    engine.require_patterns([question.filter])
    with engine.asking(source) as ask:
        parameters = Parameters()
        events = ask.events(parameters)
        looked_at = looked_at_sql(question.time_range, question.filter, parameters)
        [(looked_at_count,)] = ask.run(count_sql(events, looked_at), parameters.values)
        ask.run(path_sql.NODES)
        ask.run(path_sql.LINKS)
        for part in parts_sql("person", looked_at_count):
            parameters = Parameters()
            ask.run(path_sql.visits(question, part, ask.events(parameters), parameters), parameters.values)
            parameters = Parameters()
            ask.run(path_sql.steps(question, parameters), parameters.values)
            ask.run(path_sql.ADD_NODES)
            ask.run(path_sql.ADD_LINKS)
        links = [
            Link(
                _id(position, item),
                _id(position + 1, following),
                int(walks),
                int(users),
                float(Fraction(int(total_us), int(walks) * clock.MICROSECONDS)),
            )
            for position, item, following, walks, users, total_us in ask.run(
                path_sql.ALL_LINKS, {"most": question.edge_limit}
            )
        ]
        nodes = [
            Node(_id(position, item), item, position, *map(int, figures))
            for position, item, *figures in ask.run(path_sql.ALL_NODES)
        ]
    kept = plan_links(links)
    return Paths(tuple(plan_nodes(nodes, kept, question.edge_limit)), tuple(kept), looked_at_count)


def paths_table(paths: Paths) -> dict[str, Any]:
    return {"nodes": [asdict(node) for node in paths.nodes], "links": [asdict(link) for link in paths.links]}


def plan_links(links: Sequence[Link]) -> list[Link]:
    """Those that a first node still leads to."""
    by_position = sorted(links, key=lambda link: _position(link.source))
    reachable: set[str] = set()
    for link in by_position:
        if _position(link.source) == 1 or link.source in reachable:
            reachable.add(link.target)
    return [link for link in links if _position(link.source) == 1 or link.source in reachable]


def plan_nodes(nodes: Sequence[Node], links: Sequence[Link], limit: int) -> list[Node]:
    """The nodes to show: by position, the most reached first, then by item."""
    linked = {end for link in links for end in (link.source, link.target)}
    ranked = sorted(nodes, key=lambda node: (node.position, -node.reached, node.item))
    alone = [node.id for node in ranked if node.position == 1 and node.id not in linked]
    shown = linked.union(alone[:limit])
    return [node for node in ranked if node.id in shown]


def _id(position: int, item: str) -> str:
    return f"{position}_{item}"


def _position(node_id: str) -> int:
    return int(node_id.partition("_")[0])
