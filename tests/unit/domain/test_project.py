"""Which event types a project takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.domain.project import EVENT_TYPES_MAX, WILDCARDS_MAX, matches, require_event_types
from iafa_api.errors import InvalidInput


def matches_slowly(pattern, text):
    """The definition: each character is itself, a star is any run of them."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(matches_slowly(pattern[1:], text[skipped:]) for skipped in range(len(text) + 1))
    return text[:1] == pattern[0] and matches_slowly(pattern[1:], text[1:])


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_star_stands_for_any_characters_and_none(pattern, text):
    assert matches(pattern, text) == matches_slowly(pattern, text)


def test_a_pattern_made_to_be_slow_is_not():
    assert not matches("*a" * WILDCARDS_MAX + "b", "a" * 100)
    assert not matches("*a*a*a*a*a*a*a*a*a*a", "a" * 9)


def test_event_types_are_listed_once():
    assert require_event_types(["b", "checkout.*", "b"]) == ["b", "checkout.*"]


@pytest.mark.parametrize("text", ["", "x" * 101, "a\nb", "*" * (WILDCARDS_MAX + 1)])
def test_what_cannot_be_an_event_type_is_refused_by_its_place(text):
    with pytest.raises(InvalidInput) as refused:
        require_event_types(["fine", text])
    assert set(refused.value.errors["event_types"]) == {"1"}


def test_so_many_that_they_would_slow_tracking_down_are_refused():
    with pytest.raises(InvalidInput):
        require_event_types([str(number) for number in range(EVENT_TYPES_MAX + 1)])
