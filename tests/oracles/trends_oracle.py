"""What trends answer, slowly: every figure is computed from the list of the events that belong to it.

A formula is computed by Python itself, and not by the parser of the program.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from iafa_api.domain.filters import matches, number_of
from iafa_api.domain.periods import Period
from iafa_api.domain.trends import Measure, TrendsQuestion
from tests.oracles.activity import Event, arrival, is_one_of, lies_in, unit_of, value_of

Traits = Mapping[Any, Mapping[str, str]]
Chosen = Callable[[Event], bool]


def trends_figures(rows: Sequence[Event], question: TrendsQuestion, traits: Traits) -> dict[str, Any]:
    """`series` and, where they were asked for, `formulas` and `breakdown`."""
    rows = [{**one, "traits": traits.get(unit_of(one, None)), "period": _place(one, question.periods)} for one in rows]
    answer: dict[str, Any] = {"series": [_series_line(rows, question, place) for place in range(len(question.series))]}
    if question.formulas:
        answer["formulas"] = [
            {"formula": formula.text, **_formula_line(answer["series"], formula.text)} for formula in question.formulas
        ]
    if question.breakdown is not None:
        answer["breakdown"] = _breakdown(rows, question, question.breakdown.limit)
    if question.moving_average is not None:
        for line in [line for lines in answer.values() for line in lines]:
            line["data"] = _moving(line["data"], question.moving_average)
    return answer


def _breakdown(rows: Sequence[Event], question: TrendsQuestion, limit: int) -> list[dict[str, Any]]:
    count = len(question.series)
    if question.formulas:
        text = question.formulas[0].text
        used = [place for place in range(count) if "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place] in text]
        return _ranked(
            set().union(*(_values(rows, question, place) for place in used)),
            lambda chosen: _formula_line(
                [_series_line(rows, question, place, chosen) for place in range(count)],
                text,
            ),
            question,
            limit,
        )
    found = []
    for place in range(count):
        of_series = _ranked(
            _values(rows, question, place),
            lambda chosen, place=place: _series_line(rows, question, place, chosen),
            question,
            limit,
        )
        found += [{"series": place, **line} for line in of_series]
    return found


def _ranked(values: Any, line_of: Callable[[Chosen], Any], question: TrendsQuestion, limit: int) -> list[Any]:
    def one_of(wanted: Any) -> Chosen:
        return lambda event: _value(event, question) in wanted

    lines = [{"value": list(value), **line_of(one_of([value]))} for value in values]
    lines.sort(key=lambda line: (line["total"] is None, -(line["total"] or 0), line["value"]))
    kept, rest = lines[:limit], lines[limit:]
    if rest:
        values = [tuple(line["value"]) for line in rest]
        assert question.breakdown is not None
        other = ["$other"] * len(question.breakdown.properties)
        kept.append({"value": other, **line_of(one_of(values))})
    return kept


def _place(event: Event, periods: Sequence[Period]) -> int | None:
    return next((place for place, period in enumerate(periods) if lies_in(event, period)), None)


def _value(event: Event, question: TrendsQuestion) -> tuple[str, ...]:
    assert question.breakdown is not None
    found = []
    for name in question.breakdown.properties:
        if name.startswith("user."):
            found.append((event["traits"] or {}).get(name.removeprefix("user.")) or "")
        else:
            found.append(value_of(event, name) or "")
    return tuple(found)


def _values(rows: Sequence[Event], question: TrendsQuestion, place: int) -> set[Any]:
    return {_value(event, question) for event in _events(rows, question, place)}


def _events(rows: Sequence[Event], question: TrendsQuestion, place: int) -> list[Event]:
    """The events of a series: of first-time users only each person's first, if it lies in the range."""
    series = question.series[place]
    found = [one for one in rows if matches(question.filter, one) and is_one_of(one, series.events)]
    if series.measure.kind == "first_time_users":
        firsts: dict[Any, Event] = {}
        for one in sorted(found, key=arrival):
            firsts.setdefault(unit_of(one, None), one)
        found = list(firsts.values())
    if series.measure.kind == "sessions":
        found = [one for one in found if one["session_id"] is not None]
    if series.measure.property_name is not None:
        found = [one for one in found if _number(one, series.measure) is not None]
    asked = question.time_range
    return [one for one in found if asked.start_us <= one["created_at"] < asked.end_us]


def _series_line(
    rows: Sequence[Event], question: TrendsQuestion, place: int, chosen: Chosen = lambda event: True
) -> dict[str, Any]:
    events = [one for one in _events(rows, question, place) if chosen(one)]
    measure = question.series[place].measure

    by_period: list[list[Event]] = [[] for _ in question.periods]
    for one in events:
        by_period[one["period"]].append(one)
    return {"data": [_figure(those, measure) for those in by_period], "total": _figure(events, measure)}


def _figure(events: Sequence[Event], measure: Measure) -> Any:
    if measure.kind == "events":
        return len(events)
    if measure.kind in ("users", "first_time_users"):
        return len({unit_of(one, None) for one in events})
    if measure.kind == "sessions":
        return len({one["session_id"] for one in events})
    numbers = sorted(number for one in events if (number := _number(one, measure)) is not None)
    if measure.kind == "sum":
        return float(sum(numbers))
    if not numbers:
        return None
    if measure.kind == "average":
        return float(sum(numbers) / len(numbers))
    if measure.kind in ("min", "max"):
        return float(numbers[0] if measure.kind == "min" else numbers[-1])
    if measure.kind == "median":
        return float(statistics.median(numbers))
    place = Fraction(9, 10) * (len(numbers) - 1)
    below, above = numbers[math.floor(place)], numbers[math.ceil(place)]
    return float(below + (above - below) * (place - math.floor(place)))


def _number(event: Event, measure: Measure) -> Fraction | None:
    assert measure.property_name is not None
    return number_in(value_of(event, measure.property_name))


def number_in(text: str | None) -> Fraction | None:
    """The number that a text counts as."""
    number = None if text is None else number_of(text)
    if text is None or number is None or math.isinf(number):
        return None
    short = round(Fraction(Decimal(text)), 12)
    return short if abs(number) < 1e15 and float(short) == number else Fraction(number)


def _formula_line(lines: Sequence[Mapping[str, Any]], text: str) -> dict[str, Any]:
    data = [list(figures) for figures in zip(*(line["data"] for line in lines), strict=True)]
    return {
        "data": [_formula(text, figures) for figures in data],
        "total": _formula(text, [one["total"] for one in lines]),
    }


def _formula(text: str, figures: Sequence[Any]) -> Any:
    """Only for formulas of the tests: Python computes them, with the figures in place of the letters."""
    names = {"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]: figure for place, figure in enumerate(figures)}
    try:
        return eval(text, {"__builtins__": {}}, names)
    except (ZeroDivisionError, TypeError):
        return None


def _moving(data: Sequence[Any], length: int) -> list[Any]:
    found = []
    for place in range(len(data)):
        there = [one for one in data[max(0, place - length + 1) : place + 1] if one is not None]
        found.append(sum(Fraction(one) for one in there) / len(there) if there else None)
    return [None if one is None else float(one) for one in found]
