"""Which figures are rolled up, what tells two of them apart, and what amounts of them come to."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from iafa_api.domain.amounts import NOTHING, PARTS, add_up, figure_of
from iafa_api.domain.metrics import BUILT_IN, defined_metric
from iafa_api.domain.rolled_figures import rolled_figure, rolled_figures
from iafa_api.domain.trends import Measure


def metric(**fields: Any) -> Any:
    document = {"id": "m", "version": 1, "name": "n", "event_type": "pay", "measure": "sum of properties.n"}
    return defined_metric({**document, "filter": None, "unit": None, **fields})


def key(**fields: Any) -> str | None:
    figure = rolled_figure(metric(**fields), None)
    return figure and figure.key


def test_a_key_says_what_is_counted_and_stays_what_it_is() -> None:
    # It stands in stored roll-ups: another one for the same would lose what is kept of expired events.
    assert key() == "ec3887e887baf05607cb9bbf52238c81"
    tree = {"all": [{"url": ["b", "a", None]}, {"any": [{"properties.x": {"gt": 1}}, {"referrer": {"is_set": True}}]}]}
    assert key(filter=tree) == "de855aee80c33f5a11315c69e0b46e1c"
    assert key(name="other", unit="EUR", version=7) == key()
    assert key(measure="average of properties.n") == key()
    assert key(filter={"url": ["a", "b"]}) == key(filter={"url": ["b", "a"]})
    others = [
        {"event_type": None},
        {"filter": {"url": "a"}},
        {"filter": {"url": {"ne": "a"}}},
        {"filter": {"any": [{"url": "a"}, {"url": "b"}]}},
        {"filter": {"all": [{"url": "a"}, {"url": "b"}]}},
        {"measure": "sum of properties.m"},
        {"measure": "users", "filter": {"url": "a"}},
        {"measure": "sessions", "filter": {"url": "a"}},
        {"measure": "events", "filter": {"url": "a"}},
    ]
    assert len({key(), *(key(**fields) for fields in others)}) == len(others) + 1


@pytest.mark.parametrize(
    "fields",
    [
        {"measure": "median of properties.n"},
        {"measure": "first_time_users"},
        {"filter": {"user.plan": "pro"}},
        {"filter": {"any": [{"url": "a"}, {"property": "cohort", "operator": "in", "value": "c"}]}},
        {"measure": "events"},  # that are kept by event type
        {"measure": "users"},
    ],
)
def test_what_cannot_be_added_up_or_changes_with_time_or_is_kept_anyhow_has_no_roll_up(fields: dict[str, Any]) -> None:
    assert key(**fields) is None


def test_each_dimension_has_one() -> None:
    dimensions = ["properties.plan", "event_type"]
    found = [figure.dimension for figure in rolled_figures(metric(dimensions=dimensions))]
    assert found == [None, *dimensions]
    assert [figure.dimension for figure in rolled_figures(metric(measure="events", dimensions=dimensions))] == [
        "properties.plan"
    ]
    assert rolled_figure(metric(dimensions=dimensions), "url") is None
    assert rolled_figures(BUILT_IN["events"]) == []


def test_amounts_come_to_the_same_in_any_order() -> None:
    small, large = (2, PARTS // 10), (1, Fraction(10**300) * PARTS)
    total = add_up((small, large, (1, -large[1]), NOTHING))
    assert total == add_up((large, NOTHING, (1, -large[1]), small)) == (4, PARTS // 10)
    assert figure_of(total, Measure("sum", "properties.n")) == 0.1
    assert figure_of(total, Measure("average", "properties.n")) == 0.025
    assert figure_of(total, Measure("events")) == 4
    assert figure_of((1, 10**400 * PARTS), Measure("sum", "properties.n")) is None
    assert [figure_of(NOTHING, Measure(kind)) for kind in ("sum", "average", "users")] == [0.0, None, 0]
