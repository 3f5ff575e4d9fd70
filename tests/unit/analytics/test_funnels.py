"""From counts to the table: rates and zeros."""

from __future__ import annotations

from iafa_api.analytics.funnels import funnel_table, percent
from iafa_api.domain.funnel import StageCounts
from iafa_api.domain.funnel_json import funnel_from_json

DEFINITION = funnel_from_json(
    {"stages": [{"event_type": "a"}, {"event_type": "b"}, {"event_type": "c"}]}, least_stages=2
)


def counts(*persons: int) -> tuple[StageCounts, ...]:
    return tuple(StageCounts(number) for number in persons)


def test_rates_are_of_the_first_stage_and_of_the_one_before() -> None:
    table = funnel_table(DEFINITION, counts(3, 2, 1))
    rates = [(r["conversion_rate"], r["step_conversion_rate"], r["drop_off_rate"]) for r in table["stages"]]
    assert rates == [(100.0, 100.0, 0.0), (66.67, 66.67, 33.33), (33.33, 50.0, 50.0)]
    assert table["overall_conversion_rate"] == 33.33


def test_an_empty_range_answers_zeros() -> None:
    table = funnel_table(DEFINITION, counts(0, 0, 0))
    for row in table["stages"]:
        assert (row["users"], row["conversion_rate"], row["step_conversion_rate"], row["drop_off_rate"]) == (0, 0, 0, 0)
    assert table["overall_conversion_rate"] == 0.0


def test_a_stage_after_an_empty_one_has_rates_of_nothing() -> None:
    assert funnel_table(DEFINITION, counts(4, 0, 0))["stages"][1]["drop_off_rate"] == 100.0
    assert funnel_table(DEFINITION, counts(4, 0, 0))["stages"][2]["drop_off_rate"] == 0.0


def test_a_row_carries_names_times_and_who_waits() -> None:
    counted = (StageCounts(2), StageCounts(1, 1.5, 2.5, 1), StageCounts(0, None, None, 0))
    assert funnel_table(DEFINITION, counted)["stages"][1] == {
        "stage_name": "b",
        "order": 2,
        "users": 1,
        "conversion_rate": 50.0,
        "step_conversion_rate": 50.0,
        "drop_off_rate": 50.0,
        "average_seconds_from_previous": 1.5,
        "median_seconds_from_previous": 2.5,
        "pending": 1,
    }


def test_halves_are_rounded_upwards() -> None:
    assert percent(1, 800) == 0.13
    assert percent(1, 3) == 33.33
    assert percent(2, 3) == 66.67


def test_an_optional_stage_is_not_the_stage_before() -> None:
    stages = [{"event_type": "a"}, {"event_type": "b", "optional": True}, {"event_type": "c"}]
    definition = funnel_from_json({"stages": stages}, least_stages=2)
    table = funnel_table(definition, counts(4, 1, 2))
    assert [row["step_conversion_rate"] for row in table["stages"]] == [100.0, 25.0, 50.0]
