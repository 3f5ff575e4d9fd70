"""Formulas: what they compute, what comes to nothing, and that nothing but arithmetic is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iafa_api.domain.formulas import MAX_DEPTH, MAX_LENGTH, compute, parse_formula
from iafa_api.errors import InvalidInput


def figure(text, *figures):
    return compute(parse_formula(text, max(1, len(figures)), ("formulas", "0")), figures)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A", 8),
        ("A + B", 10),
        ("A - B - 1", 5),
        ("A / B / 2", 2),
        ("A - B * 3", 2),
        ("(A - B) * 3", 18),
        ("-A + -(B)", -10),
        ("--A", 8),
        ("A*-B", -16),
        ("B/A*100", 25),
        (" 1.5 * ( A )", 12),
        ("100", 100),
    ],
)
def test_a_formula_means_what_it_means_at_school(text, wanted):
    assert figure(text, 8, 2) == wanted


@pytest.mark.parametrize("text", ["A / B", "A / (B - B)", "0 / 0", "1 / B + 1"])
def test_a_division_by_zero_is_nothing(text):
    assert figure(text, 8, 0) is None


def test_what_is_made_of_nothing_is_nothing():
    assert figure("A + B", 8, None) is None
    assert figure("A * 0", None) is None


def test_what_no_number_can_hold_is_nothing():
    assert figure("A * A", 1e300) is None
    assert figure("A / 0.1", 10**400) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "A +", "+ A", "* A", "A B", "2 A", "(A", "A)", "()", "a", "A ** 2", "A // B", "A % 2", "1e5", ".5", "1.",
     "__import__('os')", "A.real", "AA", "A;B", "Ä", "1,5"],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(InvalidInput) as error:
        parse_formula(text, 2, ("formulas", "0"))
    assert error.value.errors.keys() == {"formulas"}


def test_a_letter_without_a_series_is_refused_with_those_there_are():
    with pytest.raises(InvalidInput, match="There is no series C: the letters are A to B"):
        parse_formula("A + C", 2, ("formulas", "0"))


def test_depth_and_length_have_an_end():
    parse_formula("(" * MAX_DEPTH + "A" + ")" * MAX_DEPTH, 1, ("formulas", "0"))
    for text in ("(" * (MAX_DEPTH + 1) + "A" + ")" * (MAX_DEPTH + 1), "1" * (MAX_LENGTH + 1)):
        with pytest.raises(InvalidInput, match="at most"):
            parse_formula(text, 1, ("formulas", "0"))
    assert figure("-" * (MAX_LENGTH - 1) + "A", 3) == -3


VALUES = st.sampled_from(["A", "B", "2", "0.5", "10"])
FORMULAS = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=8,
)


@given(text=FORMULAS, figures=st.tuples(st.integers(-5, 5), st.integers(-5, 5)))
def test_any_formula_comes_to_what_python_makes_of_it(text, figures):
    try:
        wanted = eval(text, {"__builtins__": {}}, dict(zip("AB", figures, strict=True)))  # the text is made above
    except ZeroDivisionError:
        wanted = None
    if len(text) <= MAX_LENGTH:
        assert figure(text, *figures) == wanted
