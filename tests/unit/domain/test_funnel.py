"""A funnel's rules and its JSON: what is read, what is written, what is refused and where."""

from __future__ import annotations

from typing import Any

import pytest

from iafa_api.domain.filters import Condition
from iafa_api.domain.funnel import ConversionWindow, Stage
from iafa_api.domain.funnel_json import funnel_from_json, parse_window, to_json
from iafa_api.errors import InvalidInput

VIEW = {"order": 1, "name": "Seen", "event_type": "view", "filter": None}
BUY = {"order": 2, "name": "Paid", "event_type": "buy", "filter": {"properties.status": "ok"}}


def refused(document: object, least_stages: int = 2) -> dict[str, Any]:
    with pytest.raises(InvalidInput) as caught:
        funnel_from_json(document, least_stages=least_stages)
    assert caught.value.errors
    return caught.value.errors


def test_what_was_read_is_what_is_written() -> None:
    document = {
        "stages": [VIEW, BUY],
        "order": "strict",
        "conversion_window": {"value": 7, "unit": "day"},
        "exclusions": [{"event_type": "refund", "filter": None, "from_stage": 1, "to_stage": 2}],
    }
    definition = funnel_from_json(document, least_stages=2)
    assert to_json(definition) == document
    assert funnel_from_json(to_json(definition), least_stages=2) == definition
    assert definition.stages[1].filter == Condition("properties.status", "eq", ("ok",))


def test_what_is_left_out_has_a_default() -> None:
    definition = funnel_from_json({"stages": [{"event_type": "view"}, {"event_type": None}]}, least_stages=2)
    assert definition.stages == (Stage(1, "view", "view"), Stage(2, "Any event", None))
    assert (definition.order, definition.window, definition.exclusions) == ("ordered", None, ())


def test_stages_are_sorted_by_their_order() -> None:
    assert [stage.name for stage in funnel_from_json({"stages": [BUY, VIEW]}, least_stages=2).stages] == [
        "Seen",
        "Paid",
    ]


def test_other_names_are_understood_and_not_written() -> None:
    filters = [{"property": "url", "operator": "eq", "value": "/"}]
    stage = {"event": "view", "filters": filters, "optional": False}
    written = to_json(funnel_from_json({"stages": [stage]}, least_stages=1))["stages"][0]
    assert written == {"order": 1, "name": "view", "event_type": "view", "filter": filters}


@pytest.mark.parametrize(
    ("stages", "errors"),
    [
        ([{**VIEW, "event_type": ""}, BUY], {"0": {"event_type": 1}}),
        ([{**VIEW, "event_type": "a\nb"}, {**BUY, "event_type": 5}], {"0": {"event_type": 1}, "1": {"event_type": 1}}),
        ([{"order": 1, "name": "x"}, BUY], {"0": {"event_type": ["Missing data for required field."]}}),
        ([{**VIEW, "colour": 1}, BUY], {"0": {"colour": ["Unknown field."]}}),
        ([{**VIEW, "event": "view"}, BUY], {"0": {"event": 1}}),
        ([VIEW, {**BUY, "order": 1}], {"1": {"order": 1}}),
        ([VIEW, {**BUY, "order": 3}], {"1": {"order": 1}}),
        ([VIEW, {**BUY, "order": "2"}], {"1": {"order": 1}}),
        ([VIEW, {**BUY, "name": " "}], {"1": {"name": 1}}),
        ([VIEW, {**BUY, "name": "x" * 101}], {"1": {"name": 1}}),
        ([VIEW, {**BUY, "filter": {"plan": 1}}], {"1": {"filter": {"plan": 1}}}),
        ([VIEW, {**BUY, "optional": True}], {"1": {"optional": 1}}),
        ([VIEW, "buy"], {"1": 1}),
        ([VIEW], 1),
        ([VIEW] * 21, 1),
        ("view", 1),
        (None, ["Missing data for required field."]),
    ],
)
def test_what_is_wrong_with_a_stage_is_named(stages: object, errors: Any) -> None:
    def same(found: Any, wanted: Any) -> bool:
        if wanted == 1:
            return isinstance(found, list) and len(found) == 1
        if isinstance(wanted, dict):
            return found.keys() == wanted.keys() and all(same(found[name], wanted[name]) for name in wanted)
        return bool(found == wanted)

    found = refused({"stages": stages})["stages"]
    assert same(found, errors), found


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ({"order": "random"}, ("order",)),
        ({"conversion_window": "7d"}, ("conversion_window",)),
        ({"conversion_window": {"value": 0, "unit": "day"}}, ("conversion_window", "value")),
        ({"conversion_window": {"value": True, "unit": "day"}}, ("conversion_window", "value")),
        ({"conversion_window": {"value": 3651, "unit": "day"}}, ("conversion_window", "value")),
        ({"conversion_window": {"value": 1, "unit": "month"}}, ("conversion_window", "unit")),
        ({"conversion_window": {"value": 1}}, ("conversion_window", "unit")),
        ({"exclusions": {}}, ("exclusions",)),
        ({"exclusions": [{"event_type": "x", "from_stage": 2, "to_stage": 2}]}, ("exclusions", "0", "from_stage")),
        ({"exclusions": [{"event_type": "x", "from_stage": 1, "to_stage": 3}]}, ("exclusions", "0", "to_stage")),
        ({"exclusions": [{"from_stage": 1, "to_stage": 2}]}, ("exclusions", "0", "event_type")),
        ({"window": 7}, ("window",)),
    ],
)
def test_what_is_wrong_beside_the_stages_is_named(extra: dict[str, Any], path: tuple[str, ...]) -> None:
    found: Any = refused({"stages": [VIEW, BUY], **extra})
    for name in path:
        assert list(found) == [name]
        found = found[name]
    assert isinstance(found, list)


def test_a_saved_funnel_needs_two_stages_and_a_question_one() -> None:
    assert len(funnel_from_json({"stages": [VIEW]}, least_stages=1).stages) == 1
    assert "stages" in refused([], 1)


def test_a_window_is_a_number_and_a_unit() -> None:
    assert parse_window("7d") == ConversionWindow(7, "day")
    assert [parse_window(f"2{unit}").microseconds // 2_000_000 for unit in "smhdw"] == [1, 60, 3600, 86_400, 604_800]
    for text in ("7", "d", "0d", "-1d", "1.5h", "7D", "7 d", "3651d", "9999999999s", "٣d"):
        with pytest.raises(InvalidInput) as caught:
            parse_window(text)
        assert "conversion_window" in (caught.value.errors or {})
