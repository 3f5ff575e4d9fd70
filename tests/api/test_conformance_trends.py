"""The worked cases of trends in tests/conformance, driven through the HTTP API."""

from tests.api.conformance_cases import FLUSHED, api_filter, api_range, ask, cases, make_project

MEASURES = {"total": "events"}


@FLUSHED
@cases("trends")
def test_case(ann, flush, case, flushed):
    project = make_project(ann, case)
    if flushed:
        flush()
    query = case["query"]
    series = [
        {
            "event_type": one["event_type"],
            "filter": api_filter(one["filters"]),
            "measure": MEASURES[query["measure"]],
        }
        for one in query["series"]
    ]
    answer = ask(ann, project, "trends", {"series": series, "interval": query["period"], **api_range(query)})
    for found, wanted in zip(answer["series"], case["expected"]["series"], strict=True):
        assert {name: found[name] for name in wanted} == wanted
