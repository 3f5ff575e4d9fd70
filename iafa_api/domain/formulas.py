"""Formulas over the figures of series: + - * / and brackets, numbers, and a letter for each series (A is the first).

`parse_formula` promises a formula that can be computed or `InvalidInput`; `compute` promises a number or None, which a
missing figure, a division by zero and what no number can hold all come to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from iafa_api.domain.faults import Path, refuse

Number = int | float

MAX_LENGTH: Final = 200
MAX_DEPTH: Final = 30  # of brackets: reading one goes three calls deep
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORD: Final = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)|([A-Z])|([-+*/()])|$)")
_NEGATE: Final = "negate"


@dataclass(frozen=True, slots=True)
class Formula:
    """`steps` in the order of computing: a number, a series' place (in brackets of its own), or an operation."""

    text: str
    steps: tuple[Number | tuple[int] | str, ...]

    @property
    def series(self) -> frozenset[int]:
        """The places of the series that it needs."""
        return frozenset(step[0] for step in self.steps if isinstance(step, tuple))


def parse_formula(text: str, series_count: int, path: Path) -> Formula:
    if len(text) > MAX_LENGTH:
        raise refuse(path, f"Must have at most {MAX_LENGTH} characters.")
    return Formula(text, tuple(_Reader(text, series_count, path).read()))


def compute(formula: Formula, figures: Sequence[Number | None]) -> Number | None:
    """The formula over one figure of each series."""
    stack: list[Number | None] = []
    for step in formula.steps:
        if isinstance(step, tuple):
            stack.append(figures[step[0]])
        elif not isinstance(step, str):
            stack.append(step)
        elif step == _NEGATE:
            value = stack.pop()
            stack.append(None if value is None else -value)
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(None if left is None or right is None else _operate(step, left, right))
    return stack.pop()


def _operate(sign: str, left: Number, right: Number) -> Number | None:
    try:
        if sign == "/":
            value: Number = left / right
        else:
            value = left + right if sign == "+" else left - right if sign == "-" else left * right
        return value if math.isfinite(value) else None
    except (ZeroDivisionError, OverflowError):
        return None


class _Reader:
    """Reads a text from left to right; what is to be computed comes out in that order."""

    def __init__(self, text: str, series_count: int, path: Path) -> None:
        self._text = text
        self._series_count = series_count
        self._path = path
        self._depth = 0
        self._at = 0
        self._word = ""
        self._next()

    def read(self) -> list[Number | tuple[int] | str]:
        steps = self._sum()
        if self._word:
            raise self._refuse()
        return steps

    def _sum(self) -> list[Number | tuple[int] | str]:
        steps = self._product()
        while (sign := self._word) in ("+", "-"):
            self._next()
            steps += [*self._product(), sign]
        return steps

    def _product(self) -> list[Number | tuple[int] | str]:
        steps = self._value()
        while (sign := self._word) in ("*", "/"):
            self._next()
            steps += [*self._value(), sign]
        return steps

    def _value(self) -> list[Number | tuple[int] | str]:
        negations = 0
        while self._word == "-":
            negations += 1
            self._next()
        steps = self._plain_value()
        return [*steps, _NEGATE] if negations % 2 else steps

    def _plain_value(self) -> list[Number | tuple[int] | str]:
        word = self._word
        if word == "(":
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise refuse(self._path, f"Must have at most {MAX_DEPTH} brackets within each other.")
            self._next()
            steps = self._sum()
            if self._word != ")":
                raise self._refuse()
            self._depth -= 1
            self._next()
            return steps
        if word in LETTERS and word:
            place = LETTERS.index(word)
            if place >= self._series_count:
                last = LETTERS[self._series_count - 1]
                raise refuse(self._path, f"There is no series {word}: the letters are A to {last}.")
            self._next()
            return [(place,)]
        if not word or word in "+-*/()":
            raise self._refuse()
        self._next()
        return [float(word) if "." in word else int(word)]

    def _next(self) -> None:
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise self._refuse()
        self._at = found.end()
        self._word = found[1] or found[2] or found[3] or ""

    def _refuse(self) -> Exception:
        wanted = "Must be a formula of letters (A is the first series), numbers, + - * / and brackets"
        return refuse(self._path, f"{wanted}; it stops being one at character {self._at + 1}.")
