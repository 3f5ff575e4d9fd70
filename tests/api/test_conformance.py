"""The worked cases of funnels in tests/conformance, driven through the HTTP API."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "conformance"
STORIES = [case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text())]
CASES = [case for case in STORIES if case["query"]["kind"] == "funnel"]
OPERATORS = {"exact": "eq", "is_not": "ne", "icontains": "contains", "not_icontains": "not_contains"}
SCOPES = {"event": "properties.", "user": "user.", "identity": ""}
ATTRIBUTIONS = {"step": "stage"}
TOLERANCE = 0.006


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
    first_time = stage.get("first_time_only")
    return {
        "order": order,
        "event_type": stage["event_type"],
        "filter": api_filter(stage["filters"]),
        **({"first_time_only": "matching_filter" if first_time == "matching_filters" else True} if first_time else {}),
        **({"optional": True} if stage.get("optional") else {}),
    }


def api_exclusion(exclusion):
    return {
        "event_type": exclusion["event_type"],
        "filter": api_filter(exclusion.get("filters", [])),
        "from_stage": exclusion["from_stage"] + 1,
        "to_stage": exclusion["to_stage"] + 1,
    }


def api_event(event):
    fields = {name: value for name, value in event.items() if value is not None and name != "created_at"}
    return {**fields, "timestamp": event["created_at"]}


def api_question(query):
    question = {
        "stages": [api_stage(order, stage) for order, stage in enumerate(query["stages"], 1)],
        "order": query["order"],
        "conversion_window": query["window"],
        "exclusions": [api_exclusion(exclusion) for exclusion in query["exclusions"]],
        "filter": api_filter(query.get("filters", [])),
        "start_date": query["range"]["start"],
        "end_date": query["range"]["end"],
    }
    if "aggregate_by" in query:
        by = query["aggregate_by"]
        question["count_by"] = "sessions" if by.get("field") == "session_id" else f"properties.{by['property']}"
    if "breakdown" in query:
        asked = query["breakdown"]
        scope = SCOPES[asked.get("scope", "event")]
        question["breakdown"] = {
            "properties": [scope + name for name in asked["properties"]],
            "attribution": ATTRIBUTIONS.get(asked["attribution"], asked["attribution"]),
            **({"limit": asked["limit"]} if "limit" in asked else {}),
            **({"attribution_stage": asked["attribution_stage"] + 1} if "attribution_stage" in asked else {}),
        }
    span = {name: query[name] + 1 for name in ("from_stage", "to_stage") if name in query}
    if query.get("output") == "time_to_convert":
        question["time_to_convert"] = span
    elif query.get("output") == "trend":
        question |= {"interval": query["period"], **span}
    return question


@pytest.mark.parametrize("flushed", [False, True], ids=["unflushed", "flushed"])
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(ann, flush, case, flushed):
    project = ann.make_project(retention_days=0, timezone=case["timezone"], week_start=case.get("week_start", "sunday"))
    answer = ann.track(project["api_key"], *map(api_event, case["events"]))
    assert answer.json["accepted"] == len(case["events"]), answer.json
    tell_persons(ann, project["api_key"], case)
    if flushed:
        flush()
    expected = case["expected"]
    question = api_question(case["query"])
    body = {"project_id": project["id"], **question}
    answer = ann.post("/analytics/funnel", body)
    if expected.get("error"):
        assert answer.status_code == 422, answer.json
        return
    assert answer.status_code == 200, answer.json
    require_figures(ann, body, answer.json, expected)
    if len(question["stages"]) > 1 and "breakdown" not in question and "time_to_convert" not in question:
        require_figures(ann, body, ask_saved(ann, project, case["id"], question), expected)


def tell_persons(ann, key, case):
    """Traits, and who is whom: an anonymous id joins by identify, a user id by alias."""
    calls = [("/identify", {"user_id": user, "traits": traits}) for user, traits in case.get("users", {}).items()]
    users = {event["user_id"] for event in case["events"]}
    for *others, person in case.get("identity_links", []):
        for other in others:
            name = "previous_id" if other in users else "anonymous_id"
            calls.append(("/alias" if other in users else "/identify", {name: other, "user_id": person}))
    for path, body in calls:
        answer = ann.post(path, body, headers={"X-API-Key": key})
        assert (answer.status_code, answer.json["refused"]) == (200, []), answer.json


def ask_saved(ann, project, name, question):
    """The same question of a saved funnel: what is of the definition is saved, the rest is asked."""
    definition = {key: question[key] for key in ("stages", "order", "conversion_window", "exclusions")}
    saved = ann.post("/funnels", {"project_id": project["id"], "name": name, **definition}).json
    asked = {key: value for key, value in question.items() if key not in definition and value is not None}
    if "filter" in asked:
        asked["filter"] = json.dumps(asked["filter"])
    answer = ann.get(f"/analytics/funnel/{saved['id']}", query_string=asked)
    assert answer.status_code == 200, answer.json
    return answer.json


def require_figures(ann, body, answer, expected):
    require_stages(answer["stages"], expected)
    for stage, users in enumerate(expected.get("stage_users", []), 1):
        if users is not None:
            assert behind(ann, body, stage, "reached") == sorted(users)
    for stage, users in enumerate(expected.get("dropped_users", []), 1):
        if users is not None:
            assert behind(ann, body, stage, "dropped") == sorted(users)
    for user, depth in expected.get("user_depth", {}).items():
        reached = [user in behind(ann, body, stage, "reached") for stage in range(1, len(body["stages"]) + 1)]
        assert sum(reached) == depth
    if "entered" in expected:
        assert [period["entered"] for period in answer["trend"]] == expected["entered"]
        assert [period["converted"] for period in answer["trend"]] == expected["converted"]
        rates = [period["conversion_rate"] for period in answer["trend"]]
        assert rates == pytest.approx(expected["conversion_percent"], abs=TOLERANCE)
    if "user_seconds" in expected:
        listed = ann.post("/analytics/funnel/users", {**body, "stage": body["time_to_convert"]["to_stage"]}).json
        assert {row["user_id"]: row["seconds_from_entry"] for row in listed} == expected["user_seconds"]
        found = answer["time_to_convert"]
        assert (found["persons"], found["average_seconds"]) == (len(listed), expected["average_seconds"])
        assert sum(one["count"] for one in found["histogram"]) == len(listed)
    if "breakdown" in expected or "breakdown_values" in expected:
        require_breakdown(ann, body, answer["breakdown"], expected)


def require_breakdown(ann, body, rows, expected):
    by_value = {tuple(row["value"]): row for row in rows}
    for wanted in expected.get("breakdown", []):
        value = api_value(wanted["value"])
        row = by_value[value]
        require_stages(row["stages"], wanted)
        for stage, users in enumerate(wanted.get("stage_users", []), 1):
            if users is not None:
                found = behind(ann, {**body, "breakdown_value": list(value)}, stage, "reached")
                assert found == sorted(users), (value, stage)
    if "breakdown_values" in expected:
        assert set(by_value) == {api_value(value) for value in expected["breakdown_values"]}
    elif "breakdown_size" not in expected:
        assert set(by_value) == {api_value(wanted["value"]) for wanted in expected["breakdown"]}
    assert len(rows) == expected.get("breakdown_size", len(rows))
    if "other_includes" in expected:
        rest = behind(ann, {**body, "breakdown_value": ["$other"] * len(rows[0]["value"])}, 1, "reached")
        assert set(expected["other_includes"]) <= set(rest)


def api_value(value):
    return tuple("$other" if part == "Other" else part for part in value)


def behind(ann, body, stage, which):
    answer = ann.post("/analytics/funnel/users?page_size=100", {**body, "stage": stage, "which": which})
    assert answer.status_code == 200, answer.json
    return sorted(row["user_id"] for row in answer.json)


def require_stages(stages, expected):
    counts = [stage["users"] for stage in stages]
    wanted = expected.get("stage_counts", [None] * len(counts))
    assert [count if want is not None else None for count, want in zip(counts, wanted, strict=True)] == wanted
    for measure, figures in expected.get("conversion_seconds", {}).items():
        for stage, figure in zip(stages, figures, strict=False):
            if figure is not None:
                assert stage[f"{measure}_seconds_from_previous"] == pytest.approx(figure, abs=TOLERANCE)
