"""The worked cases of tests/conformance, driven through the HTTP API."""

import json
from pathlib import Path

import pytest

CASES = [
    case
    for name in ("funnel_ordered", "funnel_window", "funnel_filters", "funnel_time_to_convert")
    for case in json.loads((Path(__file__).parents[1] / "conformance" / f"{name}.json").read_text())
]
OPERATORS = {"exact": "eq", "is_not": "ne", "icontains": "contains", "not_icontains": "not_contains"}
SCOPES = {"event": "properties.", "user": "user.", "identity": ""}
TOLERANCE = 0.006


def not_answered_yet(case):
    """What this version cannot be asked, by name; None where it can."""
    query = case["query"]
    filters = [*query.get("filters", []), *(condition for stage in query["stages"] for condition in stage["filters"])]
    if any(condition.get("scope") == "user" for condition in filters):
        return "person traits"
    if "aggregate_by" in query:
        return "counting by a property"
    if any(stage.get("first_time_only") for stage in query["stages"]):
        return "first-time stages"
    if query["exclusions"]:
        return "exclusions"
    if query.get("output"):
        return "time to convert with its histogram"
    return None


def api_filter(conditions):
    return [
        {
            "property": SCOPES[condition.get("scope", "event")] + condition["property"],
            "operator": OPERATORS.get(condition["operator"], condition["operator"]),
            "value": condition.get("value", True),
        }
        for condition in conditions
    ] or None


def api_stage(order, stage):
    return {"order": order, "event_type": stage["event_type"], "filter": api_filter(stage["filters"])}


def api_event(event):
    fields = {name: value for name, value in event.items() if value is not None and name != "created_at"}
    return {**fields, "timestamp": event["created_at"]}


@pytest.mark.parametrize("flushed", [False, True], ids=["unflushed", "flushed"])
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(ann, flush, case, flushed):
    missing = not_answered_yet(case)
    if missing:
        pytest.skip(f"not answered yet: {missing}")
    project = ann.make_project(retention_days=0, timezone=case["timezone"])
    answer = ann.track(project["api_key"], *map(api_event, case["events"]))
    assert answer.json["accepted"] == len(case["events"]), answer.json
    if flushed:
        flush()
    query, expected = case["query"], case["expected"]
    stages = [api_stage(order, stage) for order, stage in enumerate(query["stages"], 1)]
    question = {
        "stages": stages,
        "order": query["order"],
        "conversion_window": query["window"],
        "filter": api_filter(query.get("filters", [])),
        "start_date": query["range"]["start"],
        "end_date": query["range"]["end"],
    }
    answers = [ann.post("/analytics/funnel", {"project_id": project["id"], **question})]
    if len(stages) > 1:  # a funnel of one stage is asked, not saved
        body = {"project_id": project["id"], "name": case["id"], "stages": stages}
        saved = ann.post("/funnels", body | {"conversion_window": query["window"]}).json
        answers.append(
            ann.get(
                f"/analytics/funnel/{saved['id']}",
                query_string={
                    "start_date": question["start_date"],
                    "end_date": question["end_date"],
                    **({"filter": json.dumps(question["filter"])} if question["filter"] else {}),
                },
            )
        )
    for answer in answers:
        assert answer.status_code == 200, answer.json
        require_figures(answer.json["stages"], expected)


def require_figures(stages, expected):
    counts = [stage["users"] for stage in stages]
    wanted = expected.get("stage_counts", [None] * len(counts))
    assert [count if want is not None else None for count, want in zip(counts, wanted, strict=True)] == wanted
    for measure, figures in expected.get("conversion_seconds", {}).items():
        for stage, figure in zip(stages, figures, strict=True):
            if figure is not None:
                assert stage[f"{measure}_seconds_from_previous"] == pytest.approx(figure, abs=TOLERANCE)


def test_most_cases_are_answered():
    asked = [case for case in CASES if not not_answered_yet(case)]
    assert len(asked) >= 23, "a case that was answered before is skipped"
