"""An answer given once more, as it was; and why two answers to a question differ.

A receipt names the question in full and what was seen. Replayed, the events, definitions, identities, traits and
compactions since do not count. Where erasure or expiry took events, that is said: the figures are of what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from iafa_api import clock
from iafa_api.analytics.receipts import is_genuine
from iafa_api.answers.activity import answer_lifecycle, answer_retention, answer_stickiness
from iafa_api.answers.funnels import answer_funnel
from iafa_api.answers.metrics import answer_metric_again
from iafa_api.answers.paths import answer_paths
from iafa_api.answers.sessions import answer_sessions
from iafa_api.answers.trends import answer_trends
from iafa_api.domain.faults import refuse
from iafa_api.domain.project import Project
from iafa_api.lake.event_source import Seen
from iafa_api.metadata.history import list_changes
from iafa_api.services import Services, Standpoint

QUESTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "retention": answer_retention,
    "lifecycle": answer_lifecycle,
    "stickiness": answer_stickiness,
    "paths": answer_paths,
    "sessions": answer_sessions,
    "trends": answer_trends,
    "metric": answer_metric_again,
}
# What a receipt says beside the body of the question.
BESIDE = {"kind", "project_id", "timezone", "week_start", "cohorts", "date_range"}
ORIGIN = {"funnel_id", "funnel_name", "funnel_version", "report_id", "report_version"}
CAUSES = ("events", "identities", "time", "definition")


def read_receipt(services: Services, receipt: object, field: str) -> Mapping[str, Any]:
    """A receipt that this server has given. InvalidInput for `field` where it is none, or was changed."""
    if not isinstance(receipt, Mapping) or not is_genuine(receipt, services.secret_key):
        raise refuse((field,), "Must be a receipt as an answer of this server has it, unchanged.")
    if receipt["question"].get("kind") not in ("funnel", *QUESTIONS):
        raise refuse((field,), "Answers of this kind cannot be given again.")
    if "arrivals" not in receipt:
        raise refuse((field,), "It was given by an earlier version of the program, and does not say enough.")
    return receipt


def replay(services: Services, project: Project, receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The answer that the receipt belongs to, and whether it is `exact`, or how many events are `gone`."""
    answer = _ask(services, project, receipt, dict.fromkeys(CAUSES, receipt))
    gone = receipt["events"] - answer["receipt"]["events"]
    if receipt["question"]["kind"] == "funnel":
        said = receipt["question"]
        answer |= {
            "funnel_id": said["funnel_id"],
            "name": said["funnel_name"],
            "funnel_version": said["funnel_version"],
        }
    return {**answer, "receipt": dict(receipt), "exact": gone == 0, "gone": gone}


def explain_difference(
    services: Services, project: Project, earlier: Mapping[str, Any], later: Mapping[str, Any]
) -> dict[str, Any]:
    """By how much each figure changed from one answer to the other, and what each cause has added to that.

    One cause after the other is taken from the later answer: what a figure moves at each step is that cause's part, so
    the parts add up to the whole difference.
    """
    if earlier["question"]["kind"] != later["question"]["kind"]:
        raise refuse(("to",), "Must be the receipt of an answer to the same kind of question.")
    standing = dict.fromkeys(CAUSES, earlier)
    answers = [_ask(services, project, earlier, standing)]
    for cause in CAUSES:
        standing = standing | {cause: later}
        answers.append(_ask(services, project, standing["definition"], standing))
    figures = [dict(_figures(answer)) for answer in answers]
    steps = zip(CAUSES, answers, answers[1:], figures, figures[1:], strict=False)
    first, last = figures[0], figures[-1]
    return {
        "difference": _changes(first, last),
        "causes": [
            {
                "cause": cause,
                "events": new["receipt"]["events"] - old["receipt"]["events"],
                "changes": _changes(before, after),
            }
            for cause, old, new, before, after in steps
        ],
        "definition": [
            {"path": change.path, "from": change.before, "to": change.after}
            for change in list_changes(_definition(earlier), _definition(later))
        ],
        "from": {"exact": earlier["events"] == answers[0]["receipt"]["events"]},
        "to": {"exact": later["events"] == answers[-1]["receipt"]["events"]},
    }


def _ask(
    services: Services, project: Project, receipt: Mapping[str, Any], standing: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The question of a receipt, put over what each of the receipts in `standing` saw of its cause."""
    question = receipt["question"]
    standpoint = Standpoint(
        clock.parse_time(standing["time"]["answered_at"]),
        _seen(standing["events"]),
        _seen(standing["identities"]),
        question.get("cohorts", {}),
    )
    there = replace(services, standpoint=standpoint)
    calendar = replace(project, timezone=question["timezone"], week_start=question["week_start"])
    body = {name: value for name, value in question.items() if name not in BESIDE | ORIGIN}
    position = receipt["metadata_position"]
    if question["kind"] != "funnel":
        return QUESTIONS[question["kind"]](there, calendar, body, metadata_position=position)
    definition = body.pop("definition")
    asked = {
        **body,
        "start_date": question["date_range"]["start"],
        "end_date": question["date_range"]["end"],
        "timezone": question["timezone"],
    }
    return answer_funnel(there, calendar, definition, metadata_position=position, **asked)


def _seen(receipt: Mapping[str, Any]) -> Seen:
    return Seen(receipt["manifest_version"], receipt["arrivals"])


def _definition(receipt: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in receipt["question"].items() if name not in ORIGIN}


def _figures(answer: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every number of an answer by its path, those of its receipt and of the question left out."""
    if isinstance(answer, Mapping):
        for name, value in answer.items():
            if name not in ("receipt", "funnel_version", "order", "position"):
                yield from _figures(value, f"{path}.{name}" if path else name)
    elif isinstance(answer, (list, tuple)):
        for place, value in enumerate(answer):
            yield from _figures(value, f"{path}.{_name_of(value, place)}")
    elif isinstance(answer, (int, float)) and not isinstance(answer, bool):
        yield path, answer


def _name_of(value: Any, place: int) -> str:
    """A row by what it is of, where it says that (values, period, value, node, link): rows may change places.

    A metric's point has a period, and its figure as `value`; a row of a metric's breakdown has one text there.
    """
    if not isinstance(value, Mapping):
        return str(place + 1)
    if isinstance(value.get("value"), (list, tuple)):
        return "/".join(map(str, value["value"]))
    if "period" in value:
        return str(value["period"])
    if isinstance(value.get("value"), str):
        return str(value["value"])
    if "id" in value:
        return str(value["id"])
    if "source" in value:
        return f"{value['source']} > {value['target']}"
    return str(place + 1)


def _changes(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What a figure has moved by, where it has; one that is not there counts as 0."""
    names = dict.fromkeys([*before, *after])
    moved = {name: after.get(name, 0) - before.get(name, 0) for name in names}
    return {name: round(by, 6) for name, by in moved.items() if by}
