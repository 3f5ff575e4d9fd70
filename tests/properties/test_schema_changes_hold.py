"""A change of a schema that is called compatible fails nothing that passed before: the engine is the judge."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from iafa_api.domain import schema_changes, schema_values
from iafa_api.domain.event_schema import require_bounds
from iafa_api.domain.schema_changes import find_breaks
from iafa_api.errors import InvalidInput
from iafa_api.ingest.schema_engine import make_validator
from tests.properties.schema_cases import KEYWORDS, SchemaCases

VALUES = 40


def valid(schema: Any) -> Any:
    """The validator of a schema; None where the case is no schema that is taken."""
    try:
        require_bounds(schema)
        return make_validator(schema)
    except InvalidInput:
        return None


def pairs(cases: SchemaCases, count: int, *keywords: str) -> Any:
    """Two schemas, with what says whether a value is valid by them; with keywords, in each at a property."""
    for number in range(count):
        old = cases.schema(1 if keywords else 2, *keywords)
        new = cases.near(old) if number % 4 else cases.schema(1, *keywords)
        if keywords:
            old, new = ({"properties": {"a": each}} for each in (old, new))
        if isinstance(old, dict) and isinstance(new, dict):
            judges = valid(old), valid(new)
            if all(judges):
                yield old, new, *judges


def counterexample(cases: SchemaCases, old: Any, new: Any) -> Any:
    """Properties that pass the old judge and not the new one, found by trying; and whether anything passed at all."""
    passed = [value for value in (cases.properties() for _ in range(VALUES)) if old.is_valid(value)]
    return next((value for value in passed if not new.is_valid(value)), None), bool(passed)


def is_caught(cases: SchemaCases, count: int, *keywords: str) -> bool:
    """Whether anything is called compatible that is not."""
    return any(
        not find_breaks(old, new) and counterexample(cases, *judges)[0] is not None
        for old, new, *judges in pairs(cases, count, *keywords)
    )


def require_sound(seed: int, count: int) -> Counter[str]:
    cases, seen = SchemaCases(seed), Counter[str]()
    for old, new, *judges in pairs(cases, count):
        assert find_breaks(old, old) == []
        breaks = find_breaks(old, new)
        value, has_passed = counterexample(cases, *judges)
        assert breaks or value is None, (old, new, value)
        seen["compatible" if not breaks else "proven" if value is not None else "broken"] += has_passed
    return seen


def test_what_is_called_compatible_fails_nothing_that_passed():
    seen = require_sound(1, 1500)
    assert seen["compatible"] > 300
    assert seen["proven"] > 2 * seen["broken"], "most of what is called breaking is seen to be"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_what_is_called_compatible_fails_nothing_that_passed_at_length(seed):
    require_sound(seed, 20_000)


WITHOUT = sorted({*KEYWORDS} - {"items"})


@pytest.mark.parametrize("keyword", WITHOUT)
def test_a_rule_that_is_left_out_is_caught(keyword, monkeypatch):
    nothing = (schema_changes.ALL_KINDS, schema_changes._Proof._nothing)
    monkeypatch.setattr(schema_changes, "_LOOKS", {**schema_changes._LOOKS, keyword: nothing})
    assert is_caught(SchemaCases(7), 3000, keyword)


def _always(*_: Any, **__: Any) -> bool:
    return True


@pytest.mark.parametrize(
    ("name", "wrong", "keywords"),
    [
        ("_is_above", lambda old, limit, **_: "minimum" in old or "exclusiveMinimum" in old, ("minimum",)),
        ("_is_below", _always, ("maximum",)),
        ("_property", lambda old, name: old.get("properties", {}).get(name, False), ("properties",)),
        ("_item", lambda rules, index: rules.get("items", True), ("prefixItems",)),
        ("UNEVALUATED", frozenset(), ("unevaluatedProperties", "oneOf")),
        ("kinds_of", lambda values: frozenset(("string",)), ("enum", "type")),
    ],
)
def test_a_rule_that_is_wrong_is_caught(name, wrong, keywords, monkeypatch):
    monkeypatch.setattr(schema_values if name == "kinds_of" else schema_changes, name, wrong)
    assert is_caught(SchemaCases(3), 6000, *keywords)
