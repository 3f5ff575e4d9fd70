"""The dry run says of a stored event what the door would have said of it, or that nobody can tell."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iafa_api.answers.event_schemas import dry_run, read_seen
from iafa_api.domain.event_schema import EventSchema, require_bounds
from iafa_api.domain.schema_draft import draft_schema
from iafa_api.errors import InvalidInput
from iafa_api.ingest import stored_check, stored_values
from iafa_api.ingest.frame_events import FrameEvents
from iafa_api.ingest.frames import FRAME_VERSION, Frame, FrameHeader
from iafa_api.ingest.pipeline import Sender, accept
from iafa_api.ingest.schema_engine import CompiledSchema, make_validator
from iafa_api.ingest.stored_check import StoredCheck
from iafa_api.ingest.stored_values import read_value, read_values
from tests.properties.schema_cases import SchemaCases


def stored(properties: dict[str, Any]) -> dict[str, str | None]:
    """The properties of an event as a flush stores them."""
    event = {"event_type": "e", "user_id": "u", "properties": properties}
    body = msgspec.json.encode([event])
    header = FrameHeader(FRAME_VERSION, "0" * 32, 1, b"0" * 16, "batch", "batch", 1)
    events = FrameEvents()
    events.add(Frame("s", 0, len(body), header, body))
    columns = events.to_columns()
    return dict(zip(columns.property_keys, columns.property_values, strict=True))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
SPELLINGS = ("1", "1.0", "1.50", "-0", "-0.0", "0.1", "1e3", "1E3", "true", "TRUE", "null", "[1]", "[1, 2]", '{"a":1}')


@given(st.dictionaries(st.text(max_size=3), JSON | JSON.map(json.dumps) | st.sampled_from(SPELLINGS), max_size=4))
@example({"a": "1e400", "b": "[" * 5000, "c": "1" * 5000, "d": -0.0, "e": 10**30, "f": "", "g": "tru", "h": '{"a"'})
def test_what_was_sent_is_among_the_readings_of_what_is_stored(properties):
    sent = msgspec.json.decode(msgspec.json.encode(properties))
    texts = stored(sent)
    values, ambiguous = read_values(texts)
    for name, value in sent.items():
        readings = [values[name], *([texts[name]] if name in ambiguous else [])]
        assert any(repr(value) == repr(each) for each in readings)
        assert len(readings) == len({repr(each) for each in readings})


def test_a_text_that_nothing_else_is_stored_as_is_that_text():
    for text in ("1.50", "-0", "1E3", "1e3", "TRUE", "null", '"a"', "[1, 2]", "{a}", "01", " 1", "tru", "NaN", ""):
        assert read_value(text) is text
    assert [read_value(text) for text in (None, "1", "-1.5", "true", "[1,2]", '{"a":null}')] == [
        *(None, 1, -1.5, True, [1, 2], {"a": None}),
    ]


def cases(seed: int, count: int) -> Any:
    """A schema, properties as they were sent, among them texts that look like values."""
    made, choose = SchemaCases(seed), Random(seed)
    for number in range(count):
        schema = made.schema(2) if number % 2 else {"properties": {name: made.schema(1) for name in "abc"}}
        if number % 6 == 0:
            schema["required"] = ["a"]
        try:
            require_bounds(schema)
            compiled = CompiledSchema(EventSchema("i", "p", "e", schema, "observe", 1), make_validator(schema))
        except (InvalidInput, AttributeError, TypeError):
            continue
        for _ in range(8):
            sent = made.properties()
            sent = {
                name: json.dumps(value, separators=(",", ":")) if choose.random() < 0.3 else value
                for name, value in sent.items()
            }
            yield compiled, sent


def require_agreement(seed: int, count: int) -> Counter[str]:
    seen = Counter[str]()
    for compiled, sent in cases(seed, count):
        texts = stored(sent)
        outcome = StoredCheck(compiled).judge(texts).outcome
        said = compiled.is_valid(sent)
        assert outcome in ("undecided", "passes" if said else "fails"), (compiled.schema.schema, sent, outcome)
        values, ambiguous = read_values(texts)
        readings = product(*[(values[name], texts[name]) for name in ambiguous])
        outcomes = {compiled.is_valid(values | dict(zip(ambiguous, each, strict=True))) for each in readings}
        assert (outcome == "undecided") == (len(outcomes) == 2), (compiled.schema.schema, sent)
        seen[outcome] += 1
    return seen


def test_the_dry_run_agrees_with_the_door_or_says_that_it_cannot_know():
    seen = require_agreement(1, 400)
    assert min(seen[name] for name in ("passes", "fails", "undecided")) > 100


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 8))
def test_the_dry_run_agrees_with_the_door_at_length(seed):
    require_agreement(seed, 8000)


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (stored_check, "PRESENCE", frozenset()),
        (stored_values, "FIRST_LETTERS", frozenset("0123456789")),
        (stored_values, "_encode", lambda value: str(value).encode()),
    ],
)
def test_a_wrong_reading_is_caught(module, name, wrong, monkeypatch):
    monkeypatch.setattr(module, name, wrong)
    with pytest.raises(AssertionError):
        require_agreement(1, 1500)


def test_readings_of_properties_that_depend_on_each_other_are_tried_together():
    alike = [{"properties": {name: {"type": kind} for name in "ab"}} for kind in ("integer", "string")]
    check = StoredCheck(
        CompiledSchema(EventSchema("i", "p", "e", {"anyOf": alike}, "warn", 1), make_validator({"anyOf": alike}))
    )
    assert check.judge({"a": "1", "b": "2"}).outcome == "undecided"
    assert check.judge({"a": "1"}).outcome == check.judge({"a": "x", "b": "y"}).outcome == "passes"
    assert check.judge({"a": None, "b": "2"}).outcome == "fails"


def test_too_many_readings_of_one_event_are_not_tried():
    schema = {"anyOf": [{"properties": {"p0": {"type": "integer"}}}, {"minProperties": 100}]}
    check = StoredCheck(CompiledSchema(EventSchema("i", "p", "e", schema, "observe", 1), make_validator(schema)))
    many = {f"p{number}": "1" for number in range(7)}
    assert check.judge(many).outcome == "undecided"
    assert check.judge(many).ambiguous == ["properties.p0"]
    passing = StoredCheck(CompiledSchema(EventSchema("i", "p", "e", {"not": False}, "observe", 1), make_validator({})))
    assert passing.judge(many).outcome == "undecided", "all values and all texts pass, and the others were not tried"


def test_what_was_seen_passes_the_draft_that_is_made_of_it(services, flush):
    """But for texts in brackets that are no JSON: of those the draft takes the brackets' word."""
    project_id, made, choose = "00000000-0000-4000-8000-000000000000", SchemaCases(5), Random(5)
    project = SimpleNamespace(id=project_id)
    numbers = ("1", "-0", "1.50", "1.5", "1e22", "1E5", "12.0", "true", "null", "-3", "007", "", "1e-7", "0.5")
    for event_type in ("first", "second", "third", "fourth"):
        events = [
            {"event_type": event_type, "user_id": "u", "properties": made.properties() | {choose.choice("de"): text}}
            for text in choose.choices(numbers[: choose.randrange(2, len(numbers))], k=40)
        ]
        body = msgspec.json.encode(events)
        accept(body, "batch", buffer=services.buffer, project_id=project_id, sender=Sender("batch"), hash_ip=str)
        if event_type == "second":
            flush()
        _, use = read_seen(services, project, event_type)
        found = dry_run(services, project, event_type, draft_schema(use), days=1, sample=None)
        assert (use.event_count, found.checked, found.outcomes["fails"]) == (40, 40, 0), found.failures
