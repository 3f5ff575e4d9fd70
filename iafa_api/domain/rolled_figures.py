"""Which figures that a project defines are rolled up, and what tells two of them apart.

A figure can be kept by itself where it can be added up (events, sums and averages), and by local days where it cannot
(persons, sessions); and only where it asks for what stands in the event: traits and cohorts change with time. What is
kept is found again by what it counts: a definition that counts otherwise finds nothing, one with another name does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from iafa_api.domain.asked_events import AskedEvents
from iafa_api.domain.filters import COHORT, AllOf, Condition, Filter, conditions
from iafa_api.domain.metrics import EVENTS, UNITS, Metric

SUMS: Final = ("sum", "average")
TYPE_DIMENSIONS: Final = (None, "event_type")
KEY_LENGTH: Final = 32  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class RolledFigure:
    """How many events there are, or how many numbers in a property and their sum, by a dimension or (None) of all.

    `unit` is the column whose distinct values are counted instead, where it is not None.
    """

    events: AskedEvents
    number: str | None = None
    dimension: str | None = None
    unit: str | None = None

    @property
    def is_by_type(self) -> bool:
        """Whether it is kept anyhow: events, persons and sessions by event type are, of each project."""
        return self.events.filter is None and self.number is None and self.dimension in TYPE_DIMENSIONS

    @property
    def key(self) -> str:
        """Equal where the same is counted. It stands in stored roll-ups: what it is made of must not change."""
        told = [self.events.event_type, _told(self.events.filter), self.number, self.dimension, self.unit]
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def rolled_figure(metric: Metric, dimension: str | None) -> RolledFigure | None:
    """The figure that is kept for a metric that a project defines, beside those by event type; None where none is."""
    if metric.definition is None or dimension not in (None, *metric.dimensions) or not is_own(metric.events.filter):
        return None
    kind = metric.kind
    if kind not in (EVENTS, *SUMS, *UNITS):
        return None
    figure = RolledFigure(metric.events, metric.measure.property_name, dimension, UNITS.get(kind))
    return None if figure.is_by_type else figure


def rolled_figures(metric: Metric) -> list[RolledFigure]:
    """All of those: of all, and by each of the metric's dimensions."""
    found = (rolled_figure(metric, dimension) for dimension in (None, *metric.dimensions))
    return [figure for figure in found if figure is not None]


def is_own(tree: Filter | None) -> bool:
    """Whether a filter looks at nothing but the event."""
    return not any(each.property == COHORT or each.property.startswith("user.") for each in conditions(tree))


def _told(tree: Filter | None) -> Any:
    if tree is None:
        return None
    if isinstance(tree, Condition):
        values = sorted(tree.values, key=lambda value: (value is None, value or ""))
        return [tree.property, tree.operator, values]
    return ["all" if isinstance(tree, AllOf) else "any", *map(_told, tree.parts)]
