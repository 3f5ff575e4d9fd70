"""Cutting depth: the same text but for what is too deep, in good time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api import clock
from iafa_api.domain.tracked_event import nests_deeper_than
from iafa_api.ingest import body_depth
from iafa_api.ingest.body_depth import cut_depth

VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('[]{}"\\aé😀')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('[{"\\x')), inner, max_size=3),
    max_leaves=25,
)


def shallow(value: object, depth: int) -> object:
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        return 0
    if isinstance(value, dict):
        return {name: shallow(inner, depth - 1) for name, inner in value.items()}
    return [shallow(inner, depth - 1) for inner in value]


@given(value=VALUES, depth=st.integers(1, 4), escapes=st.booleans(), piece=st.integers(1, 40))
def test_what_is_too_deep_is_a_zero_and_all_else_is_as_it_was(
    value: object, depth: int, escapes: bool, piece: int
) -> None:
    body = json.dumps(value, ensure_ascii=escapes).encode()
    kept, body_depth.PIECE_BYTES = body_depth.PIECE_BYTES, piece
    try:
        cut = cut_depth(body, depth)
    finally:
        body_depth.PIECE_BYTES = kept
    assert len(cut) == len(body)
    assert json.loads(cut) == shallow(value, depth)
    if not nests_deeper_than([value], depth):
        assert cut == body


@pytest.mark.parametrize("body", [b"[[[[", b"]]]]", b'{"a":[[[[', b'["[[[[]]]]', b""])
def test_a_body_that_does_not_close_is_left_as_it_is(body: bytes) -> None:
    assert cut_depth(body, 2) == body


@pytest.mark.parametrize("body", [b"[" * 5_000_000 + b"]" * 5_000_000, b"[]" * 5_000_000, b'"\\"' * 3_000_000])
def test_ten_megabytes_of_anything_take_a_moment(body: bytes) -> None:
    started = clock.monotonic()
    cut_depth(body, 300)
    assert clock.monotonic() - started < 5
