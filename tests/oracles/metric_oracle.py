"""What a metric says, slowly: every event that was ever accepted, sorted into periods by hand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.metrics import MetricQuestion
from tests.oracles.trends_oracle import number_in

LIMIT = 25
OF_NUMBERS = ("sum", "average", "max")


def metric_figures(events: Sequence[dict[str, Any]], question: MetricQuestion) -> dict[str, Any]:
    """`data` and `total`, and by value of the dimension a list of (value, data, total)."""
    inside = events_asked_for(events, question)
    answer: dict[str, Any] = line(inside, question)
    if question.dimension is not None:
        name = question.dimension.removeprefix("properties.")
        by_value: dict[str, list[dict[str, Any]]] = {}
        for one in inside:
            if is_counted(one, question):
                by_value.setdefault(one[name] or "", []).append(one)
        totals = {value: line(those, question)["total"] for value, those in by_value.items()}
        ranked = sorted(by_value, key=lambda value: (totals[value] is None, -(totals[value] or 0), value))
        found = [(value, line(by_value[value], question)) for value in ranked[:LIMIT]]
        if rest := [one for value in ranked[LIMIT:] for one in by_value[value]]:
            found.append(("$other", line(rest, question)))
        answer["breakdown"] = [(value, one["data"], one["total"]) for value, one in found]
    return answer


def events_asked_for(events: Sequence[dict[str, Any]], question: MetricQuestion) -> list[dict[str, Any]]:
    asked, metric = question.time_range, question.metric
    events = [one for one in events if metric.events.event_type in (None, one["event_type"])]
    events = [one for one in events if matches(metric.events.filter, {**one, "properties": {"p": one["p"]}})]
    if metric.kind == "first_time_users":
        firsts: dict[str, dict[str, Any]] = {}
        for one in sorted(events, key=lambda one: int(one["at"])):  # of one moment the first that came
            firsts.setdefault(one["person"], one)
        events = list(firsts.values())
    return [one for one in events if asked.start_us <= one["at"] < asked.end_us]


def is_counted(one: dict[str, Any], question: MetricQuestion) -> bool:
    """Whether it has what the measure is of."""
    if question.metric.kind in OF_NUMBERS:
        return number_in(one["n"]) is not None
    return question.metric.kind != "sessions" or one["session_id"] is not None


def line(events: Sequence[dict[str, Any]], question: MetricQuestion) -> dict[str, Any]:
    by_period = [[one for one in events if period.start_us <= one["at"] < period.end_us] for period in question.periods]
    return {
        "data": [figure(one, question.metric.kind) for one in by_period],
        "total": figure(events, question.metric.kind),
    }


def figure(events: Sequence[dict[str, Any]], kind: str) -> int | float | None:
    if kind in OF_NUMBERS:
        numbers = [number for one in events if (number := number_in(one["n"])) is not None]
        if kind == "sum":
            return float(sum(numbers, Fraction(0)))
        if not numbers:
            return None
        return float(max(numbers) if kind == "max" else sum(numbers, Fraction(0)) / len(numbers))
    if kind == "events":
        return len(events)
    if kind == "sessions":
        return len({one["session_id"] for one in events if one["session_id"] is not None})
    return len({one["person"] for one in events})
