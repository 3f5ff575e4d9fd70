"""The worked cases of paths in tests/conformance, driven through the HTTP API."""

import pytest

from tests.api.conformance_cases import FLUSHED, TOLERANCE, api_event, api_range, ask, cases, make_project

SAME = ("item", "max_nodes", "session_gap_minutes", "start_item", "end_item", "path_groups", "edge_limit")


def event_with_url(event):
    """The url of the cases is a property; the API has a field of its own for it."""
    found = api_event(event)
    properties = dict(found["properties"])
    return {**found, "url": properties.pop("url"), "properties": properties}


@FLUSHED
@cases("paths")
def test_case(ann, flush, case, flushed):
    project = make_project(ann, case, event=event_with_url)
    if flushed:
        flush()
    query = case["query"]
    answer = ask(ann, project, "paths", {name: query[name] for name in SAME if name in query} | api_range(query))
    for found, wanted in zip(answer["links"], case["expected"]["links"], strict=True):
        assert {name: found[name] for name in ("source", "target", "count")} == {
            name: wanted[name] for name in ("source", "target", "count")
        }
        if "average_ms" in wanted:
            assert found["average_seconds"] * 1000 == pytest.approx(wanted["average_ms"], abs=TOLERANCE)
    for users, found in zip(case["expected"].get("link_users", []), answer["links"], strict=False):
        assert users is None or found["users"] == (users if isinstance(users, int) else len(users))
