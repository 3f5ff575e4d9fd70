"""The worked cases of sessions in tests/conformance, driven through the HTTP API."""

import pytest

from tests.api.conformance_cases import FLUSHED, TOLERANCE, api_filter, api_range, ask, cases, make_project

NAMES = {
    "visitors": "persons",
    "views": "events",
    "sessions": "sessions",
    "average_duration_seconds": "average_seconds",
    "bounce_percent": "bounce_rate",
}


@FLUSHED
@cases("session_overview")
def test_case(ann, flush, case, flushed):
    project = make_project(ann, case)
    if flushed:
        flush()
    query = case["query"]
    question = {"by": "session_id", "filter": api_filter(query.get("filters", [])), "compare": query.get("compare")}
    answer = ask(ann, project, "sessions", {**question, **api_range(query)})
    for place in ("previous", "change_percent"):
        wanted = case["expected"].get(place, {})
        assert {NAMES[name]: figure for name, figure in wanted.items()} == {
            name: pytest.approx(figure, abs=TOLERANCE)
            for name, figure in answer.get(place, {}).items()
            if name in NAMES.values()
        }
    for name, figure in case["expected"].items():
        if name in NAMES:
            assert answer[NAMES[name]] == (figure if figure is None else pytest.approx(figure, abs=TOLERANCE))
