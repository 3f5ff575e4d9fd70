"""What the document allows a sender to say at the front doors, and what it does not: answered, and never with 500.

Every event that an answer calls accepted is in the buffer, and no other: nothing is half stored.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from iafa_api.ingest.doors import segment

FRONT_DOORS = r"^/(collect|v1/(events|track|identify|page|screen|group|alias|batch|import|[tipsgab]))$"
OPERATIONS = 17
SINGLE_CALLS = re.compile(r"^/v1/(track|page|screen|group|[tpsg])$")
EVENT_CALLS = {segment.TRACK, segment.PAGE, segment.SCREEN, segment.GROUP}


@pytest.fixture
def doors(app: Any) -> Any:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    return [found.ok() for found in schema.include(path_regex=FRONT_DOORS).get_all_operations()]


def accepted_events(path: str, body: Any, answer: Any) -> int:
    """How many events an answer says were taken."""
    if path == "/collect":
        return int(answer.json()["accepted"])
    if path == "/v1/events" or SINGLE_CALLS.match(path):
        return 1
    if not path.endswith(("/batch", "/import", "/b")):
        return 0
    refused = {error["index"] for error in answer.json().get("errors", ())}
    assert answer.json().get("rejected", 0) == len(refused) or len(refused) == 100
    kinds = [one.get("type") or one.get("action") if isinstance(one, dict) else None for one in body["batch"]]
    return sum(isinstance(kind, str) and kind in EVENT_CALLS and n not in refused for n, kind in enumerate(kinds))


@dataclass
class Answers:
    """What came back: how often each status, and how many events were called accepted."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: int = 0


def fuzz(doors: Any, services: Any, shop: dict[str, Any], examples: int) -> Counter[int]:
    """Send so many examples to each door; how often each status came."""
    assert len(doors) == OPERATIONS
    answers = Answers()
    for door in doors:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            fuzz_one(door, mode, shop["api_key"], examples // 2, answers)
    stored = sum(
        frame.header.event_count
        for segment_of_buffer in services.buffer.list_segments()
        for frame in services.buffer.read_frames(segment_of_buffer)
    )
    assert stored == answers.accepted
    assert stored > 0
    return answers.statuses


def fuzz_one(door: Any, mode: GenerationMode, key: str, examples: int, answers: Answers) -> None:
    documented = {int(status) for status in door.definition.raw["responses"] if status.isdigit()}

    @settings(max_examples=examples, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=door.as_strategy(generation_mode=mode), knows_key=st.sampled_from([True] * 9 + [False]))
    def send(case: Any, knows_key: bool) -> None:
        if knows_key:
            case.headers, case.query = {"X-API-Key": key}, {}
        answer = case.call()
        assert answer.status_code in documented, (answer.status_code, answer.text, case.body)
        assert answer.status_code < 500, (answer.text, case.body)
        answers.statuses[answer.status_code] += 1
        if answer.status_code < 300:
            answers.accepted += accepted_events(door.path, case.body, answer)
        else:
            assert answer.json()["code"] == answer.status_code

    send()


def test_every_front_door_answers_whatever_it_is_sent(doors, services, ann):
    statuses = fuzz(doors, services, ann.make_project(), 24)
    assert {200, 202, 400, 422} <= set(statuses), "too few kinds of answers to say anything"


@pytest.mark.soak
def test_every_front_door_answers_ten_thousand_times(doors, services, ann):
    statuses = fuzz(doors, services, ann.make_project(), 10_000 // OPERATIONS + 2)
    assert sum(statuses.values()) >= 9_000, statuses
