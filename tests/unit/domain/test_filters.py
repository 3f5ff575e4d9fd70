"""The filter language: its three forms, its bounds, and what each operator means for what is there and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from iafa_api.domain.filters import MAX_CONDITIONS, OPERATORS, AllOf, AnyOf, Condition, matches, parse_filter
from iafa_api.errors import InvalidInput
from tests.journeys import row

EVENT = row("buy", 0, user_id="u1", properties={"plan": "Pro", "amount": "12.5", "vip": "true", "note": None, "e": ""})


def holds(document: object) -> bool:
    return matches(parse_filter(document), EVENT)


def refused(document: object) -> Any:
    with pytest.raises(InvalidInput) as caught:
        parse_filter(document)
    assert caught.value.errors is not None
    return caught.value.errors["filter"]


def test_the_three_forms_mean_the_same() -> None:
    plan = Condition("properties.plan", "eq", ("Pro",))
    kind = Condition("event_type", "in", ("buy", "try"))
    assert parse_filter({"properties.plan": "Pro", "event_type": {"in": ["buy", "try"]}}) == AllOf((plan, kind))
    listed = [
        {"property": "properties.plan", "operator": "eq", "value": "Pro"},
        {"property": "event_type", "operator": "in", "value": ["buy", "try"]},
    ]
    assert parse_filter(listed) == AllOf((plan, kind))
    assert parse_filter({"all": listed}) == AllOf((plan, kind))
    assert parse_filter({"any": [listed[0], {"all": [listed[1]]}]}) == AnyOf((plan, kind))


@pytest.mark.parametrize("nothing", [None, {}, [], {"all": []}])
def test_a_filter_that_asks_for_nothing_is_none(nothing: object) -> None:
    assert parse_filter(nothing) is None


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"properties.plan": "Pro"}, True),
        ({"properties.plan": "pro"}, False),
        ({"properties.plan": ["x", "Pro"]}, True),
        ({"properties.amount": 12.5}, True),
        ({"properties.vip": True}, True),
        ({"properties.plan": {"ne": "x"}}, True),
        ({"properties.plan": {"not_in": ["Pro", "x"]}}, False),
        ({"properties.amount": {"gte": 12.5, "lt": 13}}, True),
        ({"properties.amount": {"gt": "9"}}, True),  # numbers, not texts
        ({"properties.plan": {"gt": 0}}, False),
        ({"properties.plan": {"contains": "PR"}}, True),
        ({"properties.plan": {"not_contains": ["q", "pr"]}}, False),
        ({"properties.plan": {"starts_with": "Pr"}}, True),
        ({"properties.plan": {"ends_with": "RO"}}, False),
        ({"properties.plan": {"regex": "^P.o$"}}, True),
        ({"properties.e": ""}, True),
        ({"properties.e": {"is_set": True}}, True),
        ({"any": [{"properties.plan": "x"}, {"user_id": "u1"}]}, True),
        ({"user_id": "u1", "any": [{"properties.plan": "x"}, {"url": "y"}]}, False),
    ],
)
def test_values_are_compared_as_told(document: object, expected: bool) -> None:
    assert holds(document) is expected


@pytest.mark.parametrize("name", ["properties.note", "properties.absent", "url"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_missing_property_passes_only_the_negative_operators(name: str, operator: str) -> None:
    value: object = True if operator in ("is_set", "is_not_set") else "1"
    passes = operator in ("ne", "not_in", "not_contains", "is_not_set")
    assert holds([{"property": name, "operator": operator, "value": value}]) is passes


def test_null_stands_for_missing() -> None:
    assert holds({"url": None})
    assert holds({"url": ["x", None]})
    assert not holds({"url": {"ne": None}})
    assert not holds({"properties.plan": None})
    assert holds({"properties.plan": {"not_in": [None, "x"]}})


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("text", ()),
        ({"plan": 1}, ("plan",)),
        ({"properties.": 1}, ("properties.",)),
        ({"properties.a": {"like": 1}}, ("properties.a", "like")),
        ({"properties.a": {}}, ("properties.a",)),
        ({"properties.a": []}, ("properties.a",)),
        ({"properties.a": [[1]]}, ("properties.a",)),
        ({"properties.a": {"gt": "ten"}}, ("properties.a", "gt")),
        ({"properties.a": {"gt": True}}, ("properties.a", "gt")),
        ({"properties.a": {"gt": None}}, ("properties.a", "gt")),
        ({"properties.a": {"is_set": False}}, ("properties.a", "is_set")),
        ({"properties.a": float("nan")}, ("properties.a",)),
        ({"properties.a": 10**5000}, ("properties.a",)),
        ({"properties.a": "\ud800"}, ("properties.a",)),
        ({"properties.\ud800": 1}, ("properties.\ud800",)),
        ({"properties.a": "x" * 2001}, ("properties.a",)),
        ({"any": [{"url": 1}, {"property": "url", "operator": "is", "value": 1}]}, ("any", "1", "operator")),
        ({"any": []}, ("any",)),
        ({"any": {"url": 1}}, ("any",)),
        ([{"property": "url", "operator": "eq"}], ("0", "value")),
        ([{"property": "url", "value": 1, "scope": 2}], ("0", "scope")),
        ([{"operator": "eq", "value": 1}], ("0", "property")),
        ([{"property": ["url"], "value": 1}], ("0", "property")),
        ([{"property": "url", "operator": ["eq"], "value": 1}], ("0", "operator")),
        ([3], ("0",)),
    ],
)
def test_what_is_wrong_is_named_by_its_path(document: object, path: tuple[str, ...]) -> None:
    found = refused(document)
    for name in path:
        assert list(found) == [name]
        found = found[name]
    assert isinstance(found, list)
    assert len(found) == 1


def test_a_trait_is_the_persons_whoever_has_none_misses_it() -> None:
    described = {**row("x", 0), "traits": {"plan": "pro"}}
    for event, wanted in ((described, True), (row("x", 0), False)):
        assert matches(parse_filter({"user.plan": "pro"}), event) is wanted
        assert matches(parse_filter({"user.plan": {"ne": "pro"}}), event) is not wanted
    assert "user." in refused({"user.": "pro"})["user."][0]


def test_a_filter_is_bounded() -> None:
    deep: object = {"url": 1}
    for _ in range(7):
        deep = {"any": [deep, {"url": 2}]}
    assert parse_filter(deep) is not None
    assert "levels" in str(refused({"any": [deep]}))
    assert parse_filter([{"url": 1}] * MAX_CONDITIONS) is not None
    assert "conditions" in str(refused([{"url": 1}] * (MAX_CONDITIONS + 1)))
    assert "parts" in str(refused([{"any": [{}] * 10_000}]))
    assert "values" in str(refused({"url": list(range(1001))}))
