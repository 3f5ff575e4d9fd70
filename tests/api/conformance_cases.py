"""The worked cases of tests/conformance as the HTTP API has them: a project with a case's events, persons, links."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "conformance"
OPERATORS = {"exact": "eq", "is_not": "ne", "icontains": "contains", "not_icontains": "not_contains"}
SCOPES = {"event": "properties.", "user": "user.", "identity": ""}
TOLERANCE = 0.006
FLUSHED = pytest.mark.parametrize("flushed", [False, True], ids=["unflushed", "flushed"])


def cases(*kinds, files="*.json"):
    """Those of some kinds, each under its name."""
    found = [case for path in sorted(FOLDER.glob(files)) for case in json.loads(path.read_text())]
    wanted = [case for case in found if case["query"]["kind"] in kinds]
    return pytest.mark.parametrize("case", wanted, ids=[case["id"] for case in wanted])


def api_filter(conditions):
    return [
        {
            "property": SCOPES[condition.get("scope", "event")] + condition["property"],
            "operator": OPERATORS.get(condition["operator"], condition["operator"]),
            "value": condition.get("value", True),
        }
        for condition in conditions
    ] or None


def api_event(event):
    fields = {name: value for name, value in event.items() if value is not None and name != "created_at"}
    return {**fields, "timestamp": event["created_at"]}


def make_project(ann, case, *, event=api_event):
    """A project in which the case has happened; its identity links were made before anything is asked."""
    project = ann.make_project(retention_days=0, timezone=case["timezone"], week_start=case.get("week_start", "sunday"))
    answer = ann.track(project["api_key"], *map(event, case["events"]))
    assert answer.json["accepted"] == len(case["events"]), answer.json
    key = {"X-API-Key": project["api_key"]}
    for user, traits in case.get("users", {}).items():
        made = ann.post("/identify", {"user_id": user, "traits": traits}, headers=key)
        assert made.status_code == 200, made.json
    users = {event["user_id"] for event in case["events"]}
    for links in case.get("identity_links", []):
        person = next(one for one in links if one in users)
        for other in links:
            if other in users and other != person:
                made = ann.post("/alias", {"previous_id": other, "user_id": person}, headers=key)
            elif other != person:
                made = ann.post("/identify", {"anonymous_id": other, "user_id": person}, headers=key)
            else:
                continue
            assert (made.status_code, made.json["refused"]) == (200, []), made.json
    return project


def api_range(query):
    return {"start_date": query["range"]["start"], "end_date": query["range"]["end"]}


def ask(ann, project, name, question):
    answer = ann.post(f"/analytics/{name}", {"project_id": project["id"], **question})
    assert answer.status_code == 200, answer.json
    return answer.json
