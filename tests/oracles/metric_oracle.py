"""What a metric says, slowly: every event that was ever accepted, sorted into periods by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iafa_api.domain.filters import matches
from iafa_api.domain.metrics import MetricQuestion

LIMIT = 25


def metric_figures(events: Sequence[dict[str, Any]], question: MetricQuestion) -> dict[str, Any]:
    """`data` and `total`, and by value of the dimension a list of (value, data, total)."""
    asked, metric = question.time_range, question.metric
    events = [one for one in events if metric.events.event_type in (None, one["event_type"])]
    events = [one for one in events if matches(metric.events.filter, {**one, "properties": {"p": one["p"]}})]
    if metric.kind == "first_time_users":
        firsts: dict[str, dict[str, Any]] = {}
        for one in sorted(events, key=lambda one: int(one["at"])):  # of one moment the first that came
            firsts.setdefault(one["user_id"], one)
        events = list(firsts.values())
    inside = [one for one in events if asked.start_us <= one["at"] < asked.end_us]
    answer: dict[str, Any] = line(inside, question)
    if question.dimension is not None:
        name = question.dimension.removeprefix("properties.")
        by_value: dict[str, list[dict[str, Any]]] = {}
        for one in inside:
            if question.metric.kind != "sessions" or one["session_id"] is not None:
                by_value.setdefault(one[name] or "", []).append(one)
        ranked = sorted(by_value, key=lambda value: (-line(by_value[value], question)["total"], value))
        found = [(value, line(by_value[value], question)) for value in ranked[:LIMIT]]
        if rest := [one for value in ranked[LIMIT:] for one in by_value[value]]:
            found.append(("$other", line(rest, question)))
        answer["breakdown"] = [(value, one["data"], one["total"]) for value, one in found]
    return answer


def line(events: Sequence[dict[str, Any]], question: MetricQuestion) -> dict[str, Any]:
    by_period = [[one for one in events if period.start_us <= one["at"] < period.end_us] for period in question.periods]
    return {
        "data": [figure(one, question.metric.kind) for one in by_period],
        "total": figure(events, question.metric.kind),
    }


def figure(events: Sequence[dict[str, Any]], kind: str) -> int:
    if kind == "sum":
        return sum(int(one["n"]) for one in events)
    if kind == "events":
        return len(events)
    if kind == "sessions":
        return len({one["session_id"] for one in events if one["session_id"] is not None})
    return len({one["user_id"] for one in events})
