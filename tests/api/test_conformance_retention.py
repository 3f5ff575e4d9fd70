"""The worked cases of retention, lifecycle and stickiness in tests/conformance, driven through the HTTP API."""

from tests.api.conformance_cases import FLUSHED, api_filter, api_range, ask, cases, make_project

EXPECTED_NAMES = {"count": "persons"}


def api_events(asked):
    return {"event_type": asked["event_type"], "filter": api_filter(asked["filters"])}


def api_question(query):
    question = {"interval": query["period"], "filter": api_filter(query.get("filters", []))}
    for name in ("event", "cohort_event", "return_event"):
        if name in query:
            question[name] = api_events(query[name])
    for name in ("cohort_rule", "periods", "last_period_contains", "cumulative", "minimum_occurrences", "criteria"):
        if name in query:
            question[name] = query[name]
    if "aggregate_by" in query:
        question["count_by"] = f"properties.{query['aggregate_by']['property']}"
    return question | (api_range(query) if "range" in query else {})


@FLUSHED
@cases("retention", "lifecycle", "stickiness")
def test_case(ann, flush, case, flushed):
    project = make_project(ann, case)
    if flushed:
        flush()
    query, expected = case["query"], dict(case["expected"])
    answer = ask(ann, project, query["kind"], api_question(query))
    if "first_period" in expected:
        assert answer["periods"][0] == expected.pop("first_period")
    if "days" in expected:
        assert answer["periods"] == expected.pop("days")
    for name, wanted in expected.items():
        assert answer[EXPECTED_NAMES.get(name, name)] == wanted, name
